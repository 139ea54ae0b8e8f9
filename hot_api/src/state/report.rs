//! What happened to a state on its way into a type that may have changed.
//!
//! Owns: [`Report`] and its wording. Never: grows with the data; equal things that happen to many
//! elements are one note with a count, under a path with wildcards.

use super::path::{Path, Trail};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Notes listed per kind of outcome; past that only the count grows. More would not be read.
const LISTED_MAX: usize = 100;

/// Why a value is not simply what it was.
///
/// ```
/// use hot_api::state::{Reason, capture, restore};
///
/// let old = capture(&vec!["one"])?;
/// let report = restore::<Vec<u32>>(&old).report;
/// assert!(matches!(report.defaulted.listed[0].reason, Reason::Mismatch { .. }));
/// assert_eq!(report.defaulted.lines(), ["[0]: expected u32, found string; took its default"]);
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The new type has a field that the old one had not.
    Added,
    /// The field was left out when the state was captured, and its type has no serde default.
    NotStored,
    /// The old value is of another kind than the new type wants.
    Mismatch {
        /// What the new type wants.
        expected: String,
        /// What the old state holds.
        found: String,
    },
    /// The enum has this variant no longer.
    UnknownVariant(String),
    /// The type's own `Deserialize` refused the value.
    Refused(String),
    /// The new type has no such field.
    Removed,
    /// Neither the element nor any default in its place was accepted.
    Discarded(String),
    /// The same value, in another type.
    Converted {
        /// The old type.
        from: String,
        /// The new type.
        to: String,
    },
}

impl Reason {
    /// Whether something the old state knew is not in the new one.
    fn loses(&self) -> bool {
        !matches!(self, Self::Added | Self::NotStored | Self::Converted { .. })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("added, took its default"),
            Self::NotStored => f.write_str("was not stored, took its default"),
            Self::Mismatch { expected, found } => {
                write!(f, "expected {expected}, found {found}; took its default")
            }
            Self::UnknownVariant(name) => write!(f, "unknown variant {name}; took its default"),
            Self::Refused(message) => write!(f, "{message}; took its default"),
            Self::Removed => f.write_str("not in the new type, dropped"),
            Self::Discarded(message) => write!(f, "{message}; dropped"),
            Self::Converted { from, to } => write!(f, "{from} became {to}"),
        }
    }
}

/// One thing that happened, to one value or to many of the same kind; a line of [`Notes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Where: `todos[3].due`, or `todos[].due` for many.
    pub path: String,
    /// What and why.
    pub reason: Reason,
    /// To how many values.
    pub count: u64,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// Notes of one kind: a bounded list and the full count; a part of a [`Report`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The first hundred different ones.
    pub listed: Vec<Note>,
    /// How many values are concerned, listed or not.
    pub total: u64,
}

impl Notes {
    /// Whether nothing of this kind happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// One line a note, and a last one when not all are listed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.listed.iter().map(Note::to_string).collect();
        let listed: u64 = self.listed.iter().map(|note| note.count).sum();
        if let more @ 1.. = self.total.saturating_sub(listed) {
            lines.push(format!("… and {more} more"));
        }
        lines
    }
}

impl FromIterator<Note> for Notes {
    fn from_iter<I: IntoIterator<Item = Note>>(notes: I) -> Self {
        let mut all = Self::default();
        for note in notes {
            all.total += note.count;
            if all.listed.len() < LISTED_MAX {
                all.listed.push(note);
            }
        }
        all
    }
}

/// What [`super::restore()`] did, value by value.
///
/// ```
/// use hot_api::state::{capture, restore};
///
/// #[derive(serde::Serialize)]
/// struct Old {
///     page: u16,
///     zoom: f32,
/// }
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct New {
///     page: u64,
/// }
///
/// let report = restore::<New>(&capture(&Old { page: 3, zoom: 1.5 })?).report;
/// assert_eq!((report.kept, report.converted.total, report.lost), (1, 1, 1));
/// assert_eq!(report.dropped.lines(), ["zoom: not in the new type, dropped"]);
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Values (numbers, texts, choices… not the containers around them) that came over, converted ones among them.
    pub kept: u64,
    /// Values of the new state that come from a default.
    pub defaulted: Notes,
    /// Values of the old state that went nowhere.
    pub dropped: Notes,
    /// Values that came over into another type.
    pub converted: Notes,
    /// Values that the old state knew and the new one does not: those dropped, and those defaulted
    /// for any other reason than being new.
    pub lost: u64,
    /// The migrations that ran before, in order. Code from before there were any says nothing.
    #[serde(default)]
    pub migrated: Vec<String>,
    /// What is different in the type since the state was captured, a line each; or why that is not
    /// known.
    #[serde(default)]
    pub schema: Vec<String>,
}

impl fmt::Display for Report {
    /// A summary line, then a line for each note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kept, defaulted, dropped, converted, lost: _, migrated, schema: _ } = self;
        write!(
            f,
            "{kept} kept, {} defaulted, {} dropped, {} converted",
            defaulted.total, dropped.total, converted.total
        )?;
        for step in migrated {
            write!(f, "\nmigrated {step}")?;
        }
        for line in [defaulted, dropped, converted].into_iter().flat_map(Notes::lines) {
            write!(f, "\n{line}")?;
        }
        Ok(())
    }
}

/// Collects the [`Notes`] of one pass.
#[derive(Default)]
pub(super) struct Tally {
    /// Each with its wildcard path, by which equal things are found.
    notes: Vec<(Path, Note)>,
    total: u64,
    lost: u64,
}

impl Tally {
    pub(super) fn add(&mut self, trail: &Trail<'_, '_>, reason: Reason) {
        self.total += 1;
        self.lost += u64::from(reason.loses());
        // Neighbours repeat each other, so the search is short from the end.
        let mut known = self.notes.iter_mut().rev();
        if let Some((wild, note)) =
            known.find(|(wild, note)| note.reason == reason && trail.is_under(wild))
        {
            note.count += 1;
            if note.count == 2 {
                note.path = wild.to_string();
            }
        } else if self.notes.len() < LISTED_MAX {
            let path = trail.path();
            let wild = path.wild();
            // A field is added to the type, whatever number of elements there are.
            let shown = if reason == Reason::Added { &wild } else { &path };
            let note = Note { path: shown.to_string(), reason, count: 1 };
            self.notes.push((wild, note));
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    pub(super) fn into_notes(self) -> Notes {
        Notes { listed: self.notes.into_iter().map(|(_, note)| note).collect(), total: self.total }
    }
}
