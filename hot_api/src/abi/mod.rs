//! What host and modules agree on byte for byte, without egui's types but in [`wire`].
//!
//! Owns: layouts, constants, the checks of a header, and the item streams. Consumes: bytes of the other
//! side. Never: allocation in the tables, trust in what came across.
//!
//! The rules are in the [crate documentation](crate) as `ABI-1` to `ABI-8`. Authors of modules name nothing in here.
//!
//! A host looks up [`HEADER_SYMBOL`] in a library, checks what it finds (see [`handshake`]), and calls through
//! [`ModuleTable`], which says of each function when, and on which thread. What it passes is lent for the call:
//!
//! ```
//! use hot_api::abi::Slice;
//!
//! let snapshot = vec![1_u8, 2, 3];
//! let lent = Slice::new(&snapshot);
//! // SAFETY: ABI-5: `snapshot` outlives the call that this stands for.
//! assert_eq!(unsafe { lent.elements() }, [1, 2, 3]);
//! ```

pub mod handshake;
pub mod mesh;
mod tables;
#[cfg(feature = "egui")]
pub mod wire;

pub use tables::*;
