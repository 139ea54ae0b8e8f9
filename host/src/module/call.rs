//! What goes into a call and what can come out instead of a result.

use crate::journal::event::{Event, FaultSite, fault_text};
use crate::os::cancel::{Cancel, Never};
use crossbeam_channel::Receiver;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Everything that goes into one frame, as bytes the host need not understand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputPacket {
    /// Bits of [`hot_api::abi::input_flag`].
    pub flags: u32,
    /// Seconds on the host's clock, never going back.
    pub time: f64,
    /// Expected seconds to the next frame.
    pub predicted_dt: f32,
    /// Physical pixels per point of the window, with the window's zoom.
    pub native_pixels_per_point: f32,
    /// Size of the view in physical pixels.
    pub size_px: [f32; 2],
    /// Largest texture side the host can use.
    pub max_texture_side: u32,
    /// A stream of `hot_api::abi::wire::InputItem`s: what happened. Streams may be joined end to end.
    pub items: Vec<u8>,
    /// A stream that says how things stand (pointer, modifiers, window), for a generation that has
    /// not seen how they came to be so.
    pub standing: Vec<u8>,
}

impl Default for InputPacket {
    /// A window of 1280×720 pixels with nothing going on: what a module sees with no window.
    fn default() -> Self {
        Self {
            flags: hot_api::abi::input_flag::FOCUSED,
            time: 0.0,
            predicted_dt: 1.0 / 60.0,
            native_pixels_per_point: 1.0,
            size_px: [1280.0, 720.0],
            max_texture_side: 8192,
            items: Vec::new(),
            standing: Vec::new(),
        }
    }
}

impl InputPacket {
    /// The same with one more bit of [`hot_api::abi::input_flag`], if `set`.
    #[must_use]
    pub fn with_flag(mut self, set: bool, bit: u32) -> Self {
        if set {
            self.flags |= bit;
        }
        self
    }
}

/// How long a caller waits for a call, and what makes it give up sooner.
#[derive(Clone, Debug)]
pub struct CallLimit {
    /// The longest wait.
    pub time: Duration,
    /// Disconnects when nobody needs the result any more.
    pub(super) stop: Option<Receiver<Never>>,
}

impl CallLimit {
    /// Waits for `time`, or until `stop` is used.
    #[must_use]
    pub fn unless(time: Duration, stop: &Cancel) -> Self {
        Self { time, stop: Some(stop.signal().clone()) }
    }

    /// The same with another time.
    #[must_use]
    pub fn with_time(&self, time: Duration) -> Self {
        Self { time, stop: self.stop.clone() }
    }
}

impl From<&Self> for CallLimit {
    fn from(limit: &Self) -> Self {
        limit.clone()
    }
}

impl From<Duration> for CallLimit {
    fn from(time: Duration) -> Self {
        Self { time, stop: None }
    }
}

/// Code of a module panicked, and the panic was contained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which function of the author.
    pub site: FaultSite,
    /// The panic's message.
    pub message: String,
    /// `file:line:column`.
    pub location: String,
    /// The author's frames.
    pub backtrace: String,
}

impl Fault {
    /// For the journal. `runs_on` when what draws is not concerned.
    pub(crate) fn into_event(self, runs_on: bool) -> Event {
        let Self { site, message, location, backtrace } = self;
        Event::Fault { r#where: site, message, location, backtrace, runs_on }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&fault_text(&self.message, &self.location, &self.backtrace))
    }
}

/// Why a call gave no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CallError {
    /// The module panicked.
    #[error("{}", .0.message)]
    Fault(Box<Fault>),
    /// The module said no, or what it returned cannot be used.
    #[error("{0}")]
    Refused(String),
    /// The call, or an earlier one, has not returned within its limit.
    #[error("the module has not returned from {site:?} for {limit:?}")]
    Overdue {
        /// Which call.
        site: FaultSite,
        /// The limit that passed.
        limit: Duration,
    },
    /// The host ends before the call has returned.
    #[error("the host ends; the module has not returned from {site:?}")]
    Stopped {
        /// Which call.
        site: FaultSite,
    },
    /// The module thread has ended.
    #[error("the module thread has ended")]
    Gone,
}

impl CallError {
    /// Whether the call is still out: nothing is known of the code or of what it was given.
    #[must_use]
    pub fn is_out(&self) -> bool {
        matches!(self, Self::Overdue { .. } | Self::Stopped { .. })
    }
}
