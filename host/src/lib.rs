//! The stable half of Pitstop: it stays while the code it shows is exchanged.
//!
//! The library has no window. It watches sources, builds modules, loads them, keeps their state
//! alive through swaps, and tells everybody what happened; feature `shell` adds the window, and the
//! same engine runs without it. Rooms in reading order; each hands its neighbour one noun:
//!
//! ```text
//! sources --ChangeSet--> engine --Request--> compile --ShadowCopy--> module --Candidate--> slot --Picture--> shell
//!                           '--- Event --> journal --> control, start
//! ```
//!
//! - [`start`] goes from settings to a running host.
//! - [`journal`] is the closed list of everything that can happen, the record of what has happened, and
//!   the board that sums it up.
//! - [`sources`] and [`compile`] go from a saved file to a library.
//! - [`module`] and [`slot`] go from a library to running code.
//! - [`engine`] decides.
//! - [`persist`] keeps states and what is known about crashes on disk.
//! - [`literals`], [`control`] and `shell` use the engine, which knows none of them.
//! - [`supervise`] runs programs beside the host: it builds, starts and restarts them.
//! - [`trial`] tries new code in a process of its own before it is loaded.
//! - [`restart`] builds and tries the host itself when its sources change, and replaces the process.
//! - [`os`] wraps what the operating system offers.

pub mod compile;
pub mod control;
pub mod engine;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod journal;
pub mod literals;
pub mod module;
pub mod os;
pub mod persist;
pub mod restart;
#[cfg(feature = "shell")]
pub mod shell;
pub mod slot;
pub mod sources;
pub mod start;
pub mod supervise;
pub mod trial;

/// The version of the contract that this host speaks.
pub use hot_api::VERSION as HOT_API_VERSION;
