//! A module driven through its function table by a host that is not there: what a real host does
//! with a loaded library, without library, thread and window.
//!
//! - [`driver`] is the host's side: a table of its own, and raw calls.
//! - [`shown`] is what it copies of a frame.
//! - [`script`] is the module: every test says what it draws.
//!
//! No files and no foreign code, so Miri can run these; it needs some minutes, for egui loads fonts.

mod driver;
mod faults;
mod input;
mod literals;
mod memory;
mod picture;
mod platform;
mod refusals;
mod script;
mod services;
mod shown;
