//! How earlier versions of the state become today's.
//!
//! Owns: a step for each version before today's. A step never changes again once it was
//! merged; `golden/` holds a state of each version, which a test reads through them.

use hot_api::Migration;
use hot_api::state::{EditError, Tree};

/// From version 1 to today's, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "the text of a card is called notes", text_to_notes),
    Migration::new(2, "the order of the table is a column and a direction", split_sort),
];

fn text_to_notes(state: &mut Tree) -> Result<(), EditError> {
    state.rename("board.columns[].cards[].text", "notes")?;
    state.rename("board.deleted[].card.text", "notes")
}

/// `-Latency` was the largest latency first.
fn split_sort(state: &mut Tree) -> Result<(), EditError> {
    state.split("table.sort", &["sort", "descending"], |sort: String| {
        match sort.strip_prefix('-') {
            Some(column) => (column.to_owned(), true),
            None => (sort, false),
        }
    })
}
