//! Catches panics at the boundary (`ABI-3`) and keeps their text.
//!
//! Owns: the module's panic hook. Produces: reports through [`Host::fault`]. Never: lets an unwind
//! pass.
//!
//! The module has its own copy of std, hence its own hook. The text of a panic is only known to
//! the hook and the fact that it was caught only to `catch_unwind`; a static slot joins the two. It
//! is a mutex and not a thread-local, because a thread-local with a destructor would pin the
//! library on the thread that paints.

use crate::abi::code;
use crate::host::{Host, LogLevel};
use crate::lock::lock;
use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Mutex;

struct FaultText {
    message: String,
    location: String,
    backtrace: String,
}

static LAST_FAULT: Mutex<Option<FaultText>> = Mutex::new(None);
static HOST: Mutex<Option<Host>> = Mutex::new(None);

thread_local! {
    /// Whether this thread is inside [`guard`]. Without a destructor, so it pins nothing.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Installs the hook. One instance lives in one library, so there is one host.
pub(super) fn install(host: Host) {
    *lock(&HOST) = Some(host);
    std::panic::set_hook(Box::new(on_panic));
}

/// Removes the hook; panics from here on print to stderr as usual.
pub(super) fn uninstall() {
    drop(std::panic::take_hook());
    *lock(&HOST) = None;
}

/// The host of the code that calls this, on any thread: for code that is not handed one, such as that of an eframe
/// application. `None` where the application runs by itself, and before and after the life of the module.
///
/// ```
/// fn title() -> String {
///     match hot_api::current_host() {
///         Some(host) => format!("My tool (generation {})", host.generation()),
///         None => "My tool".to_owned(),
///     }
/// }
///
/// assert_eq!(title(), "My tool"); // nobody has loaded this as a module
/// ```
#[must_use]
pub fn current_host() -> Option<Host> {
    *lock(&HOST)
}

/// A warning for the log of the host that there is.
pub(super) fn warn(text: &str) {
    if let Some(host) = current_host() {
        host.log(LogLevel::Warn, text);
    }
}

fn on_panic(info: &PanicHookInfo<'_>) {
    let text = FaultText {
        message: info
            .payload_as_str()
            .unwrap_or("a panic with a payload that is no text")
            .to_owned(),
        location: info.location().map(ToString::to_string).unwrap_or_default(),
        backtrace: trim(&Backtrace::force_capture().to_string()),
    };
    if GUARDED.get() {
        *lock(&LAST_FAULT) = Some(text);
    } else if let Some(host) = *lock(&HOST) {
        // A thread that the module started: nobody catches this one for it.
        host.fault(&text.message, &text.location, &text.backtrace);
    }
}

/// Where the last panic inside [`guard`] happened, for one that was caught further inside: its
/// location and backtrace.
pub(super) fn last_panic_site() -> (String, String) {
    let text = lock(&LAST_FAULT).take();
    text.map_or_else(Default::default, |text| (text.location, text.backtrace))
}

/// Keeps the frames between the panic machinery and the boundary: the author's code.
fn trim(backtrace: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    let mut frame = String::new();
    let is_frame_start = |line: &str| {
        line.trim_start().split_once(": ").is_some_and(|(number, _)| number.parse::<u32>().is_ok())
    };
    for line in backtrace.lines().chain(["0: end"]) {
        if is_frame_start(line) && !frame.is_empty() {
            if frame.contains("runner::guard::guard") {
                break;
            }
            let machinery = frame.contains("rust_begin_unwind")
                || frame.contains("core::panicking::")
                || frame.contains("core::result::unwrap_failed")
                || frame.contains("core::option::");
            if inside && !machinery {
                kept.push_str(&frame);
            }
            inside |= machinery;
            frame.clear();
        }
        frame.push_str(line);
        frame.push('\n');
    }
    if kept.is_empty() { backtrace.to_owned() } else { kept }
}

/// Drops what a panic has carried: the module's own value, which may panic in turn. Whether it has not.
pub(crate) fn drop_payload(payload: Box<dyn Any + Send>) -> bool {
    let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) else { return true };
    // Dropping this one may panic once more, without end, so it is never dropped.
    let _ = ManuallyDrop::new(next);
    false
}

/// Runs `call`; a panic in it is reported to `host` and becomes [`code::FAULT`].
#[inline(never)]
pub(super) fn guard(host: Host, call: impl FnOnce() -> i32) -> i32 {
    // A destructor is guarded while another panic unwinds, whose text is still to be reported.
    let unwinding = lock(&LAST_FAULT).take();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    let code = result.unwrap_or_else(|payload| {
        let text = lock(&LAST_FAULT).take();
        match text {
            Some(text) => host.fault(&text.message, &text.location, &text.backtrace),
            None => host.fault("a panic without a message", "", ""),
        }
        if !drop_payload(payload) {
            host.fault("a panic payload panicked when it was dropped", "", "");
        }
        code::FAULT
    });
    GUARDED.set(outer);
    *lock(&LAST_FAULT) = unwinding;
    code
}

#[cfg(test)]
mod tests {
    use super::trim;

    #[test]
    fn only_the_frames_of_the_author_are_kept() {
        let full = "   0: std::backtrace::Backtrace::force_capture\n             at /rustc/x.rs:1\n   \
                    1: rust_begin_unwind\n   2: core::panicking::panic_fmt\n             at /rustc/p.rs:2\n   \
                    3: app::helper\n             at src/lib.rs:7:9\n   4: app::ui\n   \
                    5: hot_api::runner::guard::guard\n   6: hot_api::runner::ffi::frame\n";
        let kept = trim(full);
        assert!(kept.contains("3: app::helper") && kept.contains("src/lib.rs:7:9"), "{kept}");
        assert!(kept.contains("4: app::ui"), "{kept}");
        assert!(!kept.contains("guard") && !kept.contains("panicking"), "{kept}");
    }

    #[test]
    fn a_backtrace_of_another_form_is_kept_whole() {
        assert_eq!(trim("disabled backtrace"), "disabled backtrace");
    }
}
