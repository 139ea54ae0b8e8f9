//! A library file, opened and checked: the one door to `libloading`.
//!
//! Owns: the handle. Produces: the module's table and facts. Never: calls a function of the module.
#![expect(unsafe_code, reason = "loading a library and reading its exported static")]

use super::precheck::{PrecheckError, precheck};
use super::slices::{Implausible, elements, text};
use crate::os::is_installed_tool;
use hot_api::abi::handshake::{
    HandshakeError, VIEWS_MAX, check_abi_version, check_header, check_header_size, check_magic,
    check_table_size,
};
use hot_api::abi::{ABI_VERSION, HEADER_SYMBOL, ModuleHeader, ModuleTable};
use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::path::{Path, PathBuf};

/// Why a library cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file is not a whole library for this machine.
    #[error(transparent)]
    Precheck(#[from] PrecheckError),
    /// The system's loader refused.
    #[error("{}: the loader refused it: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// It is a library, but no module.
    #[error(
        "{}: it exports no PITSTOP_MODULE; write `hot_api::export_module!(YourModule);` at the \
         root of the crate",
        path.display()
    )]
    NoSymbol {
        /// The file.
        path: PathBuf,
    },
    /// It is a module that does not fit this host.
    #[error("{}: {source}{}", path.display(), way_out(source, is_installed_tool()))]
    Handshake {
        /// The file.
        path: PathBuf,
        /// The axis on which it does not fit.
        source: HandshakeError,
    },
    /// Loading has not come to an end.
    #[error("{}: not loaded after {limit:?}; a constructor in it may be running for ever", path.display())]
    Overdue {
        /// The file.
        path: PathBuf,
        /// How long it had.
        limit: std::time::Duration,
    },
    /// The host ends while it is being loaded.
    #[error("{}: not loaded yet, and the host ends", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
}

/// How a module and a tool that was installed apart from it come together again.
fn way_out(misfit: &HandshakeError, is_tool: bool) -> &'static str {
    let is_module_older = match misfit {
        HandshakeError::AbiVersion { found } => *found < ABI_VERSION,
        HandshakeError::HeaderSize { found, expected } => found < expected,
        HandshakeError::TableSize { .. } => true,
        _ => return "",
    };
    match (is_tool, is_module_older) {
        // Both are built from one workspace.
        (false, _) => "",
        (true, true) => "; `cargo update --package hot_api` gets the module's newer one",
        (true, false) => {
            "; install the tool again, from where it came (`cargo install --list` says where), for its newer version"
        }
    }
}

impl LoadError {
    /// Whether the file was fine but the module does not fit.
    #[must_use]
    pub fn is_handshake(&self) -> bool {
        matches!(self, Self::NoSymbol { .. } | Self::Handshake { .. })
    }
}

/// A module whose header fits. Its functions may be called as `ABI-4` says.
pub struct Library {
    handle: libloading::Library,
    path: PathBuf,
    table: ModuleTable,
    build: String,
    views: Vec<String>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("build", &self.build).finish_non_exhaustive()
    }
}

impl Library {
    /// Opens `path` and checks its header. Constructors of the library run here, so this belongs on
    /// the module thread.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        precheck(path)?;
        // SAFETY: running the constructors of a module that the user builds is what this tool is
        // for; the file is whole (precheck) and its name is used once (one for each generation).
        let handle = unsafe { open(path) }.map_err(|error| LoadError::Open {
            path: path.to_path_buf(),
            reason: error_chain(&error),
        })?;
        // SAFETY: ABI-1: the symbol, if there, is a static header; each field is checked below
        // before the next is read.
        let symbol = unsafe { handle.get::<*const ModuleHeader>(HEADER_SYMBOL) };
        let header = match symbol {
            Ok(symbol) if !symbol.is_null() => *symbol,
            _ => {
                return Err(LoadError::NoSymbol { path: path.to_path_buf() });
            }
        };
        // SAFETY: ABI-1, and the library stays open for as long as `Self` lives.
        let facts = unsafe { read_header(header) }
            .map_err(|source| LoadError::Handshake { path: path.to_path_buf(), source })?;
        let Facts { table, build, views } = facts;
        Ok(Self { handle, path: path.to_path_buf(), table, build, views })
    }

    /// The functions. They are only as good as the library is open; the module thread keeps both
    /// together.
    pub(super) fn table(&self) -> ModuleTable {
        self.table
    }

    /// Who built it, as text.
    #[must_use]
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Names of its views; the first is `main`.
    #[must_use]
    pub fn views(&self) -> &[String] {
        &self.views
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Unloads the library. The caller has dropped the instance and joined its thread (`ABI-7`).
    ///
    /// # Errors
    /// The system's words when it refuses.
    pub(super) fn close(self) -> Result<(), String> {
        self.handle.close().map_err(|error| error_chain(&error))
    }
}

struct Facts {
    table: ModuleTable,
    build: String,
    views: Vec<String>,
}

/// Reads a header field by field: each is read when those before it say that it is there.
///
/// # Safety
/// `header` points to at least eight bytes that stay mapped while the result is used; what begins
/// with the magic goes on as a header (ABI-1).
unsafe fn read_header(header: *const ModuleHeader) -> Result<Facts, HandshakeError> {
    // No reference is made before the whole header is known to be there and to be one; and a
    // symbol of another program need not be aligned.
    // SAFETY: promised by the caller.
    check_magic(unsafe { (&raw const (*header).magic).read_unaligned() })?;
    // SAFETY: ABI-1: the magic is followed by the version and the header's own size.
    check_abi_version(unsafe { (&raw const (*header).abi_version).read_unaligned() })?;
    // SAFETY: as above.
    check_header_size(unsafe { (&raw const (*header).header_size).read_unaligned() })?;
    // SAFETY: ABI-1: a header of this version and this size.
    let header = unsafe { header.read_unaligned() };
    check_header(&header)?;
    // SAFETY: ABI-2: every table begins with its own size.
    check_table_size(unsafe { header.table.cast::<u32>().read_unaligned() })?;
    // SAFETY: ABI-1: static texts of a header that fits.
    let views = unsafe { elements(header.views, VIEWS_MAX) };
    let views = views
        .map_err(|Implausible { len, .. }| HandshakeError::Views { found: len, max: VIEWS_MAX })?;
    Ok(Facts {
        // SAFETY: ABI-2: a table of the size that it says, which was checked.
        table: unsafe { copy_table(header.table) }?,
        // SAFETY: ABI-1: static text.
        build: unsafe { text(header.build) },
        // SAFETY: ABI-1: static text.
        views: views.iter().map(|name| unsafe { text(*name) }).collect(),
    })
}

/// The functions that every table has, and where they are in it.
const FUNCTIONS: [(&str, usize); 9] = [
    ("create", offset_of!(ModuleTable, create)),
    ("logic", offset_of!(ModuleTable, logic)),
    ("frame", offset_of!(ModuleTable, frame)),
    ("paint", offset_of!(ModuleTable, paint)),
    ("capture", offset_of!(ModuleTable, capture)),
    ("suspend", offset_of!(ModuleTable, suspend)),
    ("resume", offset_of!(ModuleTable, resume)),
    ("release_gl", offset_of!(ModuleTable, release_gl)),
    ("destroy", offset_of!(ModuleTable, destroy)),
];

/// The table as this host knows it. What is behind the end of a shorter one is absent: those fields
/// are options, and all zeros are `None`.
///
/// # Errors
/// When one of [`FUNCTIONS`] is null.
///
/// # Safety
/// `table` points to a table that is as long as it says, and not shorter than the least (ABI-2).
unsafe fn copy_table(table: *const ModuleTable) -> Result<ModuleTable, HandshakeError> {
    let mut copy = MaybeUninit::<ModuleTable>::zeroed();
    // SAFETY: promised by the caller.
    let length = unsafe { table.cast::<u32>().read_unaligned() } as usize;
    let length = length.min(size_of::<ModuleTable>());
    // SAFETY: promised by the caller; the copy is as long as the type.
    unsafe {
        std::ptr::copy_nonoverlapping(table.cast::<u8>(), copy.as_mut_ptr().cast(), length);
    }
    for (function, offset) in FUNCTIONS {
        // SAFETY: the offset of a pointer-sized field, all of whose bytes are written.
        let address = unsafe { copy.as_ptr().byte_add(offset).cast::<*const c_void>().read() };
        if address.is_null() {
            return Err(HandshakeError::NullFunction { function });
        }
    }
    // SAFETY: the functions that cannot be absent are not null, and zeros are values of all other
    // fields (ABI-2).
    Ok(unsafe { copy.assume_init() })
}

/// # Safety
/// As for `libloading::Library::new`.
#[cfg(unix)]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // All symbols now: a missing one must fail here and not in the middle of a frame.
    // SAFETY: promised by the caller.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

/// # Safety
/// As for `libloading::Library::new`.
#[cfg(not(unix))]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: promised by the caller.
    unsafe { libloading::Library::new(path) }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a01_a_module_that_does_not_fit_the_installed_tool_names_the_command_that_helps() {
        let older = HandshakeError::AbiVersion { found: ABI_VERSION - 1 };
        let newer = HandshakeError::AbiVersion { found: ABI_VERSION + 1 };
        let short = HandshakeError::TableSize { found: 8 };
        let long = HandshakeError::HeaderSize { found: 80, expected: 72 };
        for (misfit, command) in [
            (&older, "cargo update --package hot_api"),
            (&short, "cargo update --package hot_api"),
            (&newer, "cargo install --list"),
            (&long, "cargo install --list"),
        ] {
            assert!(way_out(misfit, true).contains(command), "{misfit}");
            assert_eq!(way_out(misfit, false), "", "{misfit}");
        }
        assert_eq!(way_out(&HandshakeError::PanicStrategy { found: 2 }, true), "");
    }
}
