//! What must hold for any file among the checkpoints.

use super::{Aside, Checkpoint, Store};
use crate::fuzzing::Scratch;
use hot_api::state::Snapshot;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

/// The first line is the file's name, the rest its content: a damaged file is refused by name, whatever
/// it is called it is never overwritten, and the next checkpoint comes after it.
///
/// # Panics
/// When that does not hold.
pub fn checkpoint_file(bytes: &[u8]) {
    const MODULE: &str = "ui";
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (name, content) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let scratch = Scratch::new();
    let store = Store::new(scratch.path().to_owned());
    let path = scratch.path().join(OsStr::from_bytes(name));
    if name.contains(&b'/') || fs::write(&path, content).is_err() {
        // No name of a file.
        return;
    }
    match Checkpoint::read(&path) {
        Ok(checkpoint) => assert_eq!(checkpoint.bytes, content),
        Err(error) => {
            assert!(Snapshot::decode(content).is_err(), "{error}");
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
    }
    let is_newest = store.newest_first(MODULE) == [path.clone()];
    assert_eq!(store.newest(MODULE).is_some(), is_newest && Snapshot::decode(content).is_ok());
    let Some(next) = store.last_sequence(MODULE).checked_add(1) else {
        panic!("{path:?} leaves no number for the next checkpoint");
    };
    store.write(MODULE, next, b"the next one").expect("there is room");
    let untouched = fs::read(&path).is_ok_and(|read| read == content);
    assert!(untouched || name == b"ui.partial", "{path:?} was overwritten");
    if is_newest {
        store.set_aside(&path, Aside::Unreadable).expect("it can be renamed");
        assert!(!store.newest_first(MODULE).contains(&path));
    }
}
