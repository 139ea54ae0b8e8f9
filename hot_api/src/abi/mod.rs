//! What host and modules agree on byte for byte, without egui's types but in [`wire`].
//!
//! Owns: layouts, constants, the checks of a header, and the item streams. Consumes: bytes of the other
//! side. Never: allocation in the tables, trust in what came across.
//!
//! The rules are in the [crate documentation](crate) as `ABI-1` to `ABI-8`.

pub mod handshake;
pub mod mesh;
mod tables;
#[cfg(feature = "egui")]
pub mod wire;

pub use tables::*;
