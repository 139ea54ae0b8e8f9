//! The pages, driven as a user drives them: through accessible names, keys and the pointer.
//!
//! The harness also fails on characters without a glyph and on controls without a name.

use crate::HotUi;
use crate::style;
use egui_kittest::{Harness, kittest::Queryable as _};
use hot_api::egui::{self, Key};
use state::{App, Page};

fn open(page: Page) -> Harness<'static, App> {
    let mut module = HotUi::default();
    let app = App { page, ..App::default() };
    let builder = Harness::builder().with_size([1280.0, 720.0]);
    let mut harness = builder.with_context_setup(style::apply).build_ui_state(
        move |ui, app: &mut App| {
            module.advance(app, ui.ctx());
            module.show(app, ui, 1);
        },
        app,
    );
    settle(&mut harness);
    harness
}

/// A few frames: enough for one reaction, and a running page never comes to rest.
fn settle(harness: &mut Harness<'static, App>) {
    harness.run_steps(4);
}

fn titles(harness: &Harness<'_, App>, column: usize) -> Vec<String> {
    let cards = &harness.state().board.columns[column].cards;
    cards.iter().map(|card| card.title.clone()).collect()
}

/// Where the first widget of that name is.
fn rect(harness: &Harness<'_, App>, name: &str) -> egui::Rect {
    let node = harness.get_all_by_label(name).next();
    node.unwrap_or_else(|| panic!("nothing is called {name:?}")).rect()
}

/// Presses on one widget, moves in steps, and lets go at `to`.
fn drag(harness: &mut Harness<'static, App>, from: egui::Pos2, to: egui::Pos2) {
    harness.hover_at(from);
    settle(harness);
    harness.drag_at(from);
    settle(harness);
    for t in [0.25, 0.5, 0.75, 1.0] {
        harness.hover_at(from.lerp(to, t));
        harness.step();
    }
    settle(harness);
    harness.drop_at(to);
    settle(harness);
}

#[test]
fn a_task_is_typed_and_added_by_button_and_by_key() {
    let mut harness = open(Page::Board);
    let before = titles(&harness, 0);
    harness.get_by_label("New task").click();
    settle(&mut harness);
    harness.get_by_label("New task").type_text("Water the plants");
    settle(&mut harness);
    harness.get_by_label("Add task").click();
    settle(&mut harness);
    // The field has the focus again and is empty: the next one can be typed at once.
    harness.get_by_label("New task").type_text("Buy soil");
    settle(&mut harness);
    harness.key_press(Key::Enter);
    settle(&mut harness);
    assert_eq!(titles(&harness, 0)[..2], ["Buy soil", "Water the plants"]);
    assert_eq!(titles(&harness, 0)[2..], before);
    assert_eq!(harness.state().board.draft, "");
}

#[test]
fn a_card_is_edited_in_place() {
    let mut harness = open(Page::Board);
    harness.get_by_label("Start the host").click();
    settle(&mut harness);
    assert!(harness.get_by_label("Title").is_focused(), "typing starts in the title");
    harness.get_by_label("Notes").click();
    settle(&mut harness);
    harness.get_by_label("Notes").type_text("!\nsecond line");
    settle(&mut harness);
    harness.get_by_label("High").click();
    settle(&mut harness);
    harness.key_press(Key::Escape);
    settle(&mut harness);
    let card = &harness.state().board.columns[2].cards[0];
    assert!(card.notes.contains("!\nsecond line"), "notes are {:?}", card.notes);
    assert_eq!(card.priority, state::Priority::High);
    assert_eq!(harness.state().board.editing, None);
}

#[test]
fn a_card_is_dragged_to_another_column_and_within_one() {
    let mut harness = open(Page::Board);
    let moved = "Start the host";
    let from = harness.get_by_label(moved).rect().center();
    let target = harness.get_by_label("Drag this card somewhere else").rect();
    drag(&mut harness, from, target.center() - egui::vec2(0.0, 20.0));
    assert_eq!(
        titles(&harness, 1),
        ["Change a colour while this runs", moved, "Drag this card somewhere else"]
    );
    assert!(!titles(&harness, 2).contains(&moved.to_owned()));

    // To the free space below: the end of the same column.
    let from = harness.get_by_label(moved).rect().center();
    drag(&mut harness, from, egui::pos2(from.x, 690.0));
    assert_eq!(titles(&harness, 1)[2], moved);

    // Dropped where it was: nothing moves.
    let before = harness.state().board.clone();
    let from = harness.get_by_label(moved).rect().center();
    drag(&mut harness, from, from + egui::vec2(12.0, 6.0));
    assert_eq!(harness.state().board, before);
}

#[test]
fn a_deletion_is_taken_back() {
    let mut harness = open(Page::Board);
    let before = titles(&harness, 0);
    harness.get_by_label(&before[1]).click();
    settle(&mut harness);
    harness.get_by_label("Delete").click();
    settle(&mut harness);
    assert_eq!(titles(&harness, 0).len(), before.len() - 1);
    let undo = harness.get_by_label("Undo delete");
    let lowest = harness.get_by_label("Rename a field of Card").rect().bottom();
    assert!(undo.rect().top() > lowest && undo.rect().bottom() < 720.0, "{}", undo.rect());
    undo.click();
    settle(&mut harness);
    assert_eq!(titles(&harness, 0), before);
    assert!(harness.query_by_label("Undo delete").is_none(), "nothing is left to take back");
}

#[test]
fn the_filter_hides_cards_and_keeps_them() {
    let mut harness = open(Page::Board);
    let before = harness.state().board.columns.clone();
    harness.get_by_label("Filter tasks").click();
    settle(&mut harness);
    harness.get_by_label("Filter tasks").type_text("colour");
    settle(&mut harness);
    assert!(harness.query_by_label("Change a colour while this runs").is_some());
    assert!(harness.query_by_label("Start the host").is_none());
    assert!(harness.query_by_label("1 of 2").is_some(), "the column says that it hides a card");
    harness.get_by_label("Clear").click();
    settle(&mut harness);
    assert!(harness.query_by_label("Start the host").is_some());
    assert_eq!(harness.state().board.columns, before);
}

#[test]
fn the_tabs_lead_to_their_pages() {
    let mut harness = open(Page::Board);
    for page in [Page::Signals, Page::Table, Page::Canvas, Page::Board] {
        harness.get_by_label(page.name()).click();
        settle(&mut harness);
        assert_eq!(harness.state().page, page);
    }
}

#[test]
fn the_table_filters_and_sorts() {
    let mut harness = open(Page::Table);
    harness.get_by_label("10,000 of 10,000 rows");
    harness.get_by_label("Filter rows").click();
    settle(&mut harness);
    harness.get_by_label("Filter rows").type_text("-0042");
    settle(&mut harness);
    harness.get_by_label("1 of 10,000 rows");
    harness.get_by_label("Clear").click();
    settle(&mut harness);
    harness.get_by_label("10,000 of 10,000 rows");

    harness.get_by_label("Sort by No.").click();
    settle(&mut harness);
    assert!(harness.state().table.descending);
    assert!(harness.query_by_label("10,000").is_some(), "the last row is on top");
    assert!(harness.query_by_label("5,000").is_none(), "only rows on screen are laid out");
}

#[test]
fn signals_are_sampled_until_paused() {
    let mut harness = open(Page::Signals);
    harness.run_steps(20);
    let taken = harness.state().signals.taken;
    assert!(taken > 0, "the page samples while it is shown");
    harness.get_by_label("Pause").click();
    settle(&mut harness);
    let paused = harness.state().signals.taken;
    harness.run_steps(20);
    assert_eq!(harness.state().signals.taken, paused);
    harness.get_by_label("Resume").click();
    harness.run_steps(20);
    assert!(harness.state().signals.taken > paused);
}

#[test]
fn the_stone_turns_by_itself_and_by_hand() {
    let mut harness = open(Page::Canvas);
    let before = harness.state().canvas.yaw;
    harness.run_steps(10);
    assert_ne!(harness.state().canvas.yaw, before, "it spins");
    harness.get_by_label("Spin").click();
    settle(&mut harness);
    let before = harness.state().canvas.clone();
    harness.run_steps(10);
    assert_eq!(harness.state().canvas, before, "it stands still");
    let centre = harness.get_by_label("Stone").rect().center();
    drag(&mut harness, centre, centre + egui::vec2(40.0, 0.0));
    let turned = harness.state().canvas.yaw - before.yaw;
    assert!((0.2..0.5).contains(&turned), "turned by {turned} radians");
}

/// An idle page must not ask for frames: that is what keeps the application below one per cent
/// of a core when nobody touches it.
#[test]
fn pages_without_movement_are_idle() {
    for page in [Page::Board, Page::Table, Page::Signals, Page::Canvas] {
        let mut harness = open(page);
        harness.state_mut().signals.running = false;
        harness.state_mut().canvas.spinning = false;
        harness.run();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert_eq!(delay, std::time::Duration::MAX, "{page:?} asks for another frame");
    }
}

#[test]
fn a_card_without_a_title_can_still_be_opened() {
    let mut harness = open(Page::Board);
    harness.state_mut().board.columns[2].cards[0].title.clear();
    settle(&mut harness);
    harness.get_by_label("Untitled").click();
    settle(&mut harness);
    assert!(harness.get_by_label("Title").is_focused());
}

/// A pause is no time: the plot goes on where it stopped.
#[test]
fn resuming_does_not_make_up_for_the_pause() {
    let mut harness = open(Page::Signals);
    harness.state_mut().signals.running = false;
    harness.run_steps(200);
    harness.state_mut().signals.running = true;
    let before = harness.state().signals.now_seconds();
    harness.step();
    assert_eq!(harness.state().signals.now_seconds(), before);
}

/// 1280×720 at a zoom of 1.5: every control is inside the window, and none has shrunk.
#[test]
fn a_small_window_shows_all_controls() {
    let small = egui::vec2(853.0, 480.0);
    let window = egui::Rect::from_min_size(egui::Pos2::ZERO, small);
    for (page, names) in [
        (Page::Board, ["New task", "Add task", "Filter tasks", "Doing", "Start the host"]),
        (Page::Signals, ["Pause", "Clear samples", "Window", "Sine", "Sine frequency"]),
        (Page::Table, ["Filter rows", "Sort by No.", "Sort by Memory", "System", "Light"]),
        (Page::Canvas, ["Cut", "Hue", "Spin", "Speed", "Reset stone"]),
    ] {
        let mut harness = open(page);
        let before = names.map(|name| rect(&harness, name));
        harness.set_size(small);
        settle(&mut harness);
        for (name, before) in names.into_iter().zip(before) {
            let now = rect(&harness, name);
            assert!(window.contains_rect(now), "{name} on {page:?} is at {now}");
            assert_eq!(now.size(), before.size(), "{name} on {page:?}");
        }
    }
}

#[test]
fn the_stats_view_counts_cards_and_samples() {
    let mut app = App::default();
    app.signals.advance(0.5);
    let mut harness = Harness::builder()
        .with_context_setup(style::apply)
        .build_ui_state(|ui, app: &mut App| crate::stats::show(ui, app), app);
    harness.run();
    harness.get_by_label("0.5 s sampled");
    harness.get_by_label("Backlog: 3");
}
