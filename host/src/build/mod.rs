//! From sources to a library that can be loaded.
//!
//! ```text
//! ChangeSet --cargo--> Artifact --shadow--> ShadowCopy
//! ```
//!
//! Owns: the compiler's processes and the copies of what they made. Consumes: package names.
//! Produces: [`Built`] or [`BuildError`], both with diagnostics to show. Never: loads a library,
//! or decides whether to build.

mod artifact;
mod cancel;
mod cargo;
mod dep_info;
mod diagnostic;
mod error;
mod lock_file;
mod process;
mod shadow;

pub use artifact::Artifact;
pub use cancel::Cancel;
pub use cargo::{BuildConfig, Builder, Built, Progress};
pub use dep_info::DepInfo;
pub use error::BuildError;
pub use shadow::ShadowCopy;
