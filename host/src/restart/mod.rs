//! The host in place of itself: built, tried, and started in the same process id when its own sources change.
//!
//! Owns: the copies of executables below `target/pitstop/hosts` and the file that names them, what one process
//! tells the next, and the call that replaces this process. Consumes: orders of the engine
//! ([`NextHost`](crate::engine::NextHost)). Produces: reports for it. Never: decides that the host starts anew; the
//! engine does.
//!
//! Theory of operation: a new host is worth starting once it has shown, in a process of its own and without a
//! window, that it loads the modules, takes their newest checkpoints and draws. Then the engine ends as it always
//! does, and `main` replaces the process by `exec`: process id, terminal, standard streams and supervisor stay. What
//! is in no checkpoint goes through [`Carried`]. A host that crashes twice soon after it has taken over gives way to
//! the one before ([`Executables`]).

mod carried;
mod executables;
mod maker;
mod replace;
mod trial;

pub use carried::Carried;
pub use executables::{AfterCrash, Executables};
pub use maker::HostMaker;
pub use replace::{NotReplaced, replace};
pub use trial::intercept;
