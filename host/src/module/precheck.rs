//! Whether a file is worth handing to the loader.
//!
//! The system's loader trusts what it maps: a library that lost its end kills the process with
//! `SIGBUS` on the first touch of a page that is not there. So the file's own tables are compared
//! with its length first.

use object::read::elf::ProgramHeader as _;
use object::read::{ReadCache, ReadRef};
use object::{Architecture, Endianness, FileKind, Object as _};
use std::path::{Path, PathBuf};

/// Why a file was not handed to the loader.
#[derive(Debug, thiserror::Error)]
pub enum PrecheckError {
    /// It cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It has no bytes.
    #[error("{}: the file is empty; the linker has not written it, or the disk is full", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// It is not in a library format.
    #[error("{}: not a dynamic library ({reason})", path.display())]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Its tables point past its end.
    #[error(
        "{}: the file is cut short: it has {length} bytes and its tables speak of {needed}",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes it has.
        length: u64,
        /// Bytes it should have.
        needed: u64,
    },
    /// It is for another processor.
    #[error("{}: built for {found:?}, this host runs on {expected}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// Its processor.
        found: Architecture,
        /// Ours, as Rust names it.
        expected: &'static str,
    },
}

/// Reads `path` and checks kind, completeness and processor.
///
/// # Errors
/// One variant for each way in which it cannot be a loadable library.
pub(super) fn precheck(path: &Path) -> Result<(), PrecheckError> {
    let path_buf = || path.to_path_buf();
    let unreadable = |source| PrecheckError::Unreadable { path: path_buf(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length == 0 {
        return Err(PrecheckError::Empty { path: path_buf() });
    }
    // A library can be large; only its tables are of interest.
    let bytes = &ReadCache::new(file);
    let not_a_library = |reason: String| PrecheckError::NotALibrary { path: path_buf(), reason };
    let kind = FileKind::parse(bytes).map_err(|error| not_a_library(error.to_string()))?;
    let needed = match kind {
        FileKind::Elf64 => elf_extent::<object::elf::FileHeader64<Endianness>>(bytes, length),
        FileKind::Elf32 => elf_extent::<object::elf::FileHeader32<Endianness>>(bytes, length),
        FileKind::MachO64 | FileKind::MachOFat64 | FileKind::Pe64 | FileKind::Pe32 => Ok(0),
        other => return Err(not_a_library(format!("a {other:?} file"))),
    };
    match needed {
        Ok(needed) if needed > length => {
            return Err(PrecheckError::Truncated { path: path_buf(), length, needed });
        }
        Ok(_) => {}
        Err(error) => return Err(not_a_library(error.to_string())),
    }
    let file = object::File::parse(bytes).map_err(|error| not_a_library(error.to_string()))?;
    match expected_architecture() {
        Some(expected) if file.architecture() != expected => Err(PrecheckError::Architecture {
            path: path_buf(),
            found: file.architecture(),
            expected: std::env::consts::ARCH,
        }),
        // The tables that name the symbols are written last. The loader would follow their zeros.
        _ if file.dynamic_symbols().next().is_none() => Err(not_a_library(
            "it names no symbols: its linker has not written it to the end".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The end of the furthest thing that the file's tables speak of.
fn elf_extent<'data, Elf: object::read::elf::FileHeader<Endian = Endianness>>(
    bytes: impl ReadRef<'data>,
    length: u64,
) -> object::read::Result<u64> {
    let header = Elf::parse(bytes)?;
    let endian = header.endian()?;
    let table_end =
        |offset: u64, count: u64, entry: u64| offset.saturating_add(count.saturating_mul(entry));
    let sections = table_end(
        header.e_shoff(endian).into(),
        header.e_shnum(endian).into(),
        header.e_shentsize(endian).into(),
    );
    let segments = table_end(
        header.e_phoff(endian).into(),
        header.e_phnum(endian).into(),
        header.e_phentsize(endian).into(),
    );
    let mut needed = sections.max(segments);
    if needed > length {
        return Ok(needed);
    }
    for segment in header.program_headers(endian, bytes)? {
        let (offset, size) = segment.file_range(endian);
        needed = needed.max(offset.saturating_add(size));
    }
    Ok(needed)
}

fn expected_architecture() -> Option<Architecture> {
    Some(match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "x86" => Architecture::I386,
        "riscv64" => Architecture::Riscv64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
