//! How the big table is looked at. Its rows are generated and belong to `hot_ui`.

use serde::{Deserialize, Serialize};

/// Filter, order and selection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Only rows that contain every word of it are shown.
    pub filter: String,
    /// The column that gives the order.
    pub sort: SortColumn,
    /// The largest first.
    pub descending: bool,
    /// The row that was clicked, by its number (not by its place).
    pub selected: Option<u32>,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortColumn {
    /// The row's number.
    #[default]
    Number,
    /// Name of the machine.
    Host,
    /// Where it stands.
    Region,
    /// How it is.
    Status,
    /// How long it takes to answer.
    Latency,
    /// How much memory it uses.
    Memory,
}

impl Table {
    /// Sorts by `column`; a second time turns the order round.
    pub fn sort_by(&mut self, column: SortColumn) {
        self.descending = self.sort == column && !self.descending;
        self.sort = column;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_twice_turns_round_and_another_column_starts_again() {
        let mut table = Table::default();
        let mut step = |column| {
            table.sort_by(column);
            (table.sort, table.descending)
        };
        assert_eq!(step(SortColumn::Latency), (SortColumn::Latency, false));
        assert_eq!(step(SortColumn::Latency), (SortColumn::Latency, true));
        assert_eq!(step(SortColumn::Host), (SortColumn::Host, false));
        assert_eq!(step(SortColumn::Number), (SortColumn::Number, false));
    }
}
