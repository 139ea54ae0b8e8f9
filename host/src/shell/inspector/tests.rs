//! The inspector as people and scripts use it, on a state that the test hands over.

use super::*;
use egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use hot_api::state::Path;

struct Shown {
    inspector: Inspector,
    orders: Vec<Order>,
}

fn state() -> Tree {
    let card = |title: &str, votes: u32| {
        Tree::Struct(vec![("title".into(), title.into()), ("votes".into(), votes.into())])
    };
    Tree::Struct(vec![
        ("filter".into(), "".into()),
        ("cards".into(), Tree::Seq(vec![card("paint", 3), card("press", 4)])),
    ])
}

fn show() -> Harness<'static, Shown> {
    let mut inspector = Inspector::new("hot_ui".to_owned());
    inspector.take(Ok(TakenState { state: state(), bytes: 1_250 }));
    let mut harness = Harness::builder().with_size(Vec2::new(600.0, 500.0)).build_ui_state(
        |ui, shown: &mut Shown| {
            let ctx = ui.ctx().clone();
            shown.inspector.show(&ctx, &mut shown.orders);
        },
        Shown { inspector, orders: Vec::new() },
    );
    harness.run();
    harness
}

fn unfold(harness: &mut Harness<'static, Shown>, names: &[&str]) {
    for name in names {
        harness.get_by_label(&format!("⏵ {name}")).click();
        harness.run();
    }
}

#[test]
fn r14_names_types_and_sizes_are_listed() {
    let mut harness = show();
    let size = |tree: &Tree| bytes(tree.encode().len() as u64);
    let filter = size(&"".into());
    harness.get_by_label(&format!("string · {filter}"));
    let cards = state().field("cards").map(size).expect("it has cards");
    harness.get_by_label(&format!("list · {cards}"));
    harness.get_by_label("1.2 kB");
    unfold(&mut harness, &["cards", "[1]"]);
    harness.get_by_label("\"press\"");
}

#[test]
fn a_search_lists_what_it_finds_with_its_path() {
    let mut harness = show();
    harness.get_by_label("Search").focus();
    harness.run();
    harness.get_by_label("Search").type_text("press");
    harness.run();
    harness.get_by_label("cards[1].title");
    assert!(harness.query_by_label("filter").is_none(), "it holds nothing of the kind");
}

#[test]
fn a_value_is_changed_by_typing_another_of_its_type() {
    let mut harness = show();
    unfold(&mut harness, &["cards", "[1]"]);
    harness.get_by_label("4").click();
    harness.run();
    let field = || egui::accesskit::Role::TextInput;
    let typed = harness.get_all_by_role(field()).last().expect("a field to type in");
    typed.type_text("x");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label_contains("is no u32");
    assert_eq!(harness.state().orders, [], "nothing changes by what is no number");
    for key in [Key::End, Key::Backspace] {
        harness.key_press(key);
        harness.run();
    }
    harness.get_all_by_role(field()).last().expect("still there").type_text("2");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let orders = std::mem::take(&mut harness.state_mut().orders);
    let [Order::EditState(module, edit)] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!(module, "hot_ui");

    let votes = Path::root().field("cards").item(1).field("votes");
    let mut same = state();
    assert_eq!(edit.apply_to(&mut same), Ok(()));
    assert_eq!(same.get(&votes), Some(&Tree::from(42_u32)));
    let refused = edit.apply_to(&mut same);
    assert!(refused.is_err_and(|why| why.contains("meanwhile")), "it is no longer 4");
}

#[test]
fn escape_leaves_the_value_as_it_is() {
    let mut harness = show();
    unfold(&mut harness, &["cards", "[0]"]);
    harness.get_by_label("3").click();
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    harness.get_by_label("3");
    assert_eq!(harness.state().orders, []);
}
