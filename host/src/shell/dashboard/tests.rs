//! The bar as screen readers, scripts and tests see it.

use super::super::samples::{board, failure, module};
use super::*;
use crate::journal::board::{BuildBoard, LastExit, ProcessBoard};
use crate::journal::event::{FailureKind, Generation, WaitsFor};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

struct Shown {
    board: Board,
    orders: Vec<Order>,
}

/// The bar at this width; characters that the fonts lack fail the test by themselves.
fn show(board: Board, width: f32) -> Harness<'static, Shown> {
    let mut harness = Harness::builder().with_size(Vec2::new(width, 400.0)).build_ui_state(
        |ui, shown: &mut Shown| {
            super::super::theme::apply(ui.ctx());
            let orders = dashboard_bar(ui, &shown.board);
            shown.orders.extend(orders);
        },
        Shown { board, orders: Vec::new() },
    );
    harness.run();
    harness
}

fn status_of(board: Board) -> String {
    let harness = show(board, 1280.0);
    let status = harness.get_by_label("Reload status");
    status.value().expect("the status has a value")
}

#[test]
fn the_button_reloads_everything() {
    let mut harness = show(board(), 1280.0);
    harness.get_by_label("Hot Reload").click();
    harness.run();
    assert_eq!(harness.state().orders, [Order::ReloadAll]);
}

#[test]
fn the_checkbox_asks_for_the_other_setting() {
    for auto_reload in [true, false] {
        let mut harness = show(Board { auto_reload, ..board() }, 1280.0);
        harness.get_by_label("Auto reload").click();
        harness.run();
        assert_eq!(harness.state().orders, [Order::SetAutoReload(!auto_reload)]);
    }
}

#[test]
fn the_status_is_found_by_its_name_and_read_by_its_value() {
    let mut board = board();
    assert_eq!(status_of(board.clone()), "g17 in 412 ms");
    board.build = Some(BuildBoard { done: 12, total: 87, unit: "egui".to_owned() });
    assert_eq!(status_of(board.clone()), "Building 12/87 egui");
    board.build = Some(BuildBoard { done: 12, total: 0, unit: "egui".to_owned() });
    assert_eq!(status_of(board.clone()), "Building 12 done egui");
    board.build = None;
    board.modules[0].failure = Some(failure(FailureKind::Build));
    assert_eq!(status_of(board.clone()), "The build failed; g17 runs on with its state");
    board.modules[0].failure = None;
    board.auto_reload = false;
    board.waiting_changes = 2;
    assert_eq!(status_of(board.clone()), "g17 in 412 ms · 2 changes wait for Hot Reload");
    board.modules.clear();
    board.waiting_changes = 0;
    assert_eq!(status_of(board), "Nothing is loaded yet");
}

#[test]
fn a_click_on_a_failure_shows_it() {
    let mut board = board();
    board.modules[0].failure = Some(failure(FailureKind::Fault));
    let mut harness = show(board, 1280.0);
    harness.get_by_label("Reload status").click();
    harness.run();
    assert_eq!(harness.state().orders, [Order::ShowError("hot_ui".to_owned())]);
}

#[test]
fn the_menu_of_a_module_goes_back_to_any_kept_generation() {
    for (entry, order) in [
        ("g15", Order::Rollback("hot_ui".to_owned(), Some(Generation(15)))),
        ("Reload", Order::Reload("hot_ui".to_owned())),
        ("Reset state", Order::ResetState("hot_ui".to_owned())),
        ("Show error", Order::ShowError("hot_ui".to_owned())),
    ] {
        let mut board = board();
        board.modules[0].failure = Some(failure(FailureKind::Build));
        let mut harness = show(board, 1280.0);
        harness.get_by_label("hot_ui g17 ⏷").click();
        harness.run();
        harness.get_by_label(entry).click();
        harness.run();
        assert_eq!(harness.state().orders, [order]);
    }
}

#[test]
fn many_modules_share_one_menu() {
    let mut board = board();
    board.modules.extend((0..7).map(|index| module(&format!("panel_{index}"), 20 + index)));
    let mut harness = show(board, 1280.0);
    harness.get_by_label("8 modules ⏷").click();
    harness.run();
    harness.get_by_label_contains("panel_3 g23").click();
    harness.run();
    harness.get_by_label("g22").click();
    harness.run();
    let wanted = Order::Rollback("panel_3".to_owned(), Some(Generation(22)));
    assert_eq!(harness.state().orders, [wanted]);
}

#[test]
fn the_menu_of_programs_says_how_they_are_and_starts_and_stops_them() {
    let worker = ProcessBoard {
        name: "worker".to_owned(),
        target: Some("worker".to_owned()),
        pid: Some(77),
        started_unix_ms: Some(crate::journal::unix_ms() - 300_000),
        restarts: 1,
        last_exit: Some(LastExit { code: None, signal: Some(2), forced: false }),
        ..ProcessBoard::default()
    };
    let mut board = board();
    board.processes.push(worker.clone());
    let mut harness = show(board.clone(), 1280.0);
    harness.get_by_label("worker ⏷").click();
    harness.run_steps(3);
    for text in ["worker runs (pid 77)", "Up 5 min, 1 restart", "Last exit: signal: 2"] {
        assert!(harness.query_by_label(text).is_some(), "the menu lacks {text:?}");
    }
    harness.get_by_label("Stop worker").click();
    harness.run_steps(3);
    assert_eq!(harness.state().orders, [Order::StopProgram("worker".to_owned())]);

    board.processes.push(ProcessBoard {
        name: "viewer".to_owned(),
        waits_for: Some(WaitsFor::Build),
        problem: Some("cannot be started: viewer: not found".to_owned()),
        ..ProcessBoard::default()
    });
    let mut harness = show(board, 1280.0);
    harness.get_by_label("2 programs ⏷").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("cannot be started: viewer: not found").is_some());
    harness.get_by_label("Start viewer").click();
    harness.run_steps(3);
    assert_eq!(harness.state().orders, [Order::StartProgram("viewer".to_owned())]);
}

#[test]
fn the_gauge_lists_the_stages() {
    let mut harness = show(board(), 1280.0);
    harness.get_by_label("Reload latency").hover();
    harness.run();
    for text in ["First frame", "284 ms", "3.1 ms", "State: 1.8 kB (named), 23 kept", "1 dropped"] {
        assert!(harness.query_by_label(text).is_some(), "the tooltip lacks {text:?}");
    }
}

#[test]
fn nothing_is_clipped_and_nothing_overlaps_at_any_width() {
    let mut board = board();
    board.restart_pending = Some("host/src/main.rs is part of the host".to_owned());
    board.modules.push(module("a_module_with_quite_a_long_name", 18));
    let name = "a_program_with_quite_a_long_name".to_owned();
    board.processes.push(ProcessBoard { name, ..ProcessBoard::default() });
    let names = ["Hot Reload", "Auto reload", "Reload status", "Reload latency"];
    for width in [600.0, 853.0, 1280.0] {
        let harness = show(board.clone(), width);
        let mut spans: Vec<_> =
            names.iter().map(|name| harness.get_by_label(name).rect()).collect();
        spans.extend(harness.query_all_by_label_contains("⏷").map(|node| node.rect()));
        spans.sort_by(|one, other| one.left().total_cmp(&other.left()));
        assert!(spans.len() >= 5, "a menu is missing at {width}");
        assert!(spans.iter().all(|span| span.left() >= 0.0 && span.right() <= width), "{spans:?}");
        for pair in spans.windows(2) {
            assert!(pair[0].right() <= pair[1].left(), "{pair:?} overlap at {width}");
        }
    }
}

#[test]
fn a_change_of_the_status_moves_nothing() {
    let place = |board: Board| {
        let harness = show(board, 900.0);
        let at = |name| harness.get_by_label(name).rect().left_top();
        (at("Reload status"), at("hot_ui g17 ⏷"), at("Hot Reload"))
    };
    let calm = place(board());
    let mut board = board();
    board.notice = Some("a long notice that does not fit into the bar ".repeat(5));
    board.build = Some(BuildBoard { done: 1, total: 2, unit: "egui".to_owned() });
    assert_eq!(place(board), calm);
}
