//! New code of a module, tried in a process of its own before anything of it runs in the host.
//!
//! Owns: the process that waits for code, what the two processes tell each other, and the verdict. Consumes: library
//! copies, and the state that the running code has now. Produces: [`TrialEnd`](crate::engine::TrialEnd)s. Never: decides
//! whether code is tried, or believes what the process says of its own end.
//!
//! Theory of operation: a process of the host's own executable is started in advance, limited and confined before it
//! has a second thread, and waits. It gets a library and a state, and does with them what the host would do: load,
//! restore, draw every view, capture, drop. Before each step it tells which one comes, so that whoever started it knows
//! where it has ended or hangs. It does one trial, and the next process is started at once.
//!
//! Reading order: `module_run.rs` is what is done with a module, `wire.rs` what the processes tell each other,
//! `child.rs` is the process, `process.rs` whoever started it, `verdict.rs` what its end means, and `processes.rs` is
//! what the engine has of all that.

mod child;
mod module_run;
mod output;
mod process;
mod processes;
mod verdict;
mod wire;

pub use child::main;
pub use module_run::{Broken, ModuleRun, Step};
pub use processes::TrialProcesses;
