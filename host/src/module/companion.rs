//! The names under which a generation's copy of the shared library goes.
//!
//! Owns: those names. Never: touches files.
//!
//! A loader takes a library that is needed under the name of one that it has for that very one. So each
//! generation's copy has a name of its own, of the same length, which is written over the name that
//! the linker put into the two files.

use std::path::{Path, PathBuf};

/// What the linker calls it.
pub(crate) const UNNAMED: &str = "libpitstop_shared-0000000000000000.so";

/// What rustc adds to the name of the crate to get there.
pub(crate) const UNNAMED_SUFFIX: &str = "-0000000000000000";

const PREFIX: &str = "libpitstop_shared-";

/// The name of the copy that belongs to `library`, the module's own copy. It lies beside it.
pub(crate) fn name_of(library: &Path) -> String {
    let name = library.file_name().unwrap_or_default();
    let hash = blake3::hash(name.as_encoded_bytes()).to_hex();
    format!("{PREFIX}{}.so", &hash[..16])
}

/// The path of that copy.
pub(crate) fn of(library: &Path) -> PathBuf {
    library.with_file_name(name_of(library))
}

/// Whether a file is the copy of some generation.
pub(crate) fn is_one(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == UNNAMED.len() && name.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_library_has_a_name_of_the_same_length() {
        let (one, two) = (name_of(Path::new("/g/ui-g1.so")), name_of(Path::new("/g/ui-g2.so")));
        assert_ne!(one, two);
        assert_eq!((one.len(), two.len()), (UNNAMED.len(), UNNAMED.len()));
        assert_eq!(of(Path::new("/g/ui-g1.so")), Path::new("/g").join(&one));
        assert!(is_one(Path::new(&one)) && is_one(Path::new(UNNAMED)));
        assert!(!is_one(Path::new("ui-g1.so")));
        assert_eq!(UNNAMED, format!("libpitstop_shared{UNNAMED_SUFFIX}.so"));
    }
}
