//! The panel as its reader uses it.

use super::super::samples::{failure, mismatched_types};
use super::*;
use crate::journal::event::Generation;
use egui::OutputCommand;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::PathBuf;

struct Shown {
    failure: Failure,
    migration: Option<PastMigration>,
    open: bool,
    orders: Vec<Order>,
}

fn show(failure: Failure) -> Harness<'static, Shown> {
    show_after(failure, None)
}

/// After a migration.
fn show_after(failure: Failure, migration: Option<PastMigration>) -> Harness<'static, Shown> {
    let mut harness = Harness::builder().with_size(Vec2::new(1000.0, 700.0)).build_ui_state(
        |ui, shown: &mut Shown| {
            super::super::theme::apply(ui.ctx());
            let area = ui.max_rect();
            tint(ui.painter(), area);
            if shown.open {
                let Shown { failure, migration, open, .. } = shown;
                let migration = migration.as_ref();
                let orders = error_panel(ui.ctx(), area, "hot_ui", failure, migration, open);
                shown.orders.extend(orders);
            }
        },
        Shown { failure, migration, open: true, orders: Vec::new() },
    );
    harness.run();
    harness
}

fn open_editor(file: &str, line: u32, column: u32) -> Order {
    Order::OpenEditor { file: PathBuf::from(file), line, column }
}

#[test]
fn the_panel_has_its_name_and_lies_in_the_lower_part() {
    for kind in [FailureKind::Build, FailureKind::Fault, FailureKind::Overdue] {
        let harness = show(failure(kind));
        let panel = harness.get_by_role_and_label(Role::Window, "Reload error").rect();
        assert!(panel.top() >= 250.0 && panel.bottom() <= 700.0, "{kind:?} lies at {panel:?}");
        assert!(panel.left() >= 0.0 && panel.right() <= 1000.0, "{kind:?} lies at {panel:?}");
    }
}

#[test]
fn title_reason_and_compiler_text_are_readable() {
    let harness = show(failure(FailureKind::Build));
    for text in [
        "hot_ui: The build failed; g17 runs on with its state",
        "2 errors",
        "error[E0308]: mismatched types",
        "expected `u32`, found `&str`",
    ] {
        let found = harness.query_all_by_label_contains(text).count();
        assert!(found > 0, "the panel lacks {text:?}");
    }
}

#[test]
fn a_click_on_a_place_opens_it() {
    let mut harness = show(failure(FailureKind::Build));
    harness.get_by_label("hot_ui/src/lib.rs:12:22").click();
    harness.run();
    assert_eq!(harness.state().orders, [open_editor("hot_ui/src/lib.rs", 12, 22)]);
}

#[test]
fn a_panic_shows_where_and_folds_its_frames() {
    let mut harness = show(failure(FailureKind::Fault));
    let message = "index out of bounds: the len is 3 but the index is 7";
    assert!(harness.query_by_label(message).is_some(), "the message is shown once");
    assert!(harness.query_by_label_contains("Board::card").is_none(), "frames are folded");
    harness.get_by_label("⏵ Backtrace (4 lines)").click();
    harness.run();
    assert!(harness.query_by_label_contains("Board::card").is_some(), "frames are unfolded");
    harness.get_by_label("hot_ui/src/board.rs:42:17").click();
    harness.run();
    assert_eq!(harness.state().orders, [open_editor("hot_ui/src/board.rs", 42, 17)]);
}

#[test]
fn each_kind_offers_what_helps() {
    let all = ["Retry", "Previous generation", "Reset state"];
    for (kind, offered) in [
        (FailureKind::Build, vec![]),
        (FailureKind::Rejected, vec![]),
        (FailureKind::Overdue, vec!["Previous generation"]),
        (FailureKind::Fault, all.to_vec()),
    ] {
        let harness = show(failure(kind));
        let found: Vec<&str> =
            all.into_iter().filter(|text| harness.query_by_label(text).is_some()).collect();
        assert_eq!(found, offered, "{kind:?}");
    }
    for (text, order) in [
        ("Retry", Order::Retry("hot_ui".to_owned())),
        ("Previous generation", Order::Rollback("hot_ui".to_owned(), None)),
        ("Reset state", Order::ResetState("hot_ui".to_owned())),
    ] {
        let mut harness = show(failure(FailureKind::Fault));
        harness.get_by_label(text).click();
        harness.run();
        assert_eq!(harness.state().orders, [order]);
    }
}

#[test]
fn g43_a_failure_after_a_migration_offers_the_way_back() {
    let migration = |before| Some(PastMigration { from: 1, to: 2, before });
    let orders = [
        ("Run 1→2 again", Order::RunMigrationAgain("hot_ui".to_owned())),
        ("Back to before it", Order::BackBeforeMigration("hot_ui".to_owned())),
    ];
    for (kind, migration, offered) in [
        (FailureKind::Rejected, migration(Some(Generation(1))), 2),
        (FailureKind::Fault, migration(Some(Generation(1))), 2),
        (FailureKind::Rejected, migration(None), 1),
        (FailureKind::Build, migration(Some(Generation(1))), 0),
        (FailureKind::Rejected, None, 0),
    ] {
        for (index, (text, order)) in orders.iter().enumerate() {
            let mut harness = show_after(failure(kind), migration.clone());
            let is_there = harness.query_by_label(text).is_some();
            assert_eq!(is_there, index < offered, "{text} for {kind:?} after {migration:?}");
            if is_there {
                harness.get_by_label(text).click();
                harness.run();
                assert_eq!(harness.state().orders, std::slice::from_ref(order));
            }
        }
    }
}

#[test]
fn copying_takes_the_full_text() {
    let mut harness = show(failure(FailureKind::Build));
    harness.get_by_label("Copy").click();
    harness.step();
    let commands = &harness.output().platform_output.commands;
    let copied = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.as_str()),
        _ => None,
    });
    let copied = copied.expect("text on the clipboard");
    assert!(copied.contains("hot_ui/src/list.rs:7:22"), "the last error is missing: {copied}");
    assert!(!copied.contains('\u{1b}'), "escapes are left in {copied:?}");
}

#[test]
fn the_panel_can_be_closed() {
    let mut harness = show(failure(FailureKind::Build));
    harness.get_by_label("Close window").click();
    harness.run();
    assert!(!harness.state().open, "still open");
    assert!(harness.query_by_label("Reload error").is_none(), "still drawn");
}

#[test]
fn of_many_errors_only_the_visible_ones_are_laid_out() {
    let mut failure = failure(FailureKind::Build);
    failure.diagnostics =
        (1..=200).map(|line| mismatched_types("hot_ui/src/lib.rs", line)).collect();
    let harness = show(failure);
    let laid_out = harness.query_all_by_label_contains("mismatched types").count();
    assert!((1..10).contains(&laid_out), "{laid_out} of 200 errors are laid out");
}
