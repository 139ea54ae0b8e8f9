//! What the operating system offers, each thing wrapped once.
//!
//! Owns: private directories, files that are replaced as a whole, the environment of started programs,
//! signal handlers, waits that can be cancelled, what the allocator keeps. Never: knows what it is used for.

pub(crate) mod allocator;
pub(crate) mod cancel;
pub mod child_env;
pub(crate) mod private_dir;
pub(crate) mod signals;
pub(crate) mod whole_file;
