//! A state as applications have it: texts, numbers, options, enums and lists in each record.

use serde::{Deserialize, Serialize};

/// Any number of records.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Records {
    /// In order of their numbers.
    pub records: Vec<Record>,
}

/// One of many.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "made up, to be carried over")]
pub struct Record {
    pub id: u64,
    pub title: String,
    pub notes: String,
    pub tags: Vec<String>,
    pub due: Option<u32>,
    pub is_done: bool,
    pub position: (f32, f32),
    pub shape: Shape,
}

/// All forms of variants.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "made up, to be carried over")]
pub enum Shape {
    #[default]
    Dot,
    Circle(f32),
    Line {
        points: Vec<(f32, f32)>,
    },
}

impl Records {
    /// As many, each another one.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self { records: (0..count).map(Record::numbered).collect() }
    }

    /// As many, each with a text of that many bytes.
    #[must_use]
    pub fn with_texts(count: usize, length: usize) -> Self {
        let mut records = Self::of(count);
        for record in &mut records.records {
            record.notes = "lorem ".repeat(length / 6);
        }
        records
    }
}

impl Record {
    fn numbered(n: usize) -> Self {
        let at = n as f32;
        Self {
            id: n as u64,
            title: format!("Record {n} of the list"),
            notes: format!(
                "What somebody wrote about {n} on a long afternoon, read by nobody since"
            ),
            tags: (0..n % 4).map(|tag| format!("tag {tag}")).collect(),
            due: n.is_multiple_of(3).then_some(n as u32),
            is_done: n.is_multiple_of(2),
            position: (at, -at),
            shape: match n % 3 {
                0 => Shape::Dot,
                1 => Shape::Circle(at),
                _ => Shape::Line { points: vec![(at, at), (0.5, at)] },
            },
        }
    }
}
