//! What the end of a trial means. Knows neither processes nor clocks.

use super::module_run::Step;
use super::process::{End, Seen, Told};
use crate::engine::{CodeFailure, TrialEnd};
use crate::os::group::{signal_name, signal_of};
use std::fmt::Write as _;
use std::process::ExitStatus;

/// How the code has fared, judged by how its process has ended first, and only then by what it has said.
pub(super) fn verdict(seen: Seen) -> TrialEnd {
    let Seen { end, told, last_lines } = seen;
    match end {
        End::Stopped => TrialEnd::Stopped,
        End::Late(limit) => {
            let what = match &told.step {
                Some(Step::Load) => "its library was not loaded".to_owned(),
                Some(step) => format!("it was still {step}"),
                None => "it had not begun".to_owned(),
            };
            let seconds = limit.as_secs_f32();
            let reason = format!("it would have hung the application: after {seconds:.0} s {what}");
            TrialEnd::Hung(failure(&told, reason, None, &last_lines))
        }
        End::Exit(status) if status.success() && told.is_done => TrialEnd::Passed,
        End::Exit(status) => match &told.broken {
            Some((step, reason, detail)) if status.success() => TrialEnd::Failed(CodeFailure {
                stage: step.stage(),
                reason: reason.clone(),
                detail: detail.clone(),
                signal: None,
                stderr: last_lines.join("\n"),
            }),
            _ => {
                let reason = format!(
                    "it would have ended the application: {} while {}",
                    ended(status, &told, &last_lines),
                    told.step.as_ref().map_or_else(|| "it began".to_owned(), Step::to_string)
                );
                TrialEnd::Fatal(failure(&told, reason, signal_of(status), &last_lines))
            }
        },
    }
}

fn failure(told: &Told, reason: String, signal: Option<i32>, last_lines: &[String]) -> CodeFailure {
    let step = told.step.as_ref().unwrap_or(&Step::Load);
    let stderr = last_lines.join("\n");
    let detail = if stderr.is_empty() { reason.clone() } else { format!("{reason}\n\n{stderr}") };
    CodeFailure { stage: step.stage(), reason, detail, signal, stderr }
}

/// What std writes before it ends a process whose stack is used up.
const OVERFLOWED: &str = " has overflowed its stack";
/// What std writes, behind an amount, before it ends a process that gets no memory.
const NO_MEMORY: &str = "memory allocation of ";

/// How the process has ended, in words.
fn ended(status: ExitStatus, told: &Told, last_lines: &[String]) -> String {
    let Some(signal) = signal_of(status) else {
        let code = status.code().map_or_else(|| status.to_string(), |code| code.to_string());
        return format!("it called `exit` with code {code}");
    };
    let mut words = signal_name(signal);
    let wrote = |text: &str| last_lines.iter().any(|line| line.contains(text));
    if wrote(OVERFLOWED) {
        words.push_str(" (stack overflow)");
    } else if wrote(NO_MEMORY) {
        words.push_str(" (out of memory)");
    } else if let Some((address, is_write)) = told.fault {
        let access = match is_write {
            Some(true) => "write to",
            Some(false) => "read of",
            None => "use of",
        };
        let _ = write!(words, " ({access} {address:#x})"); // a string takes all
    } else if words == "SIGKILL" {
        words.push_str(", as when the system has no memory left,");
    }
    words
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::journal::event::Stage;
    use std::os::unix::process::ExitStatusExt as _;
    use std::time::Duration;

    fn seen(end: End, told: Told) -> Seen {
        Seen { end, told, last_lines: vec!["the last words".to_owned()] }
    }

    fn exit(code: i32) -> End {
        End::Exit(ExitStatus::from_raw(code << 8))
    }

    fn signal(signal: i32) -> End {
        End::Exit(ExitStatus::from_raw(signal))
    }

    #[test]
    fn v01_the_end_of_the_process_counts_for_more_than_what_it_says() {
        let done = || Told { is_done: true, step: Some(Step::Drop), ..Told::default() };
        let broken = Some((Step::Create, "no port".to_owned(), "no port\nat x".to_owned()));
        let broken = || Told { broken: broken.clone(), step: Some(Step::Drop), ..Told::default() };
        assert_eq!(verdict(seen(exit(0), done())), TrialEnd::Passed);
        assert_eq!(verdict(seen(End::Stopped, done())), TrialEnd::Stopped);
        assert!(matches!(verdict(seen(signal(6), done())), TrialEnd::Fatal(_)));
        assert!(matches!(verdict(seen(exit(1), done())), TrialEnd::Fatal(_)));
        assert!(matches!(
            verdict(seen(exit(0), broken())),
            TrialEnd::Failed(CodeFailure { stage: Stage::Restore, .. })
        ));
        assert!(matches!(verdict(seen(signal(11), broken())), TrialEnd::Fatal(_)));
        let late = End::Late(Duration::from_secs(5));
        assert!(matches!(verdict(seen(late, done())), TrialEnd::Hung(_)));
    }

    #[test]
    fn v01_a_verdict_names_the_signal_the_step_and_the_last_lines() {
        let at = |step: Step| Told { step: Some(step), ..Told::default() };
        let draw = || Step::Draw("main".to_owned());
        let null = Told { fault: Some((0, Some(true))), ..at(draw()) };
        for (end, told, stage, says) in [
            (signal(6), at(Step::Load), Stage::Load, "SIGABRT while its library was loaded"),
            (signal(11), null, Stage::FirstFrame, "SIGSEGV (write to 0x0) while drawing \"main\""),
            (
                signal(9),
                at(Step::Create),
                Stage::Restore,
                "SIGKILL, as when the system has no memory left, while restoring its state",
            ),
            (signal(64), at(Step::Logic), Stage::FirstFrame, "signal 64 while running its logic"),
            (
                exit(3),
                at(Step::Capture),
                Stage::Capture,
                "it called `exit` with code 3 while capturing its state",
            ),
            (
                exit(0),
                at(Step::Drop),
                Stage::Drop,
                "it called `exit` with code 0 while dropping it",
            ),
            (exit(0), Told::default(), Stage::Load, "it called `exit` with code 0 while it began"),
        ] {
            let TrialEnd::Fatal(failure) = verdict(seen(end, told)) else { panic!("{says}") };
            assert_eq!(failure.reason, format!("it would have ended the application: {says}"));
            assert_eq!(failure.stage, stage, "{says}");
            assert!(failure.detail.ends_with("the last words"), "{}", failure.detail);
        }
        let late = End::Late(Duration::from_secs(5));
        let TrialEnd::Hung(failure) = verdict(seen(late, at(draw()))) else { panic!("it is late") };
        let says = "it would have hung the application: after 5 s it was still drawing \"main\"";
        assert_eq!((failure.reason.as_str(), failure.signal), (says, None));
    }
}
