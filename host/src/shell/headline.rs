//! The one sentence of the dashboard.
//!
//! Owns: which of all things on the board is said, and how urgent it is. Consumes: a [`Board`].
//! Produces: text. Never: draws.

use super::services_page;
use super::units::{change_count, milliseconds};
use crate::journal::board::{Board, ModuleBoard, ModuleHealth, ProcessBoard, TargetBoard, trouble};
use crate::journal::event::HOST_TARGET;

/// How a headline is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// The newest code runs, or nothing has happened yet.
    Good,
    /// A build runs.
    Busy,
    /// Something waits for the user.
    Waiting,
    /// The newest code does not run.
    Bad,
}

/// What the status label says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Headline {
    /// One line.
    pub(super) text: String,
    /// Its colour.
    pub(super) tone: Tone,
    /// The module whose error a click shows.
    pub(super) failed: Option<String>,
}

impl Headline {
    /// The most urgent thing first; what waits for the user is added behind it.
    pub(super) fn of(board: &Board) -> Self {
        let failed = worst(board);
        let (first, mut tone) = if let Some(text) = building(board) {
            (text, Tone::Busy)
        } else if let Some(module) = failed {
            (failure(board, module), Tone::Bad)
        } else {
            (newest(board), Tone::Good)
        };
        let waiting = board.waiting_changes;
        let mut waits_for = board.modules.iter().map(|module| &module.waits_for);
        let busy = waits_for.find(|it| !it.is_empty()).map(|it| it.join(", "));
        let waits = [
            busy.map(|busy| format!("The new code waits for {busy}")),
            board.restart_pending.as_ref().map(|reason| format!("Restart pending: {reason}")),
            (waiting > 0).then(|| format!("{} for Hot Reload", change_count(waiting))),
        ];
        if tone == Tone::Good && waits.iter().any(Option::is_some) {
            tone = Tone::Waiting;
        }
        let troubles = troubles(board);
        if tone != Tone::Busy && !troubles.is_empty() {
            tone = Tone::Bad;
        }
        let parts =
            troubles.into_iter().chain(waits.into_iter().flatten()).chain(board.notice.clone());
        let text = parts.fold(first, |text, part| format!("{text} · {part}"));
        // A line break in a notice would make the bar taller.
        let text = text.replace(['\r', '\n'], " ");
        Self { text, tone, failed: failed.map(|module| module.name.clone()) }
    }
}

fn host(board: &Board) -> Option<&TargetBoard> {
    board.targets.iter().find(|target| target.name == HOST_TARGET)
}

/// Of the programs beside the modules, and of the newest code of the host.
fn troubles(board: &Board) -> Vec<String> {
    let of = |process: &ProcessBoard| {
        Some(format!("{}: {}", process.name, trouble(process, &board.targets)?))
    };
    let host = host(board).and_then(|host| host.last_error.as_ref());
    let host = host.map(|error| format!("the new host: {error}"));
    let programs = board.processes.iter().filter_map(of).chain(host);
    programs.chain(services_page::troubles(board)).collect()
}

fn building(board: &Board) -> Option<String> {
    let Some(build) = &board.build else {
        let building = |module: &&ModuleBoard| module.status == ModuleHealth::Building;
        let module = board.modules.iter().find(building).map(|_| "Building");
        let host = host(board).filter(|host| host.building).map(|_| "Building the host");
        return module.or(host).map(str::to_owned);
    };
    let unit = (!build.unit.is_empty()).then(|| build.unit.clone());
    let parts = [Some("Building".to_owned()), build.counted(), unit];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// A fault in running code comes before a refused attempt.
fn worst(board: &Board) -> Option<&ModuleBoard> {
    let with = |status| board.modules.iter().find(move |module| module.status == status);
    with(ModuleHealth::Fault)
        .or_else(|| with(ModuleHealth::Failed))
        .or_else(|| board.modules.iter().find(|module| module.failure.is_some()))
}

fn failure(board: &Board, module: &ModuleBoard) -> String {
    let title = module.failure.as_ref().map(|failure| failure.title.as_str());
    named(board, module, title.unwrap_or("The newest code does not run"))
}

fn newest(board: &Board) -> String {
    let Some((module, generation)) = newest_module(board) else {
        return "Nothing is loaded yet".to_owned();
    };
    let text = match &module.last_reload {
        Some(reload) => format!("{generation} in {}", milliseconds(reload.total_us)),
        None => format!("{generation} runs"),
    };
    named(board, module, &text)
}

/// The module that was swapped last: generations are minted by one counter.
pub(super) fn newest_module(
    board: &Board,
) -> Option<(&ModuleBoard, crate::journal::event::Generation)> {
    let running = board.modules.iter().filter_map(|module| Some((module, module.generation?)));
    running.max_by_key(|(module, generation)| (module.last_reload.is_some(), *generation))
}

/// With one module there is no need to say which.
fn named(board: &Board, module: &ModuleBoard, text: &str) -> String {
    if board.modules.len() > 1 { format!("{}: {text}", module.name) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{board, failure, module};
    use super::*;
    use crate::journal::board::{BuildBoard, LastExit};
    use crate::journal::event::{FailureKind, WaitsFor};

    fn check(expected: (&str, Tone, Option<&str>), change: impl FnOnce(&mut Board)) {
        let mut board = board();
        change(&mut board);
        let headline = Headline::of(&board);
        let found = (headline.text.as_str(), headline.tone, headline.failed.as_deref());
        assert_eq!(found, expected);
    }

    #[test]
    fn every_state_has_its_sentence() {
        check(("g17 in 412 ms", Tone::Good, None), |_| {});
        check(("g17 runs", Tone::Good, None), |board| board.modules[0].last_reload = None);
        check(("Nothing is loaded yet", Tone::Good, None), |board| board.modules.clear());
        check(("Building 12/87 egui", Tone::Busy, None), |board| {
            board.build = Some(BuildBoard { done: 12, total: 87, unit: "egui".to_owned() });
        });
        check(("Building", Tone::Busy, None), |board| {
            board.build = Some(BuildBoard { done: 0, total: 0, unit: String::new() });
        });
        check(("Building", Tone::Busy, None), |board| {
            board.modules[0].status = ModuleHealth::Building;
        });
        let failed = "The build failed; g17 runs on with its state";
        check((failed, Tone::Bad, Some("hot_ui")), |board| {
            board.modules[0].status = ModuleHealth::Failed;
            board.modules[0].failure = Some(failure(FailureKind::Build));
        });
        check(("g17 in 412 ms · 1 change waits for Hot Reload", Tone::Waiting, None), |board| {
            board.waiting_changes = 1;
        });
        let waits = "g17 in 412 ms · Restart pending: host changed · 3 changes wait for Hot Reload";
        check((waits, Tone::Waiting, None), |board| {
            board.waiting_changes = 3;
            board.restart_pending = Some("host changed".to_owned());
        });
        let trouble = "g17 in 412 ms · worker: ended by itself: exit status: 3";
        check((trouble, Tone::Bad, None), |board| {
            board.processes.push(ProcessBoard {
                name: "worker".to_owned(),
                waits_for: Some(WaitsFor::Build),
                last_exit: Some(LastExit { code: Some(3), signal: None, forced: false }),
                ..ProcessBoard::default()
            });
        });
        let waits = "g17 in 412 ms · The new code waits for export";
        check((waits, Tone::Waiting, None), |board| {
            board.modules[0].waits_for = vec!["export".to_owned()];
        });
        check(("g17 in 412 ms · built, and nothing changed", Tone::Good, None), |board| {
            board.notice = Some("built,\nand nothing changed".to_owned());
        });
    }

    #[test]
    fn with_several_modules_the_newest_or_the_worst_is_named() {
        check(("other: g18 in 412 ms", Tone::Good, None), |board| {
            board.modules.push(module("other", 18));
        });
        check(
            ("other: The code panicked; its last picture stays", Tone::Bad, Some("other")),
            |b| {
                b.modules[0].status = ModuleHealth::Failed;
                b.modules[0].failure = Some(failure(FailureKind::Build));
                b.modules.push(module("other", 18));
                b.modules[1].status = ModuleHealth::Fault;
                b.modules[1].failure = Some(failure(FailureKind::Fault));
            },
        );
    }
}
