//! The process of a trial: it waits for one order, and does it.

use super::module_run::{Broken, ModuleRun, Step};
use super::wire::{self, Answer, Order};
use crate::module::AppArgs;
use crate::os::{child_env, confinement, faults, process_limits};
use once_cell::sync::OnceCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Whoever has started this process ends it long before.
const STEP_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Where all is told, also from within a handler of a signal.
static ANSWERS: OnceCell<File> = OnceCell::new();

/// All that such a process does. To be called early in `main`, before there is another thread: the limits are those
/// of the threads that come after.
#[must_use]
#[expect(clippy::print_stderr, reason = "whoever has started this process reads it")]
pub fn main() -> ExitCode {
    child_env::die_at_once_with_parent();
    let (mut orders, answers) = match confinement::take_pipes() {
        Ok(pipes) => pipes,
        Err(error) => {
            eprintln!("pitstop: no trial: {error}");
            return ExitCode::FAILURE;
        }
    };
    process_limits::apply();
    let unconfined = confinement::confine();
    let answers = ANSWERS.get_or_init(|| answers);
    faults::tell(tell_fault);
    tell(answers, &Answer::Ready { unconfined });
    // The host has ended, or does not need this process.
    let Ok(Some(order)) = wire::read_order(&mut orders) else { return ExitCode::SUCCESS };
    let trial = thread::Builder::new().name("pitstop-trial".to_owned());
    let answer = trial.spawn(move || try_out(&order, &mut orders, answers));
    if !answer.is_ok_and(|trial| trial.join().is_ok()) {
        // No code of the module's does that; it is to be judged where it is loaded.
        let (step, reason) = (Step::Load, "the trial itself has failed".to_owned());
        tell(answers, &Answer::Broken { step, detail: reason.clone(), reason });
    }
    ExitCode::SUCCESS
}

fn try_out(order: &Order, orders: &mut File, answers: &File) {
    let Order { module, library, artifact, views, args } = order;
    let run = ModuleRun {
        module,
        library: Path::new(library),
        artifact,
        views,
        args: AppArgs::new(args),
        draws: true,
        limit: STEP_LIMIT,
    };
    let input = || wire::read_input(orders).map_err(|error| format!("no state came: {error}"));
    let result = run.run(input, &mut |step: Step| tell(answers, &Answer::Step(step)));
    let answer = match result {
        Ok(()) => Answer::Done,
        Err(Broken { step, reason, detail }) => Answer::Broken { step, reason, detail },
    };
    tell(answers, &answer);
}

/// Within the handler of a signal: everything is on the stack, and the pipe is written to once.
fn tell_fault(address: u64, is_write: Option<bool>) {
    let mut bytes = [0; wire::FAULT_BYTES_MAX];
    if let (Some(mut answers), Some(message)) =
        (ANSWERS.get(), wire::fault(&mut bytes, address, is_write))
    {
        let _: io::Result<()> = answers.write_all(message);
    }
}

/// Code on trial may have closed the pipe; the end of the process tells all the same.
fn tell(mut answers: &File, answer: &Answer) {
    let _: io::Result<()> = wire::write(&mut answers, answer);
}
