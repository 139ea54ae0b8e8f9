//! Boards and failures for the tests of the panels.

use crate::journal::board::{Board, Failure, LastReload, ModuleBoard, ModuleHealth};
use crate::journal::event::FailureKind;
use crate::journal::event::{
    Diagnostic, DiagnosticLevel, Generation, StagesMicros, StateReport, Trigger,
};
use std::path::PathBuf;

/// One module, `hot_ui`, that was reloaded to generation 17 in 412 ms.
pub(super) fn board() -> Board {
    Board { modules: vec![module("hot_ui", 17)], auto_reload: true, ..Board::default() }
}

/// A module that was reloaded to this generation.
pub(super) fn module(name: &str, generation: u64) -> ModuleBoard {
    let stages = StagesMicros {
        detect: 11_000,
        build: 284_000,
        trial: 61_000,
        load: 9_000,
        capture: 2_400,
        restore: 7_600,
        first_frame: 37_000,
    };
    ModuleBoard {
        name: name.to_owned(),
        generation: Some(Generation(generation)),
        artifact: "3fa9c07be21d4410".to_owned(),
        status: ModuleHealth::Ok,
        failure: None,
        last_reload: Some(LastReload {
            trigger: Trigger::Save,
            total_us: stages.total(),
            stages,
            ui_stall_us: 3_100,
            state: StateReport {
                bytes: 1_840,
                codec: "named".to_owned(),
                kept: 23,
                defaulted: vec!["tasks[].due: new field".to_owned()],
                dropped: vec!["filter".to_owned()],
                converted: Vec::new(),
                migrated: Vec::new(),
                schema: vec!["+ tasks[].due: u32".to_owned()],
            },
        }),
        last_entry: None,
        kept: vec![Generation(generation - 2), Generation(generation - 1)],
        migration: None,
        state_bytes: 1_840,
        busy: Vec::new(),
        waits_for: Vec::new(),
    }
}

/// A failure of each kind, with the text that really comes with it.
pub(super) fn failure(kind: FailureKind) -> Failure {
    let (title, reason, detail) = match kind {
        FailureKind::Build => ("The build failed; g17 runs on with its state", "2 errors", ""),
        FailureKind::Rejected => (
            "The new code was refused at first frame; g17 runs on with its state",
            "it broke 7 times",
            "it broke 7 times",
        ),
        FailureKind::Loss => (
            "The new code does not know all of the state; g17 runs on with its state",
            "2 values of the state would be lost",
            "filter: not in the new type, dropped\nzoom: expected u32, found string; took its default",
        ),
        FailureKind::Fault => (
            "The code panicked; its last picture stays",
            "index out of bounds: the len is 3 but the index is 7",
            "index out of bounds: the len is 3 but the index is 7\n  at hot_ui/src/board.rs:42:17\n   \
             6: hot_ui::board::Board::card\n             at ./hot_ui/src/board.rs:42:17\n   \
             7: <hot_ui::App as hot_api::Module>::ui\n             at ./hot_ui/src/lib.rs:88:9\n",
        ),
        FailureKind::Overdue => (
            "The code does not return; its last picture stays",
            "the module has not returned from Ui for 2s",
            "the module has not returned from Ui for 2s",
        ),
        FailureKind::Thread => (
            "A thread of the module panicked; the module runs on",
            "the connection was reset",
            "the connection was reset\n  at hot_ui/src/feed.rs:12:9\n",
        ),
    };
    let diagnostics = if kind == FailureKind::Build {
        vec![mismatched_types("hot_ui/src/lib.rs", 12), mismatched_types("hot_ui/src/list.rs", 7)]
    } else {
        Vec::new()
    };
    Failure {
        kind,
        title: title.to_owned(),
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        diagnostics,
        generation: Some(Generation(18)),
    }
}

/// An error as rustc renders it.
pub(super) fn mismatched_types(file: &str, line: u32) -> Diagnostic {
    let (red, blue, bold, off) =
        ("\u{1b}[1m\u{1b}[91m", "\u{1b}[1m\u{1b}[94m", "\u{1b}[1m", "\u{1b}[0m");
    Diagnostic {
        level: DiagnosticLevel::Error,
        code: Some("E0308".to_owned()),
        message: "mismatched types".to_owned(),
        file: Some(PathBuf::from(file)),
        line: Some(line),
        column: Some(22),
        rendered: format!(
            "{red}error[E0308]{off}{bold}: mismatched types{off}\n  \
             {blue}--> {off}{file}:{line}:22\n   {blue}|{off}\n\
             {blue}{line:<2}{off} {blue}|{off}     let total: u32 = \"three\";\n   \
             {blue}|{off}                {blue}---{off}   {red}^^^^^^^{off} {red}expected `u32`, \
             found `&str`{off}\n   {blue}|{off}                {blue}|{off}\n   \
             {blue}|{off}                {blue}expected due to this{off}\n\n"
        ),
    }
}
