//! `status.json`: what the running host is doing, for those who only look.
//!
//! Owns: the form of the file, its atomic replacement, and the judgement whether a file found is
//! worth believing. Consumes: a [`Status`]. Produces: the file, or a [`ReadStatus`]. Never:
//! decides how often; whoever runs the host writes it at every change and every
//! [`HEARTBEAT_EVERY`].

use crate::journal;
pub use crate::journal::board::ModuleHealth;
use crate::journal::board::{ConfigBoard, ModuleBoard, ProcessBoard, ServiceBoard, TargetBoard};
use crate::journal::event::{Entry, Generation};
use crate::os::{private_dir, whole_file};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a host renews its heartbeat.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// The heartbeat of a host that lives is at most this old: ten beats, so that a machine that is
/// busy compiling does not make its host look dead.
pub const STALE_AFTER: Duration = Duration::from_secs(10);

/// A status file that is larger than this was not written by Pitstop.
const STATUS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The version that reads and writes here.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything in `status.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of Pitstop.
    pub version: String,
    /// Process id of the host.
    pub pid: u32,
    /// When it started, milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: u64,
    /// Where it listens: path of the socket, or name of the pipe.
    pub socket: String,
    /// Whether it has no window.
    pub headless: bool,
    /// The modules it runs.
    pub modules: Vec<ModuleStatus>,
    /// The programs that run beside them.
    #[serde(default)]
    pub processes: Vec<ProcessBoard>,
    /// What became of the newest build of each program.
    #[serde(default)]
    pub targets: Vec<TargetBoard>,
    /// The services of the modules.
    #[serde(default)]
    pub services: Vec<ServiceBoard>,
    /// The application's configuration, when a module has services.
    #[serde(default)]
    pub config: Option<ConfigBoard>,
    /// Whether files changed that only a restart can bring in.
    pub restart_pending: bool,
    /// When this was last written, milliseconds since 1970-01-01 UTC.
    pub heartbeat_unix_ms: u64,
}

/// One module in `status.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleStatus {
    /// Its name.
    pub name: String,
    /// The generation that runs; `None` before the first one does.
    pub generation: Option<Generation>,
    /// Hash of the library that runs.
    pub artifact: Option<String>,
    /// Size of its state in bytes when it was last captured.
    pub state_bytes: u64,
    /// How it is doing.
    pub status: ModuleHealth,
    /// Why the last attempt or the last frame failed, in full; `None` when it did not.
    pub last_error: Option<String>,
    /// The `committed` entry of the last reload that succeeded.
    pub last_reload: Option<Entry>,
    /// The generations that can be gone back to.
    pub kept_generations: Vec<Generation>,
    /// Work that must not be interrupted, by name.
    #[serde(default)]
    pub busy: Vec<String>,
    /// Whether new code is built and waits for that work.
    #[serde(default)]
    pub deferred: bool,
}

impl From<&ModuleBoard> for ModuleStatus {
    fn from(module: &ModuleBoard) -> Self {
        Self {
            name: module.name.clone(),
            generation: module.generation,
            artifact: (!module.artifact.is_empty()).then(|| module.artifact.clone()),
            state_bytes: module.state_bytes,
            status: module.status,
            last_error: module.failure.as_ref().map(|failure| {
                let detail = strip_ansi_escapes::strip_str(&failure.detail);
                format!("{}: {}\n{detail}", failure.title, failure.reason)
            }),
            last_reload: module.last_entry.clone(),
            kept_generations: module.kept.clone(),
            busy: module.busy.iter().map(|(_, name)| name.clone()).collect(),
            deferred: !module.waits_for.is_empty(),
        }
    }
}

impl Status {
    /// The status of this process before any module runs.
    #[must_use]
    pub fn of_this_process(socket: String, headless: bool) -> Self {
        let now = journal::unix_ms();
        Self {
            version: VERSION.to_owned(),
            pid: std::process::id(),
            started_unix_ms: now,
            socket,
            headless,
            modules: Vec::new(),
            processes: Vec::new(),
            targets: Vec::new(),
            services: Vec::new(),
            config: None,
            restart_pending: false,
            heartbeat_unix_ms: now,
        }
    }
}

/// The file cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {source}; look at its permissions and the space on the disk", path.display())]
pub struct StatusError {
    /// What was tried.
    verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The host's own end of `status.json`. Dropping it removes the file: no host, no status.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
}

impl StatusFile {
    /// The file in `dir`, which is `target/pitstop`. Hold the [`crate::control::HostLock`].
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join("status.json") }
    }

    /// Replaces the file: whoever reads at the same time sees the old or the new one, whole.
    /// Not synced to disk, since after a power cut there is no host for it to describe.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, status: &Status) -> Result<(), StatusError> {
        let fail = |source| StatusError { verb: "write", path: self.path.clone(), source };
        let json = serde_json::to_vec(status).map_err(|e| fail(e.into()))?;
        let written = match whole_file::write(&self.path, &json) {
            // `cargo clean` has removed the directory.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                private_dir::create(self.path.parent().unwrap_or(Path::new(".")))
                    .and_then(|()| whole_file::write(&self.path, &json))
            }
            written => written,
        };
        written.map_err(fail)
    }

    /// Reads the file in `dir` (`target/pitstop`) and says what it is worth.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn read(dir: &Path) -> Result<ReadStatus, StatusError> {
        let path = dir.join("status.json");
        let bytes = match read_bounded(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ReadStatus::Absent),
            Err(source) => return Err(StatusError { verb: "read", path, source }),
        };
        Ok(ReadStatus::judge(&bytes, journal::unix_ms(), is_alive))
    }
}

impl Drop for StatusFile {
    fn drop(&mut self) {
        // What stays behind is recognised as stale.
        let _ = fs::remove_file(&self.path);
    }
}

/// What a status file is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadStatus {
    /// A host that runs.
    Live(Status),
    /// A host that ran once, and how that is known.
    Stale {
        /// Its last words.
        status: Status,
        /// Why it is not believed.
        reason: String,
    },
    /// Not a file of this version of Pitstop, and what it is instead.
    Foreign {
        /// Why it is not believed.
        reason: String,
    },
    /// There is no file.
    Absent,
}

impl ReadStatus {
    fn judge(bytes: &[u8], now_unix_ms: u64, is_alive: impl Fn(u32) -> bool) -> Self {
        // The version comes first: a later version may have changed anything else.
        #[derive(Deserialize)]
        struct Version {
            version: String,
            pid: Option<u32>,
        }
        let foreign = |reason: String| Self::Foreign { reason };
        let Version { version, pid } = match serde_json::from_slice(bytes) {
            Ok(version) => version,
            Err(error) => return foreign(format!("it is no status file of Pitstop ({error})")),
        };
        if version != VERSION {
            let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
            return foreign(format!("Pitstop {version}{pid} wrote it, and this is {VERSION}"));
        }
        let status: Status = match serde_json::from_slice(bytes) {
            Ok(status) => status,
            Err(error) => return foreign(format!("it is no status file of Pitstop ({error})")),
        };
        let age = Duration::from_millis(now_unix_ms.saturating_sub(status.heartbeat_unix_ms));
        let pid = status.pid;
        if !is_alive(pid) {
            let reason = format!("its host (pid {pid}) has ended without removing it");
            Self::Stale { status, reason }
        } else if age > STALE_AFTER {
            let reason = format!(
                "pid {pid} exists, but the last sign of life is {} s old: the host is stopped or stuck, or the pid is another program's by now",
                age.as_secs()
            );
            Self::Stale { status, reason }
        } else {
            Self::Live(status)
        }
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut bytes = Vec::new();
    File::open(path)?.take(STATUS_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a process of this id exists.
#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // A process that is not ours to signal is a process all the same.
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Without a cheap way to ask, the heartbeat alone decides.
#[cfg(not(unix))]
fn is_alive(_pid: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn json(edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut status = Status::of_this_process("s".into(), true);
        status.heartbeat_unix_ms = 1_000_000;
        let mut value = serde_json::to_value(status).expect("a status is JSON");
        edit(&mut value);
        value.to_string().into_bytes()
    }

    /// The verdict in one word, and the reason.
    fn verdict(bytes: &[u8], now: u64, alive: bool) -> (&'static str, String) {
        match ReadStatus::judge(bytes, now, |_| alive) {
            ReadStatus::Live(_) => ("live", String::new()),
            ReadStatus::Stale { reason, .. } => ("stale", reason),
            ReadStatus::Foreign { reason } => ("foreign", reason),
            ReadStatus::Absent => ("absent", String::new()),
        }
    }

    #[test]
    fn t02_stale_and_foreign_files_are_recognised() {
        let soon = 1_000_000 + 9_000;
        let later = 1_000_000 + 42_000;
        let whole = json(|_| {});
        let other = json(|v| v["version"] = "9.9.9".into());
        let odd = json(|v| v["modules"] = 3.into());
        let half = whole[..whole.len() / 2].to_vec();
        for (bytes, now, alive, word, says) in [
            (&whole, soon, true, "live", ""),
            // A wall clock that was set back is no reason to think the host dead.
            (&whole, 5, true, "live", ""),
            (&whole, soon, false, "stale", "has ended"),
            (&whole, later, true, "stale", "42 s old"),
            (&other, soon, true, "foreign", "Pitstop 9.9.9 (pid "),
            (&odd, soon, true, "foreign", "no status file"),
            (&half, soon, true, "foreign", "no status file"),
            (&Vec::new(), soon, true, "foreign", "no status file"),
            (&b"\xff\x00".to_vec(), soon, true, "foreign", "no status file"),
        ] {
            let (found, reason) = verdict(bytes, now, alive);
            assert_eq!(found, word, "{reason}");
            assert!(reason.contains(says), "{reason}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn t02_a_dead_hosts_file_is_stale_on_disk() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(StatusFile::read(dir.path()).expect("no error"), ReadStatus::Absent);
        let mut file = StatusFile::new(dir.path());
        let mut status = Status::of_this_process("s".into(), false);
        file.write(&status).expect("written");
        assert_eq!(StatusFile::read(dir.path()).expect("read"), ReadStatus::Live(status.clone()));

        let mut child = std::process::Command::new("true").spawn().expect("a process");
        child.wait().expect("it ends");
        status.pid = child.id();
        file.write(&status).expect("written");
        let read = StatusFile::read(dir.path()).expect("read");
        assert!(matches!(read, ReadStatus::Stale { .. }), "{read:?}");
        drop(file);
        let left: Vec<_> = fs::read_dir(dir.path()).expect("the directory").collect();
        assert!(left.is_empty(), "a clean end leaves nothing: {left:?}");
    }

    #[test]
    fn t01_p27_concurrent_readers_never_see_partial_json() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut file = StatusFile::new(dir.path());
        let mut status = Status::of_this_process("s".into(), true);
        file.write(&status).expect("written");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let mut read = 0_u32;
                        while read < 50 || !stop.load(Ordering::Relaxed) {
                            match StatusFile::read(dir.path()).expect("readable at any time") {
                                ReadStatus::Live(_) => read += 1,
                                other => panic!("a reader saw {other:?}"),
                            }
                        }
                    })
                })
                .collect();
            // From short to far longer than one write of the system, and back.
            for n in 0..200 {
                status.socket = "x".repeat(if n % 2 == 0 { 10 } else { 40_000 });
                status.heartbeat_unix_ms = journal::unix_ms();
                file.write(&status).expect("written");
            }
            stop.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().expect("no reader saw a partial file");
            }
        });
    }
}
