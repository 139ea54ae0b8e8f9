//! Tasks and notes in columns.
//!
//! Owns: cards, their order, and the way back from a deletion. Never loses a card: moving is
//! one operation, and a deleted card can be put back.

use crate::examples::EXAMPLES;
use crate::{Card, CardId};
use serde::{Deserialize, Serialize};

/// How many deletions can be taken back; older ones are forgotten so that the state stays small.
pub const DELETED_MAX: usize = 20;

/// Columns of cards, and what the user is doing with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// From left to right.
    pub columns: Vec<Column>,
    /// What stands in the field for a new task.
    pub draft: String,
    /// Only cards that match are shown; see [`Card::matches`].
    pub filter: String,
    /// The card that is open for editing.
    pub editing: Option<CardId>,
    /// What was deleted, the latest last.
    pub deleted: Vec<Deleted>,
    next_id: u64,
}

/// A stage of work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The heading.
    pub title: String,
    /// From top to bottom.
    pub cards: Vec<Card>,
}

/// A deleted card and the place it had.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    /// The card, whole.
    pub card: Card,
    /// Index of its column.
    pub column: usize,
    /// Its index in that column.
    pub row: usize,
}

impl Board {
    /// Puts a task at the top of the first column. A blank title makes none.
    pub fn add(&mut self, title: &str) -> Option<CardId> {
        let title = title.trim();
        let first = self.columns.first_mut().filter(|_| !title.is_empty())?;
        let id = CardId(self.next_id);
        self.next_id += 1;
        first.cards.insert(0, Card { id, title: title.to_owned(), ..Card::default() });
        Some(id)
    }

    /// The column and the row of a card.
    #[must_use]
    pub fn position(&self, id: CardId) -> Option<(usize, usize)> {
        self.columns.iter().enumerate().find_map(|(column, it)| {
            let row = it.cards.iter().position(|card| card.id == id)?;
            Some((column, row))
        })
    }

    /// Moves a card in front of another one of `column`, or to its end.
    ///
    /// A place is named by its neighbour and not by an index, so that it stays true while
    /// cards are filtered out or move. Unknown cards and columns change nothing.
    pub fn move_card(&mut self, id: CardId, column: usize, before: Option<CardId>) {
        let Some((from, row)) = self.position(id) else {
            return;
        };
        if column >= self.columns.len() || before == Some(id) {
            return;
        }
        let card = self.columns[from].cards.remove(row);
        let cards = &mut self.columns[column].cards;
        let to = cards.iter().position(|card| Some(card.id) == before).unwrap_or(cards.len());
        cards.insert(to, card);
    }

    /// Takes a card off the board; [`Self::undo_delete`] puts it back.
    pub fn delete(&mut self, id: CardId) {
        let Some((column, row)) = self.position(id) else {
            return;
        };
        let card = self.columns[column].cards.remove(row);
        if self.editing == Some(id) {
            self.editing = None;
        }
        if self.deleted.len() == DELETED_MAX {
            self.deleted.remove(0);
        }
        self.deleted.push(Deleted { card, column, row });
    }

    /// Puts the card that was deleted last back to where it was.
    pub fn undo_delete(&mut self) {
        let Some(Deleted { card, column, row }) = self.deleted.pop() else {
            return;
        };
        let last = self.columns.len().saturating_sub(1);
        if let Some(column) = self.columns.get_mut(column.min(last)) {
            column.cards.insert(row.min(column.cards.len()), card);
        }
    }
}

impl Default for Board {
    fn default() -> Self {
        let mut board = Self {
            columns: Vec::new(),
            draft: String::new(),
            filter: String::new(),
            editing: None,
            deleted: Vec::new(),
            next_id: 1,
        };
        for (title, cards) in EXAMPLES {
            let cards = cards.iter().map(|&(title, notes, tags, priority)| {
                let id = CardId(board.next_id);
                board.next_id += 1;
                Card { id, title: title.into(), notes: notes.into(), tags: tags.into(), priority }
            });
            let column = Column { title: (*title).into(), cards: cards.collect() };
            board.columns.push(column);
        }
        board
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns: 1 2 3 | 4.
    fn board() -> Board {
        let card = |id| Card { id: CardId(id), title: format!("card {id}"), ..Card::default() };
        let column = |ids: &[u64]| Column {
            title: String::new(),
            cards: ids.iter().copied().map(card).collect(),
        };
        Board { columns: vec![column(&[1, 2, 3]), column(&[4])], next_id: 5, ..Board::default() }
    }

    fn ids(board: &Board) -> Vec<Vec<u64>> {
        let column = |it: &Column| it.cards.iter().map(|card| card.id.0).collect();
        board.columns.iter().map(column).collect()
    }

    #[test]
    fn moving_loses_and_doubles_nothing() {
        let table: [(_, _, _, [&[u64]; 2]); 9] = [
            (1, 1, Some(4), [&[2, 3], &[1, 4]]),
            (1, 1, None, [&[2, 3], &[4, 1]]),
            (1, 0, Some(3), [&[2, 1, 3], &[4]]),
            (3, 0, Some(1), [&[3, 1, 2], &[4]]),
            (1, 0, None, [&[2, 3, 1], &[4]]),
            // In front of itself, of a card elsewhere, to no column, and no such card.
            (2, 0, Some(2), [&[1, 2, 3], &[4]]),
            (2, 0, Some(4), [&[1, 3, 2], &[4]]),
            (2, 7, None, [&[1, 2, 3], &[4]]),
            (9, 1, None, [&[1, 2, 3], &[4]]),
        ];
        for (id, column, before, expected) in table {
            let mut board = board();
            board.move_card(CardId(id), column, before.map(CardId));
            assert_eq!(ids(&board), expected, "card {id} to column {column} before {before:?}");
        }
    }

    #[test]
    fn deleting_is_taken_back_in_reverse_order() {
        let mut board = board();
        board.editing = Some(CardId(2));
        board.delete(CardId(2));
        board.delete(CardId(3));
        assert_eq!(ids(&board), [vec![1], vec![4]]);
        assert_eq!(board.editing, None, "a deleted card cannot stay open");
        board.undo_delete();
        board.undo_delete();
        board.undo_delete();
        assert_eq!(ids(&board), [vec![1, 2, 3], vec![4]]);
    }

    #[test]
    fn an_undo_survives_the_loss_of_its_column() {
        let mut board = board();
        board.delete(CardId(4));
        board.columns.pop();
        board.undo_delete();
        assert_eq!(ids(&board), [vec![4, 1, 2, 3]]);
    }

    #[test]
    fn only_the_last_deletions_are_kept() {
        let mut board = Board::default();
        for n in 0..=DELETED_MAX {
            let id = board.add(&format!("task {n}")).expect("the title is not blank");
            board.delete(id);
        }
        assert_eq!(board.deleted.len(), DELETED_MAX);
        assert_eq!(board.deleted[0].card.title, "task 1");
    }

    #[test]
    fn new_tasks_go_to_the_top_and_get_fresh_names() {
        let mut board = board();
        assert_eq!(board.add("  \t"), None);
        let first = board.add(" a task ").expect("the title is not blank");
        board.delete(first);
        let second = board.add("another").expect("the title is not blank");
        assert_ne!(first, second);
        assert_eq!(board.position(second), Some((0, 0)));
    }

    #[test]
    fn example_cards_have_distinct_names() {
        let board = Board::default();
        let mut all = ids(&board).concat();
        all.dedup();
        assert_eq!(all.len() as u64, board.next_id - 1);
    }
}
