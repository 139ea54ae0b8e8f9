//! What a library was compiled from.
//!
//! Owns: the texts of the files with `tweak!` in them. Consumes: the inputs of a build, after it.
//! Produces: for each file, what a text of today changes. Never: takes a text that the compiler may
//! not have read.

use super::compare::{Change, changes};
use super::marks::Marks;
use crate::module::LiteralValue;
use once_cell::unsync::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;
use std::time::SystemTime;

/// What a file must contain to be looked at.
const TWEAK: &str = "tweak!";

/// The texts of one build, and the marks of its library.
#[derive(Debug)]
pub struct Baseline {
    texts: BTreeMap<PathBuf, String>,
    library: PathBuf,
    root: PathBuf,
    /// Found at the first save, or before.
    marks: OnceCell<Marks>,
}

impl Baseline {
    /// Reads the texts of `inputs` as they are now, right after the build that began at `started`
    /// has made `library`. A file that was touched since is left out: it may not be what the
    /// compiler has read. `root` is where the compiler ran.
    #[must_use]
    pub fn read(
        inputs: &BTreeSet<PathBuf>,
        started: SystemTime,
        library: PathBuf,
        root: PathBuf,
    ) -> Self {
        let sources = inputs.iter().filter(|file| file.extension().is_some_and(|e| e == "rs"));
        let texts = sources.filter_map(|file| Some((file.clone(), text_before(file, started)?)));
        Self { texts: texts.collect(), library, root, marks: OnceCell::new() }
    }

    /// The values that `file` has now in place of those that were compiled; `None` when it is
    /// different in any other way, or cannot be compared.
    #[must_use]
    pub fn values(&self, file: &Path) -> Option<Vec<LiteralValue>> {
        let compiled = self.texts.get(file)?;
        let changes = changes(compiled, &fs::read_to_string(file).ok()?)?;
        let value = |change: Change| {
            let place = self.marks().place(file, change.line, change.column)?.to_owned();
            let Change { index, compiled, kind, value, .. } = change;
            Some(LiteralValue { place, index, compiled, kind, value })
        };
        changes.into_iter().map(value).collect()
    }

    /// Looks for the marks now, which takes as long as reading the library does, so that the first
    /// save need not wait for it.
    pub(super) fn prepare(&self) {
        if !self.texts.is_empty() {
            self.marks();
        }
    }

    fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| {
            // Without the file there are no marks, and every save is built.
            fs::read(&self.library)
                .map_or_else(|_| Marks::default(), |bytes| Marks::find(&bytes, &self.root))
        })
    }
}

/// The text of a file with `tweak!` in it that nobody has touched since `started`.
fn text_before(file: &Path, started: SystemTime) -> Option<String> {
    let text = fs::read_to_string(file).ok().filter(|text| text.contains(TWEAK))?;
    // Looked at after it was read, so that what is written in between counts as later.
    let touched = last_touch(&fs::metadata(file).ok()?)?;
    (touched < started).then_some(text)
}

/// When the file was last written or put in place. The second is not the file's own time, which
/// travels with it from an archive or another machine.
#[cfg(unix)]
fn last_touch(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(metadata.ctime()).ok()?);
    let nanos = Duration::from_nanos(u64::try_from(metadata.ctime_nsec()).ok()?);
    let placed = SystemTime::UNIX_EPOCH.checked_add(seconds + nanos)?;
    Some(placed.max(metadata.modified().ok()?))
}

/// When the file was last written.
#[cfg(not(unix))]
fn last_touch(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
