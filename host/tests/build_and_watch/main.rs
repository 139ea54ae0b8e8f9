//! The rooms `workspace`, `watch` and `build` against real packages, real saves and real cargo.

mod build;
mod project;
mod replay;
mod watch;
mod workspace;
