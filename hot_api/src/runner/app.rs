//! One instance: the author's object, its state, and its views.

use super::MAIN_VIEW;
use super::paint::PaintSide;
use super::view::{ViewMemory, ViewRun};
use crate::abi::{FrameInput, FrameView};
use crate::host::Host;
use crate::module::{CreationContext, Frame, Module, View};
use crate::snapshot::schema::{Schema, Untraceable};
use crate::snapshot::{
    Codec, Report, Section, Snapshot, SnapshotError, from_binary, migrate, restore, to_binary,
};
use serde::{Serialize, de::DeserializeOwned};
use std::cell::OnceCell;

/// Name of the snapshot's section with the author's state.
const STATE_SECTION: &str = "state";
/// Name of the section that says what the state is made of.
const SCHEMA_SECTION: &str = "schema";

/// Everything of an instance that belongs to the module thread. Fields drop in this order: views
/// may hold what the author put into egui.
pub(super) struct App<M: Module> {
    views: Vec<ViewRun>,
    module: M,
    state: M::State,
    /// Traced when it is first asked for.
    schema: OnceCell<Result<Schema, Untraceable>>,
    host: Host,
}

/// The name of the section with a view's egui memory.
fn view_section(view: &str) -> String {
    format!("egui/{view}")
}

impl<M: Module> App<M> {
    /// Makes the instance from `snapshot`; empty bytes mean a fresh start.
    pub(super) fn create(host: Host, snapshot: &[u8]) -> Result<(Self, PaintSide), SnapshotError> {
        let snapshot = if snapshot.is_empty() { None } else { Some(Snapshot::decode(snapshot)?) };
        let section = |name: &str| snapshot.as_ref().and_then(|snapshot| snapshot.section(name));
        let state = match section(STATE_SECTION) {
            Some(section) => {
                let (state, report) = restore_state::<M>(section, snapshot.as_ref())?;
                host.restored(&serde_json::to_string(&report).unwrap_or_default());
                state
            }
            None => M::State::default(),
        };
        let mut module = M::create(&CreationContext { host: &host });
        let views = Self::view_names()
            .map(|name| {
                // A view's memory is a convenience: one that cannot be read starts afresh.
                let memory = section(&view_section(name))
                    .and_then(|section| restore_section::<ViewMemory>(section).ok())
                    .map(|(memory, _)| memory)
                    .unwrap_or_default();
                ViewRun::new(host, memory, &mut |ctx| module.setup(ctx))
            })
            .collect();
        let paint = PaintSide::new(
            #[cfg(feature = "glow")]
            module.gl_cleanup(),
        );
        Ok((Self { views, module, state, schema: OnceCell::new(), host }, paint))
    }

    fn view_names() -> impl Iterator<Item = &'static str> {
        std::iter::once(MAIN_VIEW).chain(M::VIEWS.iter().map(|view| view.name))
    }

    pub(super) fn host(&self) -> Host {
        self.host
    }

    /// Runs the author's logic in the main view's context.
    pub(super) fn logic(&mut self, input: &FrameInput, items: &[u8]) -> FrameView {
        let Self { views, module, state, host, .. } = self;
        let mut frame = Frame { host };
        views[0].logic(input, items, &mut |ctx| module.logic(state, ctx, &mut frame))
    }

    /// Draws one view; `None` when there is no such view.
    pub(super) fn frame(
        &mut self,
        index: usize,
        input: &FrameInput,
        items: &[u8],
        paint: &PaintSide,
    ) -> Option<FrameView> {
        let Self { views, module, state, host, .. } = self;
        let view = views.get_mut(index)?;
        let mut frame = Frame { host };
        let draw = match index.checked_sub(1) {
            None => M::ui,
            Some(extra) => {
                let View { ui, .. } = M::VIEWS.get(extra)?;
                *ui
            }
        };
        Some(view.frame(input, items, paint, index, &mut |ui| draw(module, state, ui, &mut frame)))
    }

    /// What the state is made of, as bytes to compare.
    pub(super) fn identity() -> Result<Vec<u8>, Untraceable> {
        let schema = Schema::of::<M::State>()?;
        let mut bytes = schema.fingerprint().to_le_bytes().to_vec();
        bytes.extend(M::SCHEMA_VERSION.to_le_bytes());
        bytes.extend(schema.root().to_string().into_bytes());
        Ok(bytes)
    }

    /// The state and egui's memory as a snapshot, the state in that codec.
    pub(super) fn capture(&self, codec: Codec) -> Result<Vec<u8>, SnapshotError> {
        let schema = self.schema.get_or_init(Schema::of::<M::State>).as_ref();
        let mut sections = vec![match codec {
            Codec::Named => Section::capture(STATE_SECTION, &self.state)?,
            Codec::Binary => {
                let schema = schema.map_err(Clone::clone)?;
                let payload = to_binary(&self.state, schema)?;
                Section { name: STATE_SECTION.to_owned(), codec, payload }
            }
        }];
        for (name, view) in Self::view_names().zip(&self.views) {
            sections.push(Section::capture(view_section(name), &view.memory())?);
        }
        if let (Codec::Named, Ok(schema)) = (codec, schema) {
            // For whoever reads it with another schema, to say what has changed.
            sections.push(Section::capture(SCHEMA_SECTION, schema)?);
        }
        let type_name = std::any::type_name::<M>();
        let module = type_name.split("::").next().unwrap_or(type_name);
        let snapshot = Snapshot {
            module: module.to_owned(),
            schema_version: M::SCHEMA_VERSION,
            fingerprint: schema.ok().map(Schema::fingerprint),
            sections,
        };
        Ok(snapshot.encode())
    }

    pub(super) fn suspend(&mut self) {
        self.module.suspend(&mut self.state);
    }

    pub(super) fn resume(&mut self) {
        self.module.resume(&mut self.state);
    }
}

/// The author's state: brought to today's version, then merged into today's type; or read as it is,
/// when it was written by code with the same schema.
fn restore_state<M: Module>(
    section: &Section,
    snapshot: Option<&Snapshot>,
) -> Result<(M::State, Report), SnapshotError> {
    let version = snapshot.map_or(1, |snapshot| snapshot.schema_version);
    if section.codec == Codec::Binary {
        let schema = Schema::of::<M::State>()?;
        let written = snapshot.and_then(|snapshot| snapshot.fingerprint);
        if version != M::SCHEMA_VERSION || written != Some(schema.fingerprint()) {
            // `tree` says that only its own type can read it.
            section.tree()?;
        }
        let (state, kept) = from_binary(&section.payload, &schema)?;
        return Ok((state, Report { kept, ..Report::default() }));
    }
    let mut tree = section.tree()?;
    let migrated = migrate(&mut tree, version, M::SCHEMA_VERSION, M::MIGRATIONS)?;
    let restored = restore::<M::State>(&tree);
    Ok((restored.value, Report { migrated, ..restored.report }))
}

fn restore_section<T: Default + Serialize + DeserializeOwned>(
    section: &Section,
) -> Result<(T, Report), SnapshotError> {
    let restored = restore::<T>(&section.tree()?);
    Ok((restored.value, restored.report))
}
