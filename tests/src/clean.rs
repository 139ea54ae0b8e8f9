//! What a test leaves behind: nothing, however it ends.
//!
//! Owns: the directory in which this process makes its temporary files, and a shell that outlives the
//! process and removes them. Produces: directories, and commands that end with the test. Never: touches
//! what belongs to a process that runs.
//!
//! Destructors end hosts and remove files when a test passes or fails. When the whole process is
//! interrupted or killed, no destructor runs. Then the system does the rest: it sends a signal to every
//! process that [`command`] started, and it closes the pipe on which the shell of [`home`] waits.

use crate::project::build_dir;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// In front of the names of such directories; what follows is the id of the process.
const HOME_PREFIX: &str = "pitstop-test-";

/// Waits for the end of its input, and removes `$1`, and below `$2` what is named after process `$3`.
/// Hosts need a moment to end, and write until then.
const SWEEPER: &str = "cat > /dev/null
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -rf -- \"$1\"
    find \"$2\" -maxdepth 4 -depth -name \"*_$3_*\" -exec rm -rf -- {} +
    sleep 0.5
    [ -e \"$1\" ] || exit 0
done";

struct Home {
    dir: PathBuf,
    /// Closed by the system when this process has ended.
    _sweeper: Option<ChildStdin>,
}

/// The directory of this process, which is gone soon after it has ended.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn home() -> &'static Path {
    static HOME: OnceLock<Home> = OnceLock::new();
    &HOME.get_or_init(make_home).dir
}

/// A new directory below [`home`].
///
/// # Panics
/// When it cannot be made.
#[must_use]
#[track_caller]
pub fn temp_dir() -> TempDir {
    tempfile::tempdir_in(home()).unwrap_or_else(|error| panic!("{}: {error}", home().display()))
}

/// A command whose process is asked to end (SIGTERM) when the thread that starts it has ended, however
/// that comes about. Where the system has no such thing it is an ordinary command.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    if !is_installed("setpriv") {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command
}

/// Whether there is a program of that name.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

fn make_home() -> Home {
    let parent = std::env::temp_dir();
    sweep(&parent, &build_dir());
    let pid = std::process::id().to_string();
    let dir = parent.join(format!("{HOME_PREFIX}{pid}"));
    fs::create_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut sweeper = Command::new("sh");
    sweeper.args(["-c", SWEEPER, "sweeper"]).arg(&dir).arg(build_dir()).arg(&pid);
    sweeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl+C is for the group of the test.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut sweeper, 0);
    // Without a shell the next test process removes what this one leaves.
    let sweeper = sweeper.spawn().ok().and_then(|mut child| child.stdin.take());
    Home { dir, _sweeper: sweeper }
}

/// Removes what processes have left that are gone, and their shells with them.
fn sweep(parent: &Path, build_dir: &Path) {
    for (name, path) in entries(parent) {
        if name.strip_prefix(HOME_PREFIX).and_then(|pid| pid.parse().ok()).is_some_and(is_gone) {
            // What cannot be removed is somebody else's.
            let _left = fs::remove_dir_all(path);
        }
    }
    for dir in crate::project::output_dirs(build_dir) {
        for (name, path) in entries(&dir) {
            if crate::project::owner_of(&name).is_some_and(is_gone) {
                let _left = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
            }
        }
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
}

fn is_gone(pid: u32) -> bool {
    Path::new("/proc").is_dir() && !Path::new(&format!("/proc/{pid}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_processes_that_are_gone_is_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let build = dir.path().join("build");
        let deps = build.join("debug/deps");
        fs::create_dir_all(&deps).expect("a directory");
        // No system counts that far.
        let (gone, here) = (u32::MAX, std::process::id());
        let old = [
            dir.path().join(format!("{HOME_PREFIX}{gone}")),
            deps.join(format!("libui_{gone}_0.so")),
            deps.join(format!("ui_{gone}_12-0123456789abcdef.d")),
        ];
        let ours = [
            dir.path().join(format!("{HOME_PREFIX}{here}")),
            dir.path().join("something-else"),
            deps.join(format!("libui_{here}_0.so")),
            deps.join("libhot_api-0123456789abcdef.rlib"),
        ];
        old.iter().chain(&ours).for_each(|path| fs::create_dir(path).expect("a directory"));
        sweep(dir.path(), &build);
        assert_eq!(old.map(|path| path.exists()), [false; 3]);
        assert_eq!(ours.map(|path| path.exists()), [true; 4]);
    }
}
