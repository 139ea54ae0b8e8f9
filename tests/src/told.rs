//! What the journal of a host says about its reloads.

use crate::HostProcess;
use crate::host_process::RELOADED;
use anyhow::Context as _;
use host::journal::event::{Event, StagesMicros, StateReport};

/// One reload.
#[derive(Clone, Debug)]
pub struct Told {
    /// From the first file event to the first frame of the new code, in microseconds.
    pub total_us: u64,
    /// Where that time went.
    pub stages: StagesMicros,
    /// For how long the window showed its last picture, in microseconds.
    pub ui_stall_us: u64,
    /// What was carried over.
    pub state: StateReport,
}

impl Told {
    /// Makes a change and waits for the code that it leads to.
    ///
    /// # Panics
    /// When the host makes anything else of it.
    ///
    /// # Errors
    /// When the journal lacks the commit that was waited for.
    #[track_caller]
    pub fn after(host: &mut HostProcess, edit: impl FnOnce()) -> anyhow::Result<Self> {
        host.check(edit, &RELOADED);
        Self::all(host).pop().context("the host says nothing of its reload")
    }

    /// All reloads so far, in order; the first load is the first of them.
    #[track_caller]
    pub fn all(host: &mut HostProcess) -> Vec<Self> {
        let entries = host.journal().iter();
        let told = entries.filter_map(|entry| match &entry.event {
            Event::Committed { total_us, stages_us, ui_stall_us, state, .. } => Some(Self {
                total_us: *total_us,
                stages: *stages_us,
                ui_stall_us: *ui_stall_us,
                state: state.clone(),
            }),
            _ => None,
        });
        told.collect()
    }
}
