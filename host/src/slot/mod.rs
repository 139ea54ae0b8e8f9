//! The exchange of generations, and what the window holds of each module.
//!
//! Owns: [`Slot`]s (one for each module, with its running generation), the [`Registry`] of them,
//! and the typed steps of a swap. Consumes: shadow copies and input. Produces: pictures for the
//! window and [`SlotEvent`]s for the engine. Never: builds, draws, or decides when to swap.
//!
//! Theory of operation: a [`Candidate`] is loaded while the old generation draws on. At the frame
//! boundary ([`Gate`]) the old state is captured, and the candidate becomes [`Restored`] and then
//! [`Proven`] by two hidden passes. Only then is it committed to its [`Slot`]; the old generation
//! stays behind it, untouched, until the new one has been shown for [`PROBATION_FRAMES`].

mod active;
mod candidate;
mod capture;
mod carried;
mod dirty;
mod earlier;
mod events;
mod exchange;
mod gate;
mod instances;
mod outbox;
mod registry;
mod services;
#[expect(clippy::module_inception, reason = "the room is about this one type")]
mod slot;
mod strays;

pub use active::Active;
pub use candidate::{Candidate, Proven, Rejection, Restored, state_limit};
pub use capture::Captured;
pub use carried::Carried;
pub use events::{FrameResult, HoldReason, PendingCommit, ShownView, SlotEvent};
pub use exchange::{SwapTurn, TakenBack, Unshown};
pub use gate::{Gate, Turn};
pub use registry::{Registry, WhichModule};
pub use services::StartedServices;
pub use slot::{PROBATION_FRAMES, Slot};
