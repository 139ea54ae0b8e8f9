//! One instance: the author's object, its state, and its views.

use super::MAIN_VIEW;
use super::any_module::{AnyModule, AnyModuleType};
use super::contained::Contained;
use super::guard::guard;
use super::paint::PaintSide;
use super::view::{ViewMemory, ViewRun};
use crate::abi::{FrameInput, FrameView, code};
use crate::host::Host;
use crate::kept::{Passage, within};
use crate::module::{CreateContext, ModuleFrame};
use crate::services::{AnyServices, Listed, Payload, Refusal, Threads};
use crate::state::any_state::{AnySpec, AnyState};
use crate::state::schema::{Schema, Untraceable};
use crate::state::{
    Codec, Report, SCHEMA_SECTION, STATE_SECTION, SectionRef, SnapshotError, SnapshotRef,
    SnapshotWriter, migrate, restore, to_bytes,
};
use egui::{Context, Ui};
use serde::{Serialize, de::DeserializeOwned};
use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// Everything of an instance that belongs to the module thread. Fields drop in this order: views
/// may hold what the author put into egui. Whatever of the author's drops, drops by itself.
pub(super) struct App {
    views: Vec<Contained<ViewRun>>,
    module: Contained<Box<dyn AnyModule>>,
    state: Contained<AnyState>,
    of: &'static dyn AnyModuleType,
    /// Traced when it is first asked for.
    schema: OnceCell<Traced>,
    /// Bytes of the last capture in the binary codec; the next one will take about as many.
    binary_size: Cell<usize>,
    services: AnyServices,
    host: Host,
}

/// Why there is no instance.
#[derive(Debug, thiserror::Error)]
pub(super) enum CreateError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The author's code says so.
    #[error("{0}")]
    Author(String),
}

/// What a state is made of, or why that is not known.
pub(crate) type Traced = Result<Schema, Untraceable>;

/// The names of a module's views, `main` first.
fn view_names(of: &'static dyn AnyModuleType) -> impl Iterator<Item = &'static str> {
    std::iter::once(MAIN_VIEW).chain((0..).map_while(|index| of.extra_view(index)))
}

/// The name of the section with a view's egui memory.
fn view_section(view: &str) -> String {
    format!("egui/{view}")
}

impl App {
    /// Makes the instance from `snapshot`; empty bytes mean a fresh start.
    pub(super) fn create(
        of: &'static dyn AnyModuleType,
        host: Host,
        snapshot: &[u8],
        threads: Arc<Threads>,
    ) -> Result<(Self, PaintSide), CreateError> {
        let snapshot =
            if snapshot.is_empty() { None } else { Some(SnapshotRef::decode(snapshot)?) };
        let section = |name: &str| snapshot.as_ref().and_then(|snapshot| snapshot.section(name));
        let schema = OnceCell::new();
        // Checkpoints are by name. A swap is so when the types have changed, which then looks like a start.
        let is_swap = section(STATE_SECTION).is_some_and(|state| state.codec == Codec::Binary);
        let (state, mut report) = match section(STATE_SECTION) {
            Some(section) => {
                let schema = schema.get_or_init(|| of.state().schema());
                let restored = restore_state(of.state(), section, snapshot.as_ref(), schema)?;
                (restored.0, Some(restored.1))
            }
            None => (of.state().default_state(), None),
        };
        let mut state = Contained::new(host, state);
        let binary_size = Cell::new(section(STATE_SECTION).map_or(0, |state| state.payload.len()));
        let module = of.create(&CreateContext { host: &host, args: &host.args() });
        let mut module = Contained::new(host, module);
        let views: Result<_, CreateError> = view_names(of)
            .map(|name| {
                // A view's memory is a convenience: one that cannot be read starts afresh.
                let memory = section(&view_section(name))
                    .and_then(|section| restore_section::<ViewMemory>(section).ok())
                    .map(|(memory, _)| memory)
                    .unwrap_or_default();
                let setup =
                    &mut |ctx: &Context| module.setup(&mut **state, ctx, report.as_mut(), is_swap);
                let view = ViewRun::new(host, memory, setup).map_err(CreateError::Author)?;
                Ok(Contained::new(host, view))
            })
            .collect();
        let views = views?;
        if let Some(report) = report {
            host.restored(&serde_json::to_string(&report).unwrap_or_default());
        }
        let paint = PaintSide::new(
            #[cfg(feature = "glow")]
            module.gl_cleanup(),
        );
        let services = AnyServices::new(of.services(), threads);
        Ok((Self { views, module, state, of, schema, binary_size, services, host }, paint))
    }

    pub(super) fn host(&self) -> Host {
        self.host
    }

    /// Runs the author's logic in the main view's context.
    pub(super) fn logic(&mut self, input: &FrameInput, items: &[u8]) -> FrameView {
        let Self { views, module, state, services, host, .. } = self;
        let mut frame = ModuleFrame { host, messages: services.messages() };
        views[0].logic(input, items, &mut |ctx| module.logic(&mut ***state, ctx, &mut frame))
    }

    /// Draws one view; `None` when there is no such view.
    pub(super) fn frame(
        &mut self,
        index: usize,
        input: &FrameInput,
        items: &[u8],
        paint: &PaintSide,
    ) -> Option<FrameView> {
        let Self { views, module, state, services, host, .. } = self;
        let view = views.get_mut(index)?;
        let mut frame = ModuleFrame { host, messages: services.messages() };
        let mut input = view.begin(input, items);
        module.raw_input(&mut ***state, view.context(), &mut input.raw);
        let draw = &mut |ui: &mut Ui| module.draw(index, &mut ***state, ui, &mut frame);
        Some(view.frame(input, paint, index, draw))
    }

    /// What the state is made of, as bytes to compare.
    pub(super) fn identity(of: &dyn AnyModuleType) -> Result<Vec<u8>, Untraceable> {
        let schema = of.state().schema()?;
        let mut bytes = schema.fingerprint().to_le_bytes().to_vec();
        bytes.extend(of.state().schema_version().to_le_bytes());
        bytes.extend(schema.root().to_string().into_bytes());
        Ok(bytes)
    }

    /// The state and egui's memory as a snapshot, the state in that codec; `is_for_swap` when newer code takes it
    /// over at once.
    pub(super) fn capture(
        &self,
        codec: Codec,
        is_for_swap: bool,
    ) -> Result<Vec<u8>, SnapshotError> {
        let spec = self.of.state();
        let schema = self.schema.get_or_init(|| spec.schema()).as_ref();
        let type_name = self.of.name();
        let module = type_name.split("::").next().unwrap_or(type_name);
        let fingerprint = schema.ok().map(Schema::fingerprint);
        let mut snapshot = SnapshotWriter::new(module, spec.schema_version(), fingerprint);
        match codec {
            Codec::Named => {
                let state = spec.to_bytes(&**self.state)?;
                append(&mut snapshot, STATE_SECTION, &state);
            }
            Codec::Binary => {
                let schema = schema.map_err(Clone::clone)?;
                snapshot.section(STATE_SECTION, codec, self.binary_size.get(), |bytes| {
                    let before = bytes.len();
                    spec.write_binary(&**self.state, schema, bytes)?;
                    self.binary_size.set(bytes.len() - before);
                    Ok::<_, SnapshotError>(())
                })?;
            }
        }
        let persists = is_for_swap || self.module.persists_egui_memory(&**self.state);
        let views = view_names(self.of).zip(&self.views).filter(|_| persists);
        for (name, view) in views {
            append(&mut snapshot, &view_section(name), &to_bytes(&view.memory())?);
        }
        if let (Codec::Named, Ok(schema)) = (codec, schema) {
            // For whoever reads it with another schema, to say what has changed.
            append(&mut snapshot, SCHEMA_SECTION, &to_bytes(schema)?);
        }
        Ok(snapshot.finish())
    }

    /// Drops everything of the author's; [`code::FAULT`] when any of it panicked.
    pub(super) fn end(self) -> i32 {
        let Self { views, mut module, mut state, services, host, .. } = self;
        let exited = guard(host, || {
            module.exit(&mut **state);
            code::OK
        });
        // Closures that were listed are the author's too.
        let services = Contained::new(host, services);
        let mut ended: Vec<i32> = views.into_iter().map(Contained::end).collect();
        ended.extend([exited, services.end(), module.end(), state.end()]);
        ended.into_iter().find(|ended| *ended != code::OK).unwrap_or(code::OK)
    }

    /// Lists the services for a configuration; [`Self::start_services`] starts them.
    pub(super) fn list_services(&mut self, config: Payload) -> Result<Vec<Listed>, Refusal> {
        let module: &dyn Any = &**self.module;
        self.services.list(module, config)
    }

    /// Starts the active ones of the last list, or of these the one of this name. `false` without a list.
    pub(super) fn start_services(&mut self, only: Option<&str>, run: u64) -> bool {
        self.services.start(only, run, self.host)
    }

    pub(super) fn suspend(&mut self) {
        self.module.suspend(&mut **self.state);
    }

    pub(super) fn resume(&mut self) {
        self.module.resume(&mut **self.state);
    }
}

/// Adds a section of named bytes.
fn append(snapshot: &mut SnapshotWriter, name: &str, payload: &[u8]) {
    snapshot.section(name, Codec::Named, payload.len(), |bytes| bytes.extend_from_slice(payload));
}

/// The author's state: brought to today's version, then merged into today's type; or read as it is,
/// when it was written by code with the same schema.
pub(crate) fn restore_state(
    spec: &dyn AnySpec,
    section: SectionRef<'_>,
    snapshot: Option<&SnapshotRef<'_>>,
    schema: &Traced,
) -> Result<(AnyState, Report), SnapshotError> {
    let version = snapshot.map_or(1, |snapshot| snapshot.schema_version);
    if section.codec == Codec::Binary {
        let schema = schema.as_ref().map_err(Clone::clone)?;
        let written = snapshot.and_then(|snapshot| snapshot.fingerprint);
        if version != spec.schema_version() || written != Some(schema.fingerprint()) {
            let (section, codec) = (section.name.to_owned(), section.codec);
            return Err(SnapshotError::Codec { section, codec });
        }
        let (state, kept) =
            within(Passage::Claiming, || spec.read_binary(section.payload, schema))?;
        return Ok((state, Report { kept, ..Report::default() }));
    }
    let mut tree = section.tree()?;
    let migrated = migrate(&mut tree, version, spec.migrations())?;
    let restored = within(Passage::Claiming, || spec.restore(&tree));
    let schema = schema_changes(snapshot, schema);
    Ok((restored.value, Report { migrated, schema, ..restored.report }))
}

/// What is different in the state's type since the snapshot was made.
fn schema_changes(snapshot: Option<&SnapshotRef<'_>>, today: &Traced) -> Vec<String> {
    let today = match today {
        Ok(schema) => schema,
        Err(reason) => return vec![format!("{reason}; the state is carried by name")],
    };
    let old = snapshot.and_then(|snapshot| snapshot.section(SCHEMA_SECTION)?.schema());
    old.map_or_else(Vec::new, |old| today.diff(&old))
}

fn restore_section<T: Default + Serialize + DeserializeOwned>(
    section: SectionRef<'_>,
) -> Result<(T, Report), SnapshotError> {
    let restored = restore::<T>(&section.tree()?);
    Ok((restored.value, restored.report))
}
