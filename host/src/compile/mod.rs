//! From sources to a library that can be loaded.
//!
//! ```text
//! ChangeSet --cargo or replay--> Artifact --shadow--> ShadowCopy
//! ```
//!
//! Owns: the compiler's processes and the copies of what they made. Consumes: package names.
//! Produces: [`Built`] or [`BuildError`], both with diagnostics to show. Never: loads a library,
//! or decides whether to build.

mod artifact;
mod builder;
mod cargo;
mod dep_info;
mod diagnostic;
mod error;
mod first_build;
mod process;
mod program;
pub mod replay;
mod shadow;
mod shared_library;
mod stamp;
mod toolchain;
mod user_wrapper;

pub use crate::os::cancel::Cancel;
pub use artifact::Artifact;
pub use builder::{BuildConfig, Builder, Built, Progress};
pub use dep_info::DepInfo;
pub use error::BuildError;
pub use first_build::FirstBuild;
pub use program::{BuiltPrograms, build_host, build_programs, programs_command, workspace_command};
pub use replay::{DebugInfo, ReplayConfig, WrapperProgram};
pub use shadow::ShadowCopy;
pub use shared_library::SharedLibrary;
