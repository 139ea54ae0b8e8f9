//! What the inputs contain: the judge of whether anything changed.
//!
//! Owns: one hash for each input file, as last reported. Consumes: paths that something may have
//! happened to. Produces: those whose content differs. Never: watches, waits, or fails because a
//! file is missing.

use super::debounce::Sight;
use super::scope::Scope;
use crate::sources::workspace::Inputs;
use blake3::{Hash, Hasher};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The content of all inputs at the time it was last reported.
///
/// Works without a watcher too: keep one, and [`ContentIndex::scan_changes`] tells whether a
/// reload by hand has anything to build.
#[derive(Debug)]
pub struct ContentIndex {
    scope: Scope,
    known: BTreeMap<PathBuf, Hash>,
}

impl ContentIndex {
    /// Hashes all inputs as they are now.
    #[must_use]
    pub fn new(inputs: Inputs) -> Self {
        let mut scope = Scope::new(inputs);
        let files = scope.files();
        let known = files.into_iter().filter_map(|path| hash_of(&path).map(|hash| (path, hash)));
        Self { known: known.collect(), scope }
    }

    /// Looks at every input and returns those that changed, appeared or vanished since they were
    /// last reported.
    pub fn scan_changes(&mut self) -> Vec<PathBuf> {
        let all = self.everything();
        self.changed(all)
    }

    /// Returns those of `paths` whose content changed, and takes it as reported. A directory
    /// stands for all inputs below it.
    pub fn changed(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
        let mut files = BTreeSet::new();
        for path in paths {
            files.extend(self.expand(&path));
        }
        files.into_iter().filter(|path| self.accept(path)).collect()
    }

    /// Replaces the set of inputs, for instance after a build read further files. An input that
    /// was not known before is taken as it is, unless it was written after `since`, when the
    /// build that told of it began: then it is returned, because that build may have read less.
    pub fn set_inputs(&mut self, inputs: Inputs, since: SystemTime) -> Vec<PathBuf> {
        self.scope = Scope::new(inputs);
        let files = self.scope.files();
        // What vanished stays known until it has been reported.
        self.known.retain(|path, _| self.scope.counts(path));
        let mut late = Vec::new();
        for path in files {
            if self.known.contains_key(&path) {
                continue;
            }
            let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
            if modified.is_ok_and(|time| time >= since) {
                late.push(path);
            } else if let Some(hash) = hash_of(&path) {
                self.known.insert(path, hash);
            }
        }
        late
    }

    /// Reads the `.gitignore` files again.
    pub(super) fn reread_rules(&mut self) {
        let _ = self.set_inputs(self.inputs().clone(), SystemTime::now()); // nobody waits any more
    }

    /// The inputs as last set.
    pub(super) fn inputs(&self) -> &Inputs {
        self.scope.inputs()
    }

    /// Every directory whose entries must be watched.
    pub(super) fn dirs(&mut self) -> BTreeSet<PathBuf> {
        self.scope.dirs()
    }

    /// Every input that is there or was.
    pub(super) fn everything(&mut self) -> BTreeSet<PathBuf> {
        let mut all = self.scope.files();
        all.extend(self.known.keys().cloned());
        all
    }

    /// The files that an event for `path` is about: itself, or all below it, also those gone.
    pub(super) fn expand(&mut self, path: &Path) -> BTreeSet<PathBuf> {
        let known = self.known.range(path.to_owned()..).map(|(path, _)| path);
        let mut files: BTreeSet<PathBuf> =
            known.take_while(|file| file.starts_with(path)).cloned().collect();
        if path.is_dir() {
            let there = self.scope.files();
            files.extend(there.into_iter().filter(|file| file.starts_with(path)));
        } else if self.scope.counts(path) {
            files.insert(path.to_owned());
        }
        files
    }

    /// Looks at one file and changes nothing.
    pub(super) fn sight(&self, path: &Path) -> Sight {
        let now = hash_of(path);
        if now.as_ref() == self.known.get(path) {
            Sight::Same
        } else if now.is_none_or(|hash| hash == blake3::hash(b"")) {
            Sight::Unsettled
        } else {
            Sight::Changed
        }
    }

    /// Whether there was no such file when it was last reported, and no build has asked for it.
    pub(super) fn is_new(&self, path: &Path) -> bool {
        !self.known.contains_key(path) && !self.inputs().files.contains(path)
    }

    /// Takes this content of the file as reported.
    pub(super) fn knows(&mut self, path: &Path, content: Hash) {
        self.known.insert(path.to_owned(), content);
    }

    /// Takes the file's content as reported, whatever it is; tells whether it is different.
    pub(super) fn accept(&mut self, path: &Path) -> bool {
        let now = hash_of(path);
        let before = match now {
            Some(hash) => self.known.insert(path.to_owned(), hash),
            None => self.known.remove(path),
        };
        before != now
    }
}

/// The hash of a file's content. `None` for what is not there or cannot be read: to the compiler both are the
/// same.
#[must_use]
pub fn hash_of(path: &Path) -> Option<Hash> {
    let mut hasher = Hasher::new();
    let file = File::open(path).ok()?;
    hasher.update_reader(file).ok()?;
    Some(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Project {
        _temp: tempfile::TempDir,
        root: PathBuf,
    }

    impl Project {
        fn new() -> Self {
            let temp = tempfile::tempdir().expect("create a temporary directory");
            let root = fs::canonicalize(temp.path()).expect("the directory was just made");
            fs::create_dir_all(root.join("src")).expect("create src");
            fs::write(root.join("src/lib.rs"), "one").expect("write lib.rs");
            Self { _temp: temp, root }
        }

        fn inputs(&self) -> Inputs {
            Inputs {
                root: self.root.clone(),
                dirs: [self.root.clone()].into(),
                ..Inputs::default()
            }
        }
    }

    #[test]
    fn k03_c1_c2_only_a_change_of_content_is_a_change() {
        let project = Project::new();
        let lib = project.root.join("src/lib.rs");
        let mut index = ContentIndex::new(project.inputs());
        assert_eq!(index.scan_changes(), Vec::<PathBuf>::new(), "untouched");
        fs::write(&lib, "one").expect("write the same bytes");
        assert_eq!(index.scan_changes(), Vec::<PathBuf>::new(), "same bytes");
        fs::write(&lib, "two").expect("write other bytes");
        assert_eq!(index.scan_changes(), [lib], "other bytes");
        assert_eq!(index.scan_changes(), Vec::<PathBuf>::new(), "reported once");
    }

    #[test]
    fn d06_c2_new_and_deleted_files_and_directories_are_changes() {
        let project = Project::new();
        let (lib, dir) = (project.root.join("src/lib.rs"), project.root.join("src/deep"));
        let mut index = ContentIndex::new(project.inputs());
        fs::create_dir_all(&dir).expect("create a directory");
        fs::write(dir.join("new.rs"), "x").expect("write a file");
        assert_eq!(
            index.changed([dir.clone()]),
            [dir.join("new.rs")],
            "a directory stands for its files"
        );
        fs::remove_dir_all(&dir).expect("delete the directory");
        fs::remove_file(&lib).expect("delete lib.rs");
        assert_eq!(
            index.changed([dir.clone(), lib.clone(), project.root.join("never.rs")]),
            [dir.join("new.rs"), lib],
            "gone files count, files that never were do not"
        );
    }

    #[test]
    fn an_empty_or_missing_file_is_unsettled_until_accepted() {
        let project = Project::new();
        let lib = project.root.join("src/lib.rs");
        let mut index = ContentIndex::new(project.inputs());
        assert_eq!(index.sight(&lib), Sight::Same, "untouched");
        fs::write(&lib, "").expect("truncate");
        assert_eq!(index.sight(&lib), Sight::Unsettled, "empty");
        fs::write(&lib, "two").expect("write");
        assert_eq!(index.sight(&lib), Sight::Changed, "new content");
        fs::remove_file(&lib).expect("delete");
        assert_eq!(index.sight(&lib), Sight::Unsettled, "gone");
        assert!(index.accept(&lib), "it differs from what was reported");
        assert_eq!(index.sight(&lib), Sight::Same, "accepted as gone");
    }

    #[test]
    fn k10_a_new_input_written_after_the_build_began_is_a_change() {
        let project = Project::new();
        let words = project.root.join(".words.txt");
        fs::write(&words, "x").expect("write the input");
        let inputs = project.inputs().with_files([words.clone()]);
        let written = fs::metadata(&words)
            .and_then(|metadata| metadata.modified())
            .expect("the file has a time");
        let table = [
            (written + Duration::from_secs(1), Vec::new()),
            (written - Duration::from_secs(1), vec![words]),
        ];
        for (since, expected) in table {
            let mut index = ContentIndex::new(project.inputs());
            assert_eq!(index.set_inputs(inputs.clone(), since), expected);
        }
    }
}
