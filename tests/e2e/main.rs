//! The acceptance behaviours, each as a test that carries its identifier: real cargo, real
//! libraries, real hosts.
#![cfg(unix)]

mod application;
mod boundary;
mod build;
mod busy;
mod checkpoint;
mod clean;
mod codec;
mod config;
mod containment;
mod eframe_app;
mod endurance;
mod fault;
mod http_service;
mod kept;
mod library;
mod literals;
mod memory;
mod migrate;
mod modules;
mod programs;
mod reload;
mod restart;
mod served;
mod services;
mod signals;
mod sources;
mod storm;
mod surroundings;
mod terminal;
mod threads;
mod trial;
mod versions;
mod window;
mod window_containment;
mod window_eframe;
mod window_services;

use pitstop_tests::host_process::RELOADED;

/// What a host says about a save that the compiler refuses.
const NOT_COMPILED: [&str; 3] = ["change", "build_started", "build_failed"];
/// About one that leads to the library that runs already.
const UNCHANGED: [&str; 4] = ["change", "build_started", "build_finished", "no_change"];
/// About one whose library is refused before it is ever shown.
const REJECTED: [&str; 4] = ["change", "build_started", "build_finished", "rejected"];
