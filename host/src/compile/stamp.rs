//! Whether files are what they were.
//!
//! Owns: the comparison. Consumes: paths. Produces: [`Stamps`]. Never: watches.
//!
//! Size and time are asked first. Where they differ the content decides, so that a file that was
//! only touched is no change, and one that was put back in place with its old time is none either.

use crate::sources::watch::hash_of;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a file was when it was looked at.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// `None` for what is not worth reading: the compiler's own libraries.
    content: Option<blake3::Hash>,
}

/// Files and what they were; `None` for one that was not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

impl Stamps {
    /// Looks at sources. One that was written after `since` counts as changed already: whoever read
    /// it then may have read what it was before.
    pub(super) fn of_sources(
        files: impl IntoIterator<Item = PathBuf>,
        since: Option<SystemTime>,
    ) -> Self {
        let stamp = |file: &PathBuf| {
            let stamp = look(file, true)?;
            let is_late = since.zip(stamp.modified).is_some_and(|(since, at)| at >= since);
            Some(Stamp {
                content: stamp.content.filter(|_| !is_late),
                len: stamp.len,
                modified: stamp.modified.filter(|_| !is_late),
            })
        };
        Self(files.into_iter().map(|file| (file.clone(), stamp(&file))).collect())
    }

    /// Looks at size and time of what a compiler has made.
    pub(super) fn of_products(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().map(|file| (file.clone(), look(&file, false))).collect())
    }

    /// The first file that is not what it was.
    pub(super) fn changed(&self) -> Option<&Path> {
        let changed = self.0.iter().find(|(path, stamp)| !is_same(path, stamp.as_ref()));
        changed.map(|(path, _)| path.as_path())
    }

    /// The content of a file that was looked at as a source; `None` when there was none.
    pub(super) fn content(&self, path: &Path) -> Option<blake3::Hash> {
        self.0.get(path).copied().flatten().and_then(|stamp| stamp.content)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.keys()
    }
}

fn is_same(path: &Path, then: Option<&Stamp>) -> bool {
    let Some(then) = then else {
        return fs::metadata(path).is_err();
    };
    let Ok(now) = fs::metadata(path) else { return false };
    if then.modified.is_some() && now.len() == then.len && now.modified().ok() == then.modified {
        return true;
    }
    match then.content {
        Some(content) => hash_of(path) == Some(content),
        None => false,
    }
}

fn look(path: &Path, read: bool) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let content = if read && metadata.is_file() { hash_of(path) } else { None };
    Some(Stamp { len: metadata.len(), modified: metadata.modified().ok(), content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn set_time(path: &Path, time: SystemTime) {
        let file = fs::File::options().write(true).open(path).expect("the file is there");
        file.set_modified(time).expect("its time can be set");
    }

    #[test]
    fn content_decides_where_time_and_size_do_not() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (file, absent) = (dir.path().join("a.rs"), dir.path().join("b.rs"));
        fs::write(&file, "one").expect("it can be written");
        let stamps = Stamps::of_sources([file.clone(), absent.clone()], None);
        assert_eq!(stamps.changed(), None);
        let old = SystemTime::now() - Duration::from_secs(1000);
        set_time(&file, old);
        assert_eq!(stamps.changed(), None, "only touched");
        fs::write(&file, "two").expect("it can be written");
        set_time(&file, old);
        assert_eq!(stamps.changed(), Some(file.as_path()), "other content under an older time");
        fs::write(&file, "one").expect("it can be written");
        fs::write(&absent, "").expect("it can be written");
        assert_eq!(stamps.changed(), Some(absent.as_path()), "it was not there");
    }

    #[test]
    fn what_was_written_while_it_was_read_has_changed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("a.rs");
        fs::write(&file, "one").expect("it can be written");
        let before = SystemTime::now() - Duration::from_secs(10);
        assert!(Stamps::of_sources([file.clone()], Some(before)).changed().is_some());
        set_time(&file, before - Duration::from_secs(1));
        assert_eq!(Stamps::of_sources([file], Some(before)).changed(), None);
    }

    #[test]
    fn a_product_goes_by_its_time() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("liba.rlib");
        fs::write(&file, "one").expect("it can be written");
        let stamps = Stamps::of_products([file.clone()]);
        assert_eq!(stamps.changed(), None);
        set_time(&file, SystemTime::now() - Duration::from_secs(1000));
        assert_eq!(stamps.changed(), Some(file.as_path()));
    }
}
