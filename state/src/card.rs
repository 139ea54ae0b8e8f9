//! A task with its notes.

use serde::{Deserialize, Serialize};

/// Names a card for as long as the board lives; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CardId(pub(crate) u64);

/// A task with its notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Unique on the board.
    pub id: CardId,
    /// One line.
    pub title: String,
    /// Free text of many lines.
    pub notes: String,
    /// Words separated by commas, exactly as typed; see [`Card::tags`].
    pub tags: String,
    /// How much it matters.
    pub priority: Priority,
}

/// How much a task matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Priority {
    /// Some day.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// Before the others.
    High,
}

impl Priority {
    /// From least to most.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// What the user reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::Normal => "Normal",
            Self::High => "High",
        }
    }
}

impl Card {
    /// The single tags, without blanks and without empty ones.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty())
    }

    /// Whether every word of `filter` occurs in title, notes or tags, ignoring case.
    #[must_use]
    pub fn matches(&self, filter: &str) -> bool {
        let text = format!("{}\n{}\n{}", self.title, self.notes, self.tags).to_lowercase();
        filter.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_looks_at_everything_a_card_says() {
        let card = Card {
            title: "Paint the fence".into(),
            notes: "Green or blue?".into(),
            tags: "garden, , House ".into(),
            ..Card::default()
        };
        for (filter, expected) in
            [("", true), ("FENCE", true), ("house blue", true), ("fence red", false)]
        {
            assert_eq!(card.matches(filter), expected, "filter {filter:?}");
        }
        assert_eq!(card.tags().collect::<Vec<_>>(), ["garden", "House"]);
    }
}
