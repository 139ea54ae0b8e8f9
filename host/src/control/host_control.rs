//! What the socket can ask for, answered by the engine.
//!
//! Owns: which order of the engine a request is. Consumes: requests of [`control`](crate::control). Never:
//! waits longer than the engine's own limits.

use crate::control::{Control, ControlError};
use crate::engine::EngineHandle;
use crate::engine::ReloadTicket;
use crate::journal;
use crate::journal::board::Board;
use crate::journal::event::{Generation, Trigger};
use crate::journal::status::Status;
use crate::os::whole_file;
use crate::supervise::ProgramsHandle;
use hot_api::state::Snapshot;
use once_cell::sync::OnceCell;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a snapshot may take, the wait for the frame boundary included.
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(10);

/// Snapshots up to this size are shown in the reply; larger ones would be copied several times on
/// their way, and nobody reads them.
const SHOWN_BYTES_MAX: usize = 1 << 20;

/// Larger files are no snapshots that a module could have written within the limits of a swap.
const SNAPSHOT_BYTES_MAX: u64 = 1 << 30;

/// What does not change while the host runs.
#[derive(Debug)]
pub struct HostFacts {
    headless: bool,
    started_unix_ms: u64,
    /// Known once the server listens.
    socket: OnceCell<String>,
}

impl HostFacts {
    /// For this process.
    #[must_use]
    pub fn new(headless: bool) -> Self {
        Self { headless, started_unix_ms: journal::unix_ms(), socket: OnceCell::new() }
    }

    /// Tells where the server listens; only the first call counts.
    pub fn listening_on(&self, socket: &Path) {
        let _first = self.socket.set(socket.display().to_string());
    }

    /// Whether the status already names the socket.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.socket.get().is_some()
    }

    /// The status file's content for what the engine shows.
    #[must_use]
    pub fn status(&self, board: &Board) -> Status {
        let socket = self.socket.get().cloned().unwrap_or_default();
        Status {
            started_unix_ms: self.started_unix_ms,
            modules: board.modules.iter().map(Into::into).collect(),
            processes: board.processes.clone(),
            targets: board.targets.clone(),
            services: board.services.clone(),
            config: board.config.clone(),
            restart_pending: board.restart_pending.is_some(),
            ..Status::of_this_process(socket, self.headless)
        }
    }
}

/// Answers the socket's requests with what the engine knows and does. Any thread.
pub struct HostControl {
    /// Orders.
    pub handle: EngineHandle,
    /// Orders to the programs beside the modules.
    pub programs: ProgramsHandle,
    /// For the status.
    pub facts: std::sync::Arc<HostFacts>,
    /// `target/pitstop`, where snapshots go that nobody names a place for.
    pub dir: PathBuf,
}

impl HostControl {
    /// Refuses a name that no module has.
    fn check(&self, module: Option<&str>) -> Result<(), ControlError> {
        module.map_or(Ok(()), |name| Ok(self.handle.registry().the_one(Some(name)).map(drop)?))
    }

    /// The one module meant by a request that may leave it out.
    fn the_module(&self, module: Option<&str>) -> Result<String, ControlError> {
        Ok(self.handle.registry().the_one(module)?.name().to_owned())
    }

    fn snapshot_of(&self, name: &str, out: &Path) -> Result<Value, String> {
        let slot = self.handle.registry().slot(name).ok_or("the module is gone")?;
        let bytes = slot.snapshot(SNAPSHOT_LIMIT).map_err(|error| error.to_string())?;
        let snapshot = Snapshot::decode(&bytes).map_err(|error| error.to_string())?;
        out.parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| whole_file::write(out, &bytes))
            .map_err(|error| format!("{}: {error}", out.display()))?;
        let mut reply = json!({
            "module": name,
            "generation": slot.generation(),
            "bytes": bytes.len(),
            "path": out,
        });
        for (key, value) in contents(&snapshot, bytes.len())? {
            reply[key] = value;
        }
        Ok(reply)
    }
}

/// What a reply says about the content of a snapshot that has `length` bytes: `sizes`, the bytes of
/// each section, and `sections`, their values, or `left_out`, why those are in the file alone.
fn contents(snapshot: &Snapshot, length: usize) -> Result<Vec<(&'static str, Value)>, String> {
    let sections = snapshot.sections.iter();
    let sizes: Map<String, Value> =
        sections.map(|section| (section.name.clone(), section.payload.len().into())).collect();
    let mut contents = vec![("sizes", sizes.into())];
    if length > SHOWN_BYTES_MAX {
        let reason = format!(
            "the snapshot has {length} bytes; a reply shows the values of up to {SHOWN_BYTES_MAX}"
        );
        contents.push(("left_out", reason.into()));
        return Ok(contents);
    }
    let mut values = Map::new();
    for section in &snapshot.sections {
        let tree = section.tree().map_err(|error| error.to_string())?;
        values.insert(section.name.clone(), tree.to_json());
    }
    contents.push(("sections", values.into()));
    Ok(contents)
}

impl Control for HostControl {
    fn reload(&self, module: Option<&str>, trigger: Trigger) -> Result<ReloadTicket, ControlError> {
        if self.handle.has_ended() {
            return Err(ControlError::Stopping);
        }
        self.check(module)?;
        Ok(self.handle.reload(module, trigger))
    }

    fn status(&self) -> Status {
        self.facts.status(&self.handle.board())
    }

    fn rollback(
        &self,
        module: Option<&str>,
        to: Option<Generation>,
    ) -> Result<Value, ControlError> {
        self.check(module)?;
        match self.handle.rollback(module, to) {
            Ok(generation) => Ok(json!({ "module": module, "generation": generation })),
            Err(error) => Err(ControlError::Refused(error.to_string())),
        }
    }

    fn snapshot(&self, module: Option<&str>, out: Option<&Path>) -> Result<Value, ControlError> {
        let name = &self.the_module(module)?;
        let own = self.dir.join("snapshots").join(format!("{name}.snapshot"));
        self.snapshot_of(name, out.unwrap_or(&own))
            .map_err(|error| ControlError::Refused(format!("{name} has no snapshot: {error}")))
    }

    fn restore(&self, module: Option<&str>, file: &Path) -> Result<Value, ControlError> {
        let name = self.the_module(module)?;
        let refused = |error: String| {
            ControlError::Refused(format!("{}: {error}; the state stays", file.display()))
        };
        let bytes = whole_file::read(file, SNAPSHOT_BYTES_MAX)
            .map_err(|error| refused(error.to_string()))?;
        Snapshot::decode(&bytes).map_err(|error| refused(error.to_string()))?;
        match self.handle.restore_state(&name, bytes) {
            Ok(generation) => Ok(json!({ "module": name, "generation": generation })),
            Err(error) => Err(refused(error.to_string())),
        }
    }

    fn start_process(&self, name: &str) -> Result<(), ControlError> {
        Ok(self.programs.start(name)?)
    }

    fn stop_process(&self, name: &str) -> Result<(), ControlError> {
        Ok(self.programs.halt(name)?)
    }

    fn stop(&self) {
        self.handle.stop("asked to");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot_api::state::{Codec, Section, Tree};

    #[test]
    fn g18_the_values_of_a_large_state_stay_in_the_file() {
        for (length, is_shown) in [(100, true), (SHOWN_BYTES_MAX, false)] {
            let payload = Tree::String("x".repeat(length)).encode();
            let size = payload.len();
            let section = Section { name: "state".to_owned(), codec: Codec::Named, payload };
            let (module, sections) = ("ui".to_owned(), vec![section]);
            let snapshot = Snapshot { module, schema_version: 1, fingerprint: None, sections };
            let contents = contents(&snapshot, snapshot.encode().len()).expect("it can be read");
            let names: Vec<&str> = contents.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, ["sizes", if is_shown { "sections" } else { "left_out" }]);
            assert_eq!(contents[0].1, json!({ "state": size }));
            assert!(contents[1].1.to_string().len() < 1_000, "{length} bytes");
        }
    }
}
