//! Ten thousand generated rows, and which of them are shown in which order.
//!
//! Owns: the rows and the result of the last filter and sort. Never part of the state: the same
//! rows can be made again, and the result follows from them.

use state::{SortColumn, Table};
use std::cmp::Ordering;

/// How many rows there are.
pub(crate) const ROWS: u32 = 10_000;

/// How a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// It answers.
    Online,
    /// It answers late.
    Slow,
    /// It does not answer.
    Offline,
}

impl Status {
    /// What the user reads.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Slow => "slow",
            Self::Offline => "offline",
        }
    }
}

/// A machine that does not exist.
#[derive(Debug)]
pub(crate) struct Row {
    /// From 1, in the order they were made.
    pub(crate) number: u32,
    /// Its name.
    pub(crate) host: String,
    /// Where it stands.
    pub(crate) region: &'static str,
    /// How it is.
    pub(crate) status: Status,
    /// How long it takes to answer, in milliseconds.
    pub(crate) latency_ms: f32,
    /// How much memory it uses, in mebibytes.
    pub(crate) memory_mib: u32,
}

/// All rows, and those that are shown.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    all: Vec<Row>,
    shown: Vec<u32>,
    /// What `shown` was made for.
    made_for: Option<(String, SortColumn, bool)>,
}

impl Rows {
    /// Filters and sorts, if `table` asks for something other than last time.
    pub(crate) fn refresh(&mut self, table: &Table) {
        if self.all.is_empty() {
            self.all = (0..ROWS).map(generate).collect();
        }
        let same = self.made_for.as_ref().is_some_and(|(filter, sort, descending)| {
            (filter, sort, descending) == (&table.filter, &table.sort, &table.descending)
        });
        if same {
            return;
        }
        let words: Vec<String> =
            table.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let all = &self.all;
        self.shown.clear();
        self.shown.extend((0..ROWS).filter(|&n| all[n as usize].matches(&words)));
        // The index breaks ties, so that equal rows keep their order and sorting is repeatable.
        self.shown.sort_unstable_by(|&a, &b| {
            all[a as usize].compare(&all[b as usize], table.sort).then(a.cmp(&b))
        });
        if table.descending {
            self.shown.reverse();
        }
        self.made_for = Some((table.filter.clone(), table.sort, table.descending));
    }

    /// How many are shown.
    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The nth of those shown.
    pub(crate) fn shown(&self, n: usize) -> &Row {
        &self.all[self.shown[n] as usize]
    }

    /// A row by its number, shown or not.
    pub(crate) fn by_number(&self, number: u32) -> Option<&Row> {
        self.all.get(number.checked_sub(1)? as usize)
    }
}

impl Row {
    /// Whether each word, in lower case, occurs somewhere; all texts here are lower case.
    fn matches(&self, words: &[String]) -> bool {
        words.iter().all(|word| {
            let word = word.as_str();
            self.host.contains(word)
                || self.region.contains(word)
                || self.status.name().contains(word)
        })
    }

    fn compare(&self, other: &Self, column: SortColumn) -> Ordering {
        match column {
            SortColumn::Number => self.number.cmp(&other.number),
            SortColumn::Host => self.host.cmp(&other.host),
            SortColumn::Region => self.region.cmp(other.region),
            SortColumn::Status => self.status.cmp(&other.status),
            SortColumn::Latency => self.latency_ms.total_cmp(&other.latency_ms),
            SortColumn::Memory => self.memory_mib.cmp(&other.memory_mib),
        }
    }
}

fn generate(n: u32) -> Row {
    const COLOURS: [&str; 8] =
        ["amber", "cobalt", "crimson", "ivory", "jade", "olive", "teal", "umber"];
    const ANIMALS: [&str; 9] =
        ["badger", "crane", "falcon", "heron", "lynx", "marten", "otter", "raven", "viper"];
    const REGIONS: [&str; 6] = ["berlin", "lima", "nairobi", "osaka", "toronto", "wellington"];

    let mut bits = scramble(u64::from(n));
    let mut pick = |count: u64| {
        let choice = bits % count;
        bits /= count;
        choice as usize
    };
    let host = format!("{}-{}-{:04}", COLOURS[pick(8)], ANIMALS[pick(9)], n + 1);
    let region = REGIONS[pick(6)];
    let status = match pick(20) {
        0 => Status::Offline,
        1..4 => Status::Slow,
        _ => Status::Online,
    };
    let base = if status == Status::Slow { 250.0 } else { 4.0 };
    Row {
        number: n + 1,
        host,
        region,
        status,
        latency_ms: base + pick(2000) as f32 / 10.0,
        memory_mib: 64 + pick(8000) as u32,
    }
}

/// Spreads a counter over all bits (splitmix64): the same rows on every machine.
fn scramble(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rows: &Rows) -> Vec<u32> {
        (0..rows.len()).map(|n| rows.shown(n).number).collect()
    }

    #[test]
    fn everything_is_shown_without_a_filter() {
        let mut rows = Rows::default();
        rows.refresh(&Table::default());
        assert_eq!(numbers(&rows), (1..=ROWS).collect::<Vec<_>>());
    }

    #[test]
    fn every_column_sorts_both_ways() {
        let mut rows = Rows::default();
        for sort in [
            SortColumn::Number,
            SortColumn::Host,
            SortColumn::Region,
            SortColumn::Status,
            SortColumn::Latency,
            SortColumn::Memory,
        ] {
            rows.refresh(&Table { sort, ..Table::default() });
            let sorted =
                (1..rows.len()).all(|n| rows.shown(n - 1).compare(rows.shown(n), sort).is_le());
            assert!(sorted, "ascending by {sort:?}");
            let mut ascending = numbers(&rows);
            rows.refresh(&Table { sort, descending: true, ..Table::default() });
            ascending.reverse();
            assert_eq!(numbers(&rows), ascending, "descending by {sort:?}");
        }
    }

    #[test]
    fn all_words_of_the_filter_count() {
        let mut rows = Rows::default();
        rows.refresh(&Table { filter: " Offline  osaka".into(), ..Table::default() });
        let count =
            rows.all.iter().filter(|row| row.region == "osaka" && row.status == Status::Offline);
        assert_eq!(rows.len(), count.count());
        assert!(rows.len() > 0, "the generated rows have offline machines in osaka");
        rows.refresh(&Table { filter: "no such machine".into(), ..Table::default() });
        assert_eq!(rows.len(), 0);
    }

    #[test]
    fn rows_are_found_by_number() {
        let mut rows = Rows::default();
        rows.refresh(&Table::default());
        assert!(rows.by_number(0).is_none());
        assert_eq!(rows.by_number(ROWS).map(|row| row.number), Some(ROWS));
        assert!(rows.by_number(ROWS + 1).is_none());
    }
}
