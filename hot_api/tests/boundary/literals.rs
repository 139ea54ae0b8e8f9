//! Values in place of literals, through the table.

use crate::driver::Driver;
use crate::script::{Script, note, play, seen};
use hot_api::abi::{LITERAL_MARK, LiteralEdit, Slice, code, literal_kind};
use hot_api::tweak;

/// The line of the two literals below.
const LINE: u32 = line!() + 3;

fn run() {
    note("shown", format!("{} {}", tweak!(7u8), tweak!("text")));
}

fn edit<'a>(place: &'a str, compiled: &'a str, kind: u32, value: &'a str) -> LiteralEdit {
    let text = |text: &'a str| Slice::new(text.as_bytes());
    LiteralEdit { place: text(place), compiled: text(compiled), value: text(value), index: 0, kind }
}

#[test]
fn values_are_taken_replaced_and_refused_with_the_reason() {
    play(Script { create: |_| run(), ui: |_, _, _, _| run(), ..Script::default() });
    let place = |column: u32| format!("{LITERAL_MARK}{}:{LINE}:{column}\n", file!());
    let (number, text) = (place(36), place(49));
    let mut driver = Driver::idle();
    let edits = [edit(&number, "7u8", literal_kind::INTEGER, "9")];
    assert_eq!(driver.set_literals(&edits), code::OK, "without an instance");
    assert_eq!(driver.create(&[]), code::OK);
    assert_eq!(seen("shown"), "9 text", "from the first run on");

    assert_eq!(
        driver.set_literals(&[edit(&text, "\"text\"", literal_kind::TEXT, "other")]),
        code::OK
    );
    driver.settle(1);
    assert_eq!(seen("shown"), "7 other", "one set replaces the other");

    let edits = [edit(&number, "7u8", literal_kind::INTEGER, "300")];
    assert_eq!(driver.set_literals(&edits), code::REFUSED);
    let fault = driver.take_fault();
    assert!(fault.message.ends_with("`300` is no value of type u8"), "{fault:?}");
    let bytes = LiteralEdit { value: Slice::new(&[0xff]), ..edits[0] };
    assert_eq!(driver.set_literals(&[bytes]), code::REFUSED, "no text");
    driver.take_fault();
    driver.settle(1);
    assert_eq!(seen("shown"), "7 other", "as before");

    driver.destroy();
    assert_eq!(driver.create(&[]), code::OK);
    assert_eq!(seen("shown"), "7 text", "nothing outlives the instance");
}
