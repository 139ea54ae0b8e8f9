//! The signals that end the host.
//!
//! Owns: the handlers of SIGINT, SIGTERM and SIGHUP. Consumes: what to do at the first of them.
//! Produces: an end of the process in every case. Never: waits in the handler's thread, since it has
//! to hear the next signal.
//!
//! Handlers belong to the process, so a module that installs one takes Ctrl+C away from the host; and
//! the handler is code that is gone once the module is. So whoever has called into a module that may
//! have done so calls [`take_back`].
#![cfg_attr(
    unix,
    expect(unsafe_code, reason = "dispositions of signals are read and written through libc")
)]

use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a host that was ended by a second signal.
const FORCED: i32 = 130;

/// The first signal calls `stop`, on a thread of its own; a second one ends the process at once,
/// whatever the rest of it does. So does the first one while nothing is running.
///
/// # Errors
/// When the handlers cannot be installed.
pub(crate) fn install(
    stop: impl Fn() + Clone + Send + 'static,
    is_running: impl Fn() -> bool + Send + 'static,
) -> Result<(), ctrlc::Error> {
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        let first = !asked.swap(true, Ordering::AcqRel);
        if !first || !is_running() {
            exit_now();
        }
        let stop = stop.clone();
        let stopping = std::thread::Builder::new().name("pitstop-stop".to_owned());
        // Without a thread nothing can be stopped in order.
        if stopping.spawn(stop).is_err() {
            exit_now();
        }
    })?;
    unix::remember();
    Ok(())
}

/// Ends the process without running anything of it: what else there is may be stuck, or hold a lock.
fn exit_now() -> ! {
    #[cfg(unix)]
    // SAFETY: always allowed; it does not return.
    unsafe {
        libc::_exit(FORCED)
    }
    #[cfg(not(unix))]
    #[expect(clippy::disallowed_methods, reason = "asked twice, or before anything runs")]
    std::process::exit(FORCED)
}

#[cfg(not(unix))]
use not_unix as unix;
pub(crate) use unix::take_back;

/// What to tell the user about the signals that were taken back from `module`, if any were since the
/// last call.
pub(crate) fn report(module: &str) -> Option<String> {
    let signals = unix::taken();
    (!signals.is_empty()).then(|| {
        format!(
            "{module} installed a handler for {}; the host has taken it back, since Ctrl+C ends the \
             host and a handler must not outlive the module: let `Drop` of the module do what the \
             handler was to do",
            signals.join(", ")
        )
    })
}

#[cfg(unix)]
mod unix {
    use parking_lot::Mutex;
    use std::mem::MaybeUninit;

    const NAMES: [(libc::c_int, &str); 3] =
        [(libc::SIGINT, "SIGINT"), (libc::SIGTERM, "SIGTERM"), (libc::SIGHUP, "SIGHUP")];

    struct Handlers {
        /// The host's own; none before [`remember`].
        ours: Option<[libc::sigaction; NAMES.len()]>,
        /// Signals that were taken back and not yet reported.
        taken: Vec<&'static str>,
    }

    static HANDLERS: Mutex<Handlers> = Mutex::new(Handlers { ours: None, taken: Vec::new() });

    /// Notes the handlers of now as the host's.
    pub(super) fn remember() {
        HANDLERS.lock().ours = Some(NAMES.map(|(signal, _)| current(signal)));
    }

    /// Installs the host's handlers again where a module has installed others. Any thread.
    pub(crate) fn take_back() {
        let mut handlers = HANDLERS.lock();
        let Some(ours) = handlers.ours else { return };
        for ((signal, name), ours) in NAMES.into_iter().zip(ours) {
            if current(signal).sa_sigaction != ours.sa_sigaction {
                // SAFETY: `ours` was read from the system, and its handler is the host's own code.
                unsafe { libc::sigaction(signal, &raw const ours, std::ptr::null_mut()) };
                handlers.taken.push(name);
            }
        }
    }

    /// The signals that were taken back since the last call.
    pub(super) fn taken() -> Vec<&'static str> {
        std::mem::take(&mut HANDLERS.lock().taken)
    }

    fn current(signal: libc::c_int) -> libc::sigaction {
        let mut found = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: with a null action the system only writes to `found`; zeros are a value of it, in
        // case the system refuses.
        unsafe {
            libc::sigaction(signal, std::ptr::null(), found.as_mut_ptr());
            found.assume_init()
        }
    }
}

/// Handlers of a console are kept in a list, from which no module removes the host's (untested).
#[cfg(not(unix))]
mod not_unix {
    pub(super) fn remember() {}
    pub(crate) fn take_back() {}
    pub(super) fn taken() -> Vec<&'static str> {
        Vec::new()
    }
}
