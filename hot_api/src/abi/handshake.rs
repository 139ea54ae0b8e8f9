//! Whether a module's header fits this host, decided one axis at a time.
//!
//! Owns: the checks and their messages. Consumes: a [`ModuleHeader`] by value. Never: calls into
//! the module; everything here is plain data (`ABI-1`).
//!
//! A host reads a header front to back, and stops at the first field that does not fit:
//!
//! ```
//! use hot_api::abi::{ABI_VERSION, MAGIC, ModuleHeader, handshake};
//!
//! /// `read` reads a field of the library's `PITSTOP_MODULE` at that offset, in bytes.
//! fn check(magic: [u8; 8], read: impl Fn(usize) -> u32) -> Result<(), handshake::HandshakeError> {
//!     handshake::check_magic(magic)?;
//!     handshake::check_abi_version(read(8))?;
//!     handshake::check_header_size(read(12)) // then the whole header, with `check_header`
//! }
//!
//! let size = size_of::<ModuleHeader>() as u32;
//! assert_eq!(check(MAGIC, |offset| if offset == 8 { ABI_VERSION } else { size }), Ok(()));
//! let error = check(MAGIC, |_| ABI_VERSION + 1).unwrap_err().to_string();
//! assert!(error.contains("build both from the same hot_api"), "{error}");
//! ```

use crate::abi::{ABI_VERSION, MAGIC, MODULE_TABLE_SIZE_MIN, ModuleHeader, Vertex, panic_strategy};
use std::mem::size_of;

/// Why a module was refused before any of its functions was called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The symbol exists but is something else.
    #[error(
        "its PITSTOP_MODULE symbol starts with {found:02x?} instead of the magic {MAGIC:02x?}: \
         this is not a Pitstop module; export one with `hot_api::export_module!`"
    )]
    Magic {
        /// What stands there instead.
        found: [u8; 8],
    },
    /// Built against another version of the boundary.
    #[error(
        "the module speaks ABI version {found}, this host speaks {ABI_VERSION}: \
         build both from the same hot_api"
    )]
    AbiVersion {
        /// The module's version.
        found: u32,
    },
    /// The header is shorter or longer than this version's.
    #[error(
        "the module's header has {found} bytes, this host's has {expected}: \
         build both from the same hot_api"
    )]
    HeaderSize {
        /// The module's size.
        found: u32,
        /// The host's size.
        expected: u32,
    },
    /// 32-bit module in a 64-bit host, or the other way round.
    #[error(
        "the module has {found}-bit pointers, this host has {expected}-bit: build for the same target"
    )]
    PointerWidth {
        /// The module's bits.
        found: u32,
        /// The host's bits.
        expected: u32,
    },
    /// A panic in this module would end the process.
    #[error(
        "the module was built with panic = \"abort\", so its first panic would end the app: \
         remove `panic = \"abort\"` from the profile of the hot build"
    )]
    PanicStrategy {
        /// The value found.
        found: u32,
    },
    /// Vertices are laid out differently, as by egui's `unity` feature.
    #[error("the module's vertices have {found} bytes, this host's have {expected}")]
    VertexSize {
        /// The module's size.
        found: u32,
        /// The host's size.
        expected: u32,
    },
    /// The header points to no table, or the table lacks functions that this host calls.
    #[error(
        "the module's function table has {found} bytes, this host needs at least \
         {MODULE_TABLE_SIZE_MIN}: build both from the same hot_api"
    )]
    TableSize {
        /// The module's size; 0 for a null pointer.
        found: u32,
    },
    /// A function that every module has is missing from the table.
    #[error(
        "the module's function table has no `{function}`: export it with `hot_api::export_module!`"
    )]
    NullFunction {
        /// Its name in the table.
        function: &'static str,
    },
    /// The module exports no view at all, or more than the host draws.
    #[error("the module exports {found} views; it must have between 1 and {max}")]
    Views {
        /// How many it says it has.
        found: usize,
        /// How many there may be.
        max: usize,
    },
}

/// How many views a module may export, `main` among them: a tab bar holds no more.
pub const VIEWS_MAX: usize = 16;

/// Checks the fields behind the prefix, of a header whose prefix fits: [`check_magic`],
/// [`check_abi_version`] and [`check_header_size`] say whether there is such a header at all.
///
/// # Errors
/// One variant for each axis, in the order of the fields.
pub fn check_header(header: &ModuleHeader) -> Result<(), HandshakeError> {
    check_pointer_width(header.pointer_width)?;
    check_panic_strategy(header.panic_strategy)?;
    check_vertex_size(header.vertex_size)?;
    if header.table.is_null() {
        return Err(HandshakeError::TableSize { found: 0 });
    }
    if !(1..=VIEWS_MAX).contains(&header.views.len) || header.views.ptr.is_null() {
        return Err(HandshakeError::Views { found: header.views.len, max: VIEWS_MAX });
    }
    Ok(())
}

/// Checks the first field, before the second is read.
///
/// # Errors
/// When the symbol is something else.
pub fn check_magic(found: [u8; 8]) -> Result<(), HandshakeError> {
    if found == MAGIC { Ok(()) } else { Err(HandshakeError::Magic { found }) }
}

/// Checks the second field, before the third is read.
///
/// # Errors
/// When the module speaks another version.
pub fn check_abi_version(found: u32) -> Result<(), HandshakeError> {
    if found == ABI_VERSION { Ok(()) } else { Err(HandshakeError::AbiVersion { found }) }
}

/// Checks the third field, before the rest is read.
///
/// # Errors
/// When the header is shorter or longer than this version's.
pub fn check_header_size(found: u32) -> Result<(), HandshakeError> {
    let expected = size_of::<ModuleHeader>() as u32;
    if found == expected { Ok(()) } else { Err(HandshakeError::HeaderSize { found, expected }) }
}

fn check_pointer_width(found: u32) -> Result<(), HandshakeError> {
    let expected = usize::BITS;
    if found == expected { Ok(()) } else { Err(HandshakeError::PointerWidth { found, expected }) }
}

fn check_panic_strategy(found: u32) -> Result<(), HandshakeError> {
    if found == panic_strategy::UNWIND {
        Ok(())
    } else {
        Err(HandshakeError::PanicStrategy { found })
    }
}

fn check_vertex_size(found: u32) -> Result<(), HandshakeError> {
    let expected = size_of::<Vertex>() as u32;
    if found == expected { Ok(()) } else { Err(HandshakeError::VertexSize { found, expected }) }
}

/// Checks the size that the table itself gives. A longer table is a newer module: what this host
/// does not know is left alone (`ABI-2`).
///
/// # Errors
/// When functions that this host calls are absent.
pub fn check_table_size(found: u32) -> Result<(), HandshakeError> {
    if found >= MODULE_TABLE_SIZE_MIN { Ok(()) } else { Err(HandshakeError::TableSize { found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Slice;

    fn good() -> ModuleHeader {
        static NAME: [Slice<u8>; 1] = [Slice::EMPTY];
        ModuleHeader {
            magic: MAGIC,
            abi_version: ABI_VERSION,
            header_size: size_of::<ModuleHeader>() as u32,
            pointer_width: usize::BITS,
            panic_strategy: panic_strategy::UNWIND,
            vertex_size: size_of::<Vertex>() as u32,
            reserved: 0,
            build: Slice::EMPTY,
            views: Slice::new(&NAME),
            // Checked for null and nothing else.
            table: std::ptr::NonNull::dangling().as_ptr(),
        }
    }

    #[test]
    fn a_fitting_header_passes() {
        assert_eq!(check_all(&good()), Ok(()));
    }

    /// Everything, in the order in which a host reads it.
    fn check_all(header: &ModuleHeader) -> Result<(), HandshakeError> {
        check_magic(header.magic)?;
        check_abi_version(header.abi_version)?;
        check_header_size(header.header_size)?;
        check_header(header)
    }

    #[test]
    fn k09_each_axis_is_refused_with_a_message_of_its_own() {
        type Break = fn(&mut ModuleHeader);
        let table: [(Break, &str); 9] = [
            (|h| h.magic = *b"SOMEBODY", "not a Pitstop module"),
            (|h| h.abi_version = 1, "ABI version 1, this host speaks 2"),
            (|h| h.header_size -= 8, "header has 64 bytes, this host's has 72"),
            (|h| h.header_size += 8, "header has 80 bytes, this host's has 72"),
            (|h| h.pointer_width = 32, "32-bit pointers, this host has 64-bit"),
            (|h| h.panic_strategy = panic_strategy::ABORT, "panic = \"abort\""),
            (|h| h.vertex_size = 24, "vertices have 24 bytes, this host's have 20"),
            (|h| h.table = std::ptr::null(), "function table has 0 bytes"),
            (|h| h.views = Slice::EMPTY, "exports 0 views"),
        ];
        for (spoil, expected) in table {
            let mut header = good();
            spoil(&mut header);
            let message = check_all(&header).expect_err(expected).to_string();
            assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        }
    }

    #[test]
    fn k09_a_table_may_be_longer_but_not_shorter() {
        assert_eq!(check_table_size(MODULE_TABLE_SIZE_MIN), Ok(()));
        assert_eq!(check_table_size(MODULE_TABLE_SIZE_MIN + 8), Ok(()));
        let short = check_table_size(MODULE_TABLE_SIZE_MIN - 8);
        assert_eq!(short, Err(HandshakeError::TableSize { found: MODULE_TABLE_SIZE_MIN - 8 }));
    }
}
