//! Which paths count as inputs.
//!
//! Owns: the rules about hidden, temporary and ignored names. Consumes: [`Inputs`] and the
//! `.gitignore` files it finds; the one door to `ignore`. Produces: yes or no for one path, and
//! the lists of all files and directories that count. Never: reads a file's content.

use crate::sources::workspace::Inputs;
use ignore::Match;
use ignore::gitignore::Gitignore;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The rules for one set of inputs.
#[derive(Debug)]
pub(super) struct Scope {
    inputs: Inputs,
    /// The matchers found so far; the deepest directory decides first.
    ignores: Vec<Gitignore>,
}

impl Scope {
    /// Reads the `.gitignore` files that bear on `inputs`.
    pub(super) fn new(inputs: Inputs) -> Self {
        let mut scope = Self { inputs, ignores: Vec::new() };
        let above: BTreeSet<PathBuf> = scope
            .inputs
            .dirs
            .iter()
            .flat_map(|dir| ignoring_ancestors(dir, &scope.inputs.root))
            .collect();
        // Ancestors come first in path order, so a directory's own file is read after, and
        // outranks, those above it.
        for dir in above {
            scope.read_ignores(&dir);
        }
        scope.walk_all(&mut |_, _| {});
        scope
    }

    pub(super) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Whether a change of the file at `path` counts. Ask for files only.
    pub(super) fn counts(&self, path: &Path) -> bool {
        self.inputs.files.contains(path)
            || self.inputs.package_dir_of(path).is_some_and(|root| {
                path.ancestors()
                    .take_while(|part| *part != root)
                    .all(|part| !self.skips(part, part != path))
            })
    }

    /// Every directory whose entries must be watched, those on the way from the root included:
    /// a package directory may be replaced as a whole.
    pub(super) fn dirs(&mut self) -> BTreeSet<PathBuf> {
        let mut dirs = BTreeSet::from([self.inputs.root.clone()]);
        self.walk_all(&mut |path, is_dir| {
            if is_dir {
                dirs.insert(path.to_owned());
            }
        });
        let root = &self.inputs.root;
        let parents = self.inputs.files.iter().filter_map(|file| file.parent());
        for dir in parents.chain(self.inputs.dirs.iter().map(PathBuf::as_path)) {
            let way = dir.ancestors().take_while(|above| above.starts_with(root));
            dirs.extend(way.map(Path::to_owned));
            dirs.insert(dir.to_owned());
        }
        dirs.retain(|dir| dir.is_dir());
        dirs
    }

    /// Every file that counts and is there.
    pub(super) fn files(&mut self) -> BTreeSet<PathBuf> {
        let named = self.inputs.files.iter().filter(|file| file.is_file());
        let mut files: BTreeSet<PathBuf> = named.cloned().collect();
        self.walk_all(&mut |path, is_dir| {
            if !is_dir {
                files.insert(path.to_owned());
            }
        });
        files
    }

    fn walk_all(&mut self, visit: &mut dyn FnMut(&Path, bool)) {
        for dir in self.inputs.dirs.clone() {
            self.walk(&dir, visit);
        }
    }

    /// Visits `dir` and what lies below it and is not skipped. Directories that vanish or may
    /// not be read are passed over: the compiler cannot read them either.
    fn walk(&mut self, dir: &Path, visit: &mut dyn FnMut(&Path, bool)) {
        visit(dir, true);
        self.read_ignores(dir);
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            // Links to directories are not followed: they may lead in a circle.
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if self.skips(&path, is_dir) || self.inputs.excluded.contains(&path) {
                continue;
            }
            if is_dir {
                // A nested package is walked on its own.
                if !self.inputs.dirs.contains(&path) {
                    self.walk(&path, visit);
                }
            } else {
                visit(&path, false);
            }
        }
    }

    fn skips(&self, path: &Path, is_dir: bool) -> bool {
        path.file_name().is_none_or(is_temporary) || self.ignored(path, is_dir)
    }

    fn ignored(&self, path: &Path, is_dir: bool) -> bool {
        let bearing = self
            .ignores
            .iter()
            .filter(|ignore| path != ignore.path() && path.starts_with(ignore.path()))
            .map(|ignore| (ignore.path(), ignore.matched(path, is_dir)))
            .filter(|(_, matched)| !matches!(matched, Match::None));
        bearing
            .max_by_key(|(dir, _)| dir.components().count())
            .is_some_and(|(_, matched)| matched.is_ignore())
    }

    fn read_ignores(&mut self, dir: &Path) {
        let known = self.ignores.iter().any(|ignore| ignore.path() == dir);
        let file = dir.join(".gitignore");
        if !known && file.is_file() {
            // A pattern that cannot be parsed is left out, as git does.
            self.ignores.push(Gitignore::new(file).0);
        }
    }
}

/// The directories above `dir` whose `.gitignore` bears on it: up to the repository's top, or
/// where there is no repository, up to the workspace's root.
fn ignoring_ancestors(dir: &Path, root: &Path) -> Vec<PathBuf> {
    let top = dir
        .ancestors()
        .find(|above| above.join(".git").exists())
        .unwrap_or(if dir.starts_with(root) { root } else { dir });
    dir.ancestors().take_while(|above| above.starts_with(top)).map(Path::to_owned).collect()
}

/// Names of hidden files, and those that editors and the compiler use for files that come and go.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') // hidden, `.#lock` and `.name.swp` included
        || name.ends_with('~')
        || name == "4913" // vim's test whether it may create files here
        || (name.starts_with('#') && name.ends_with('#'))
        || name.ends_with("___jb_tmp___")
        || name.ends_with("___jb_old___")
        || name.starts_with("rustc-ice-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("every test file has a parent"))
            .expect("create a test directory");
        fs::write(path, text).expect("write a test file");
    }

    #[test]
    fn d04_hidden_temporary_and_ignored_files_count_only_when_named() {
        let temp = tempfile::tempdir().expect("create a temporary directory");
        let root = &fs::canonicalize(temp.path()).expect("the directory was just made");
        write(root, ".gitignore", "*.log\n/ui/made/\n!keep.log\n");
        write(root, "ui/.gitignore", "local.rs\n!loud.log\n");
        let table = [
            ("ui/src/lib.rs", true),
            ("ui/src/target/mod.rs", true),
            ("ui/build.rs", true),
            ("ui/Cargo.toml", true),
            ("ui/run.log", false),
            ("ui/keep.log", true),
            ("ui/loud.log", true),
            ("ui/src/local.rs", false),
            ("ui/src/read.log", true),
            ("ui/made/code.rs", false),
            ("ui/.hidden/x.rs", false),
            ("ui/src/.lib.rs.swp", false),
            ("ui/src/.#lib.rs", false),
            ("ui/src/#lib.rs#", false),
            ("ui/src/lib.rs~", false),
            ("ui/src/4913", false),
            ("ui/rustc-ice-2025-01-01.txt", false),
            ("ui/inner/src/lib.rs", false),
            ("ui/inner/words.txt", true),
            ("target/debug/x.d", false),
            ("other/src/lib.rs", false),
            ("Cargo.lock", true),
            (".cargo/config.toml", true),
        ];
        for (path, _) in table {
            write(root, path, "x");
        }
        let at = |paths: &[&str]| paths.iter().map(|path| root.join(path)).collect();
        let mut scope = Scope::new(Inputs {
            root: root.clone(),
            dirs: at(&["ui"]),
            files: at(&[
                "Cargo.lock",
                ".cargo/config.toml",
                "ui/src/read.log",
                "ui/inner/words.txt",
            ]),
            excluded: at(&["target", "ui/inner", "other"]),
        });
        let files = scope.files();
        for (path, expected) in table {
            let path = root.join(path);
            assert_eq!(scope.counts(&path), expected, "counts: {}", path.display());
            assert_eq!(files.contains(&path), expected, "found: {}", path.display());
        }
        let dirs = scope.dirs();
        let expected: BTreeSet<PathBuf> =
            at(&["", ".cargo", "ui", "ui/inner", "ui/src", "ui/src/target"]);
        let expected = expected.iter().map(|dir| dir.components().collect());
        assert_eq!(dirs, expected.collect(), "watched directories");
    }
}
