//! Where in a schema a value stands.

use crate::snapshot::schema::{Format, Variant};
use std::cell::Cell;

/// A format, and the structs and enums around it that [`Format::Outer`] counts.
#[derive(Clone, Copy)]
pub(super) struct Spot<'f> {
    pub(super) format: &'f Format,
    around: Option<&'f Around<'f>>,
    values: Option<&'f Cell<u64>>,
}

/// A struct or enum on the way in.
pub(super) struct Around<'f> {
    format: &'f Format,
    outer: Option<&'f Self>,
    values: Option<&'f Cell<u64>>,
}

impl<'f> Spot<'f> {
    pub(super) fn root(format: &'f Format) -> Self {
        Self { format, around: None, values: None }
    }

    /// As [`Self::root`]; each [`Self::count`] below counts there.
    pub(super) fn counting(format: &'f Format, values: &'f Cell<u64>) -> Self {
        Self { values: Some(values), ..Self::root(format) }
    }

    /// Notes that a value was read here.
    pub(super) fn count(self) {
        if let Some(values) = self.values {
            values.set(values.get() + 1);
        }
    }

    /// This spot, or the struct or enum further out that it stands for.
    pub(super) fn resolved(self) -> Self {
        let Format::Outer(levels) = self.format else { return self };
        let mut around = self.around;
        for _ in 0..*levels {
            around = around.and_then(|around| around.outer);
        }
        // A schema that was traced never counts past the outermost level; one that was not is
        // refused here, because nothing asks for an `Outer`.
        around.map_or(self, |around| Self { format: around.format, around: around.outer, ..self })
    }

    /// A part that is not inside a struct or enum of its own.
    pub(super) fn part(self, format: &'f Format) -> Self {
        Self { format, ..self }
    }

    /// This struct or enum, as what its parts have around them.
    pub(super) fn enter(self) -> Around<'f> {
        Around { format: self.format, outer: self.around, values: self.values }
    }

    /// The fields, if this is a struct.
    pub(super) fn fields(self) -> Option<&'f [(String, Format)]> {
        match self.format {
            Format::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// The variants, if this is an enum.
    pub(super) fn variants(self) -> Option<&'f [Variant]> {
        match self.format {
            Format::Enum(variants) => Some(variants),
            _ => None,
        }
    }

    /// What differs, for messages.
    pub(super) fn mismatch(self, found: &str) -> String {
        format!("{found} instead of {}", self.format.kind())
    }
}

impl<'f> Around<'f> {
    /// A part of this struct or enum.
    pub(super) fn part(&'f self, format: &'f Format) -> Spot<'f> {
        Spot { format, around: Some(self), values: self.values }
    }
}
