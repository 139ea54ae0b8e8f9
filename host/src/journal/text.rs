//! What each event is called in plain words.
//!
//! Owns: the wording, and what of an event is worth one line. Consumes: events. Produces: text.
//! Never: I/O.

use crate::journal::board::LastExit;
use crate::journal::event::{
    AfterEnd, BuildWay, Diagnostic, DiagnosticLevel, Event, FailureKind, FaultSite, NoChange,
    Session, StagesMicros, StartReason, StateReport, Trigger, WaitsFor,
};
use std::path::PathBuf;

/// An event in words, behind the name of the program that it is about.
#[must_use]
pub fn said(event: &Event) -> String {
    let words = of(event);
    event.program().map_or(words.clone(), |program| format!("{program}: {words}"))
}

/// How many file names one line shows.
const FILES_SHOWN_MAX: usize = 3;

pub(crate) fn of(event: &Event) -> String {
    match event {
        Event::Started { pid, version, headless, reason } => {
            let how = if *headless { ", headless" } else { "" };
            format!("Pitstop {version} {} (pid {pid}{how})", started(*reason))
        }
        Event::Change { files, trigger } => change(files, *trigger),
        Event::NoChange { reason: NoChange::SameContent } => {
            "no change: the files say what the running code was built from".to_owned()
        }
        Event::NoChange { reason: NoChange::SameArtifact } => {
            "no change: the build gave the library that already runs".to_owned()
        }
        Event::NoChange { reason: NoChange::NotAsked } => {
            "no change: nothing was saved since the running code was chosen".to_owned()
        }
        Event::Literals { values, total_us, .. } => {
            let literals = if *values == 1 { "literal" } else { "literals" };
            format!("{values} {literals} taken over in {} ms, nothing compiled", total_us / 1_000)
        }
        Event::BuildStarted { way: Some(BuildWay::Cargo), .. } => "building with cargo".to_owned(),
        Event::BuildStarted { .. } => "building".to_owned(),
        Event::BuildProgress { done, total: 0, unit } => format!("built {done} {unit}"),
        Event::BuildProgress { done, total, unit } => format!("built {done}/{total} {unit}"),
        Event::BuildFailed { diagnostics, targets, command, .. } if !targets.is_empty() => format!(
            "the build failed: {}; what runs, runs on; to see all of it: {command}",
            first_of(diagnostics)
        ),
        Event::BuildFailed { ms, diagnostics, .. } => {
            format!("build failed in {ms} ms: {}", first_of(diagnostics))
        }
        Event::TrialPassed { ms, targets } if targets.is_empty() => {
            format!("the new code has restored the state and drawn in a trial of {ms} ms")
        }
        Event::TrialFailed { stage, reason, targets, .. } if targets.is_empty() => {
            format!("its trial failed at {stage}: {}", first_line(reason))
        }
        Event::TrialPassed { ms, .. } => {
            format!("the new one has restored the state and drawn a frame in {ms} ms")
        }
        Event::TrialFailed { stage, reason, signal, .. } => {
            let by = signal.map_or_else(String::new, |signal| format!(" (signal: {signal})"));
            let reason = first_line(reason);
            format!("the new one failed at {stage}: {reason}{by}; the running one stays")
        }
        Event::BuildFinished { ms, bytes, .. } => format!("built in {ms} ms ({})", size(*bytes)),
        Event::Committed { total_us, stages_us, state, .. } => {
            let ms = total_us / 1_000;
            format!("committed in {ms} ms ({}){}", stages(stages_us), state_words(state))
        }
        Event::Rejected { stage, reason, .. } => {
            format!("rejected at {stage}: {}; the old code runs on", first_line(reason))
        }
        Event::Fault { r#where, message, location, .. } => {
            format!("fault in {} at {location}: {}", site(*r#where), first_line(message))
        }
        Event::Resolved { failure } => format!("no longer failed ({})", failure_word(*failure)),
        Event::Kept { generations, .. } if generations.is_empty() => {
            "no generation can be gone back to".to_owned()
        }
        Event::Kept { generations, .. } => {
            let generations: Vec<String> = generations.iter().map(ToString::to_string).collect();
            format!("{} can be gone back to", generations.join(", "))
        }
        Event::AutoReload { on: true } => "saved files are built at once".to_owned(),
        Event::AutoReload { on: false } => "saved files wait for an order".to_owned(),
        Event::Waiting { changes: 0 } => "no saved file waits".to_owned(),
        Event::Waiting { changes: 1 } => "1 saved file waits for an order".to_owned(),
        Event::Waiting { changes } => format!("{changes} saved files wait for an order"),
        Event::RolledBack { to, reason, .. } => format!("back to {to}: {}", first_line(reason)),
        Event::Retired { unmapped: true, .. } => "retired and unmapped".to_owned(),
        Event::Retired { why_not, .. } => {
            let why = why_not.as_deref().map_or("no reason given", first_line);
            format!("retired, but still mapped: {why}")
        }
        Event::Checkpoint { bytes, ms } => format!("checkpoint of {} in {ms} ms", size(*bytes)),
        Event::Restored { from, age_ms, state } => {
            format!("state restored from a {from} {age_ms} ms old{}", state_words(state))
        }
        Event::RestartPending { reason, busy, files, by_hand } => {
            let wait = match (by_hand, busy) {
                (true, _) => "; end the host and start it again",
                (false, true) => ", waiting for work in progress",
                (false, false) => "",
            };
            let files =
                if files.is_empty() { String::new() } else { format!(" ({})", names(files)) };
            format!("restart pending: {}{files}{wait}", first_line(reason))
        }
        Event::Busy { name } => format!("busy: {name}"),
        Event::Idle { name } => format!("no longer busy: {name}"),
        Event::Deferred { busy } => format!("the new code waits for {}", busy.join(", ")),
        Event::Restarting { reason, .. } => format!("restarting: {}", first_line(reason)),
        Event::ConfigLoaded { files, .. } if files.is_empty() => {
            "there is no configuration file".to_owned()
        }
        Event::ConfigLoaded { files, .. } => format!("configuration read: {}", names(files)),
        Event::ConfigChanged { files } => format!("config change detected: {}", names(files)),
        Event::ConfigReloaded { files, .. } => format!("config reloaded: {}", names(files)),
        Event::ConfigFailed { message } => format!("reload failed: {}", first_line(message)),
        Event::ServiceStarting { name } => format!("service {name} starts"),
        Event::ServiceStarted { name, ms } => format!("service {name} started in {ms} ms"),
        Event::ServiceStopping { name } => format!("service {name} is asked to stop"),
        Event::ServiceStopped { name, ms, forced: true, .. } => format!(
            "service {name} has not stopped within {ms} ms; it runs on, and its code stays loaded"
        ),
        Event::ServiceStopped { name, error: Some(error), .. } => {
            format!("service {name} has failed: {}", first_line(error))
        }
        Event::ServiceStopped { name, ms, .. } => format!("service {name} stopped after {ms} ms"),
        Event::ServicesStopped {} => "all services stopped".to_owned(),
        Event::ServicesStarted { count, names, inactive } => {
            let which =
                if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            let left_out = match inactive.as_slice() {
                [] => String::new(),
                inactive => format!("; inactive: {}", inactive.join(", ")),
            };
            format!("services started: {count}{which}{left_out}")
        }
        Event::ServicesFailed { message } => {
            format!("services not started: {}", first_line(message))
        }
        Event::ProcessWaiting { waits_for: WaitsFor::Start, .. } => "does not run".to_owned(),
        Event::ProcessWaiting { build, .. } => {
            format!("waits for its first successful build: {build}")
        }
        Event::ProcessStarted { pid, .. } => format!("started (pid {pid})"),
        Event::ProcessNotStarted { reason, .. } => reason.clone(),
        Event::ProcessStopping { pid, signal, after_ms: None, .. } => {
            format!("{signal} to pid {pid}")
        }
        Event::ProcessStopping { pid, after_ms: Some(ms), .. } => {
            format!("pid {pid} has not ended within {ms} ms and is killed")
        }
        Event::ProcessStopped { pid, code, signal, next, .. } => {
            let how = LastExit { code: *code, signal: *signal, forced: false };
            match next {
                Some(next) => format!("ended by itself ({how}); {}", what_follows(*next)),
                None => format!("pid {pid} has ended ({how})"),
            }
        }
        Event::Missed { count } => format!("{count} events were lost: the reader is too slow"),
        Event::Notice { message } => first_line(message).to_owned(),
        Event::Stopped { reason, session } => {
            let session = session.map_or_else(String::new, |session| session_words(&session));
            format!("stopped: {}{session}", first_line(reason))
        }
    }
}

/// What there is to say of a session; nothing when nothing has happened.
fn session_words(session: &Session) -> String {
    let Session { ms, commits, literals, failed_builds, rejected, faults } = *session;
    let counted = |count: u64, one: &str, several: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {several}")),
    };
    let parts = [
        counted(commits, "time new code", "times new code"),
        counted(literals, "change of literals", "changes of literals"),
        counted(failed_builds, "failed build", "failed builds"),
        counted(rejected, "refusal", "refusals"),
        counted(faults, "fault", "faults"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return String::new();
    }
    let seconds = ms / 1_000;
    let time = match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    };
    format!("; in {time}: {}", parts.join(", "))
}

fn what_follows(next: AfterEnd) -> &'static str {
    match next {
        AfterEnd::Waits => "it starts again after the next successful build",
        AfterEnd::StartsAgain => "it is started again",
        AfterEnd::GivenUp => {
            "that was too often within a minute; it starts again after the next successful build"
        }
    }
}

fn started(reason: StartReason) -> &'static str {
    match reason {
        StartReason::Start => "started",
        StartReason::CodeChange => "started again with its new code",
        StartReason::Crash => "started again after a crash",
        StartReason::Command => "started again as asked",
        StartReason::Resources => "started again to have its resources back",
    }
}

fn change(files: &[PathBuf], trigger: Trigger) -> String {
    match (trigger, files) {
        (Trigger::Save, []) => "saved".to_owned(),
        (Trigger::Save, files) => format!("saved {}", names(files)),
        (Trigger::Hotkey, _) => "reload asked for by Ctrl+Alt+R".to_owned(),
        (Trigger::Button, _) => "reload asked for by the button".to_owned(),
        (Trigger::Command, _) => "reload asked for by a command".to_owned(),
        (Trigger::Start, _) => "first load".to_owned(),
    }
}

fn names(files: &[PathBuf]) -> String {
    let shown: Vec<String> =
        files.iter().take(FILES_SHOWN_MAX).map(|file| file.display().to_string()).collect();
    let more = files.len().saturating_sub(FILES_SHOWN_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.join(", ") + &more
}

/// The first error, where it is, and how many more there are.
pub(super) fn first_of(diagnostics: &[Diagnostic]) -> String {
    let errors = || diagnostics.iter().filter(|d| d.level == DiagnosticLevel::Error);
    let Some(first) = errors().next().or_else(|| diagnostics.first()) else {
        return "the compiler gave no reason".to_owned();
    };
    let place = first.file.as_ref().map_or_else(String::new, |file| {
        let numbers = [first.line, first.column].into_iter().flatten();
        numbers.fold(file.display().to_string(), |place, n| format!("{place}:{n}")) + ": "
    });
    let code = first.code.as_ref().map_or_else(String::new, |code| format!("[{code}] "));
    let more = match errors().count() {
        0 | 1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    format!("{place}{code}{}{more}", first_line(&first.message))
}

/// The stages that took time, in milliseconds.
fn stages(stages: &StagesMicros) -> String {
    let named = [
        ("detect", stages.detect),
        ("build", stages.build),
        ("trial", stages.trial),
        ("load", stages.load),
        ("capture", stages.capture),
        ("restore", stages.restore),
        ("first frame", stages.first_frame),
    ];
    let shown = named.iter().filter(|(_, us)| *us >= 1_000);
    let shown: Vec<String> = shown.map(|(name, us)| format!("{name} {}", us / 1_000)).collect();
    if shown.is_empty() { "each stage below 1 ms".to_owned() } else { shown.join(", ") }
}

/// What did not simply come over, worth a look on every reload.
fn state_words(state: &StateReport) -> String {
    let mut words = String::new();
    for (verb, fields) in [
        ("defaulted", &state.defaulted),
        ("dropped", &state.dropped),
        ("migrated", &state.migrated),
    ] {
        if !fields.is_empty() {
            words.push_str(&format!("; {verb} {}", fields.join(", ")));
        }
    }
    words
}

fn site(site: FaultSite) -> &'static str {
    match site {
        FaultSite::Create => "create",
        FaultSite::Logic => "logic",
        FaultSite::Ui => "ui",
        FaultSite::Paint => "paint",
        FaultSite::Capture => "capture",
        FaultSite::Suspend => "suspend or resume",
        FaultSite::Drop => "drop",
        FaultSite::Service => "a service",
        FaultSite::Overdue => "a call that does not return",
    }
}

fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Build => "build",
        FailureKind::Rejected => "refused code",
        FailureKind::Loss => "loss of state",
        FailureKind::Fault => "panic",
        FailureKind::Overdue => "a call that did not return",
        FailureKind::Thread => "panic of a thread",
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::event::{Generation, Stage};

    fn diagnostic(message: &str, line: Option<u32>) -> Diagnostic {
        Diagnostic {
            level: DiagnosticLevel::Error,
            code: Some("E0308".to_owned()),
            message: message.to_owned(),
            file: Some("src/app.rs".into()),
            line,
            column: line.map(|_| 5),
            rendered: String::new(),
        }
    }

    #[test]
    fn events_in_words() {
        let stages_us =
            StagesMicros { build: 219_400, load: 900, first_frame: 8_000, ..Default::default() };
        let state = StateReport {
            defaulted: vec!["a: new".into()],
            dropped: vec!["b".into()],
            ..Default::default()
        };
        let files = (0..5).map(|n| format!("{n}.rs").into()).collect();
        for (event, words) in [
            (Event::Change { files, trigger: Trigger::Save }, "saved 0.rs, 1.rs, 2.rs and 2 more"),
            (
                Event::Literals { files: Vec::new(), values: 3, total_us: 12_345 },
                "3 literals taken over in 12 ms, nothing compiled",
            ),
            (
                Event::Literals { files: Vec::new(), values: 1, total_us: 999 },
                "1 literal taken over in 0 ms, nothing compiled",
            ),
            (
                Event::BuildFailed {
                    ms: 7,
                    diagnostics: vec![
                        diagnostic("mismatched\ntypes", Some(12)),
                        diagnostic("x", None),
                    ],
                    targets: Vec::new(),
                    command: String::new(),
                },
                "build failed in 7 ms: src/app.rs:12:5: [E0308] mismatched (and 1 more)",
            ),
            (
                Event::BuildFailed {
                    ms: 7,
                    diagnostics: Vec::new(),
                    targets: Vec::new(),
                    command: String::new(),
                },
                "build failed in 7 ms: the compiler gave no reason",
            ),
            (
                Event::Committed {
                    trigger: Trigger::Save,
                    total_us: 228_300,
                    stages_us,
                    ui_stall_us: 0,
                    state,
                    build: "3fa9".into(),
                },
                "committed in 228 ms (build 219, first frame 8); defaulted a: new; dropped b",
            ),
            (
                Event::Rejected {
                    stage: Stage::FirstFrame,
                    reason: "panic".into(),
                    detail: "long".into(),
                    loss: None,
                },
                "rejected at first frame: panic; the old code runs on",
            ),
            (
                Event::RolledBack {
                    to: Generation(2),
                    reason: String::new(),
                    build: String::new(),
                },
                "back to g2: no reason given",
            ),
            (
                Event::BuildFinished {
                    ms: 1,
                    artifact: String::new(),
                    bytes: 9_350_000,
                    targets: Vec::new(),
                },
                "built in 1 ms (9.3 MB)",
            ),
        ] {
            assert_eq!(of(&event), words);
        }
    }

    #[test]
    fn p7_p29_of_a_program_the_same_is_said_everywhere() {
        let name = || "worker".to_owned();
        let stopped = |code, signal, next| Event::ProcessStopped {
            name: name(),
            pid: 7,
            code,
            signal,
            ms: 1,
            forced: false,
            next,
        };
        let stopping = |signal: &str, after_ms| Event::ProcessStopping {
            name: name(),
            pid: 7,
            signal: signal.into(),
            after_ms,
        };
        let waiting = |waits_for, target: &str| Event::ProcessWaiting {
            name: name(),
            waits_for,
            target: Some(target.to_owned()),
            build: "make".to_owned(),
        };
        for (event, words) in [
            (
                waiting(WaitsFor::Build, "worker"),
                "worker: waits for its first successful build: make",
            ),
            (waiting(WaitsFor::Start, "worker"), "worker: does not run"),
            (Event::ProcessStarted { name: name(), pid: 7 }, "worker: started (pid 7)"),
            (
                Event::ProcessNotStarted { name: name(), reason: "cannot be started: x".into() },
                "worker: cannot be started: x",
            ),
            (stopping("SIGINT", None), "worker: SIGINT to pid 7"),
            (
                stopping("SIGKILL", Some(300)),
                "worker: pid 7 has not ended within 300 ms and is killed",
            ),
            (stopped(Some(0), None, None), "worker: pid 7 has ended (exit status: 0)"),
            (
                stopped(None, Some(9), Some(AfterEnd::StartsAgain)),
                "worker: ended by itself (signal: 9); it is started again",
            ),
            (
                Event::BuildFailed {
                    ms: 7,
                    diagnostics: vec![diagnostic("no", Some(3))],
                    targets: vec![name(), "b".to_owned()],
                    command: "make".into(),
                },
                "worker, b: the build failed: src/app.rs:3:5: [E0308] no; what runs, runs on; to see all \
                 of it: make",
            ),
        ] {
            assert_eq!(said(&event), words);
        }
    }
}
