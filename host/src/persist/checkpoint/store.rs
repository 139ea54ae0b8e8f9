//! The directory of checkpoints.
//!
//! Owns: the files of all modules. Consumes: snapshots. Produces: durable files, and their paths in
//! order. Never: overwrites a checkpoint, or leaves half of one under the name of a whole.

use super::CheckpointError;
use super::file::{self, Aside, Checkpoint};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many checkpoints of a module are kept: some seconds of work to go back to when the newest
/// is damaged.
pub const KEPT_FILES: usize = 10;

/// The checkpoints of all modules. Cheap to clone; one host at a time has it, which its lock sees
/// to.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// The checkpoints in `dir`, which is created with the first of them.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The files of a module, the newest first.
    #[must_use]
    pub fn newest_first(&self, module: &str) -> Vec<PathBuf> {
        let mut files: Vec<(u64, PathBuf)> = self
            .sequences(module)
            .into_iter()
            .filter_map(|(sequence, in_use, path)| in_use.then_some((sequence, path)))
            .collect();
        files.sort_by(|a, b| b.cmp(a));
        files.into_iter().map(|(_, path)| path).collect()
    }

    /// The highest number of a module's files, those that were set aside included; 0 without any.
    #[must_use]
    pub fn last_sequence(&self, module: &str) -> u64 {
        self.sequences(module).into_iter().map(|(sequence, ..)| sequence).max().unwrap_or(0)
    }

    /// Writes a snapshot under a number that no file of the module has, and removes files beyond
    /// [`KEPT_FILES`]. When this returns, the file survives the loss of power.
    ///
    /// # Errors
    /// [`CheckpointError::Write`]; nothing is left behind.
    pub fn write(&self, module: &str, sequence: u64, bytes: &[u8]) -> Result<(), CheckpointError> {
        let path = self.dir.join(file::name_of(module, sequence));
        let partial = self.dir.join(format!("{module}.partial"));
        let written = fs::create_dir_all(&self.dir)
            .and_then(|()| write_through(&partial, bytes))
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| sync_dir(&self.dir));
        if let Err(source) = written {
            // What cannot be removed is overwritten by the next attempt.
            let _left = fs::remove_file(&partial);
            return Err(CheckpointError::Write { path, source });
        }
        for old in self.newest_first(module).iter().skip(KEPT_FILES) {
            // One that cannot be removed now is tried again after the next write.
            let _left = fs::remove_file(old);
        }
        Ok(())
    }

    /// Where a checkpoint of this file name is.
    #[must_use]
    pub fn path_of(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Takes a file out of use without touching its content; returns its new path.
    ///
    /// # Errors
    /// [`CheckpointError::Aside`].
    pub fn set_aside(&self, path: &Path, why: Aside) -> Result<PathBuf, CheckpointError> {
        file::set_aside(path, why)
    }

    /// Takes all files of a module out of use.
    ///
    /// # Errors
    /// [`CheckpointError::Aside`] for the first that stays.
    pub fn begin_anew(&self, module: &str) -> Result<(), CheckpointError> {
        for path in self.newest_first(module) {
            file::set_aside(&path, Aside::Old)?;
        }
        Ok(())
    }

    /// What the newest file of a module holds, if it can be read.
    #[must_use]
    pub fn newest(&self, module: &str) -> Option<Checkpoint> {
        Checkpoint::read(self.newest_first(module).first()?).ok()
    }

    fn sequences(&self, module: &str) -> Vec<(u64, bool, PathBuf)> {
        // A directory that is missing or cannot be read holds nothing to start from.
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let (sequence, in_use) = file::sequence_of(name.to_str()?, module)?;
                Some((sequence, in_use, entry.path()))
            })
            .collect()
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the new name durable as well.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file; the system writes names in its own time.
#[cfg(not(unix))]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hot_api::state::Snapshot;

    fn snapshot(version: u32) -> Vec<u8> {
        let module = "ui".to_owned();
        let sections = Vec::new();
        Snapshot { module, schema_version: version, fingerprint: None, sections }.encode()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let store = Store::new(temp.path().join("with space/checkpoint"));
        (temp, store)
    }

    fn names(store: &Store) -> Vec<String> {
        let entries = fs::read_dir(&store.dir).expect("the directory is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_comes_first_and_the_last_ten_stay() {
        let (_temp, store) = store();
        assert_eq!((store.last_sequence("ui"), store.newest("ui")), (0, None), "nothing yet");
        store.write("ui-2", 50, &snapshot(50)).expect("written");
        for sequence in 1..=12 {
            store.write("ui", sequence, &snapshot(sequence as u32)).expect("written");
        }
        let files = store.newest_first("ui");
        assert_eq!(files.len(), KEPT_FILES);
        assert!(files[0].ends_with("ui-00000012.snapshot"), "{files:?}");
        assert!(files[9].ends_with("ui-00000003.snapshot"), "{files:?}");
        assert_eq!(store.newest("ui").map(|newest| newest.bytes), Some(snapshot(12)));
        assert_eq!(store.newest_first("ui-2").len(), 1, "another module's stays");
        assert!(names(&store).iter().all(|name| name.ends_with(".snapshot")), "nothing else");
    }

    #[test]
    fn what_is_set_aside_keeps_its_content_and_its_number() {
        let (_temp, store) = store();
        store.write("ui", 1, &snapshot(1)).expect("written");
        store.write("ui", 2, &snapshot(2)).expect("written");
        let newest = store.newest_first("ui").remove(0);
        let aside = store.set_aside(&newest, Aside::Refused).expect("renamed");
        assert_eq!(fs::read(&aside).expect("still there"), snapshot(2));
        assert_eq!(store.newest("ui").map(|newest| newest.bytes), Some(snapshot(1)));
        assert_eq!(store.last_sequence("ui"), 2, "its number is not used again");
        store.begin_anew("ui").expect("renamed");
        assert_eq!(store.newest_first("ui"), [""; 0].map(PathBuf::from));
        let expected = ["ui-00000001.snapshot.old", "ui-00000002.snapshot.refused"];
        assert_eq!(names(&store), expected);
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_noticed() {
        let (_temp, store) = store();
        store.write("ui", 1, &snapshot(1)).expect("written");
        let path = store.newest_first("ui").remove(0);
        let whole = fs::read(&path).expect("readable");
        let mut spoilt: Vec<Vec<u8>> = (0..whole.len()).map(|n| whole[..n].to_vec()).collect();
        spoilt.extend((0..whole.len()).map(|n| {
            let mut changed = whole.clone();
            changed[n] ^= 0x10;
            changed
        }));
        for bytes in spoilt {
            fs::write(&path, &bytes).expect("written");
            let error = Checkpoint::read(&path).expect_err("not what was written").to_string();
            assert!(error.contains("ui-00000001.snapshot"), "{error}");
        }
        fs::write(&path, &whole).expect("written");
        assert_eq!(Checkpoint::read(&path).expect("whole again").bytes, whole);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn m15_a_full_disk_leaves_nothing_behind() {
        let (_temp, store) = store();
        store.write("ui", 1, &snapshot(1)).expect("written");
        // Whatever is written there finds the device full.
        let partial = store.dir.join("ui.partial");
        std::os::unix::fs::symlink("/dev/full", &partial).expect("a link");
        let error = store.write("ui", 2, &snapshot(2)).expect_err("full").to_string();
        assert!(error.contains("ui-00000002.snapshot"), "the file: {error}");
        assert!(error.contains("No space left"), "the reason: {error}");
        assert_eq!(names(&store), ["ui-00000001.snapshot"]);
        store.write("ui", 2, &snapshot(2)).expect("there is room again");
    }

    #[test]
    fn m15_a_file_in_the_place_of_the_directory_is_an_error_in_words() {
        let (_temp, store) = store();
        fs::create_dir_all(store.dir.parent().expect("a parent")).expect("a directory");
        fs::write(&store.dir, "in the way").expect("a file");
        let error = store.write("ui", 1, &snapshot(1)).expect_err("no directory").to_string();
        assert!(error.contains("the app runs on"), "{error}");
        assert_eq!(store.newest_first("ui"), [""; 0].map(PathBuf::from));
    }
}
