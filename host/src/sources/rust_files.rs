//! Rust sources below a directory, as far as a look at their text will do.

use std::path::{Path, PathBuf};

/// The Rust files below a directory, without those that are ignored or built.
pub(crate) fn rust_files(dir: &Path) -> impl Iterator<Item = PathBuf> {
    let is_source = |entry: &ignore::DirEntry| entry.depth() == 0 || entry.file_name() != "target";
    let entries =
        ignore::WalkBuilder::new(dir).require_git(false).filter_entry(is_source).build().flatten();
    entries
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

/// Whether a text holds `needle` outside of line comments; for code that cannot be read as Rust, or need not be.
#[must_use]
pub(crate) fn is_in_code(text: &str, needle: &str) -> bool {
    text.lines().any(|line| line.split("//").next().is_some_and(|code| code.contains(needle)))
}
