//! Where in a schema a value stands.
//!
//! Owns: the format of the value that comes next, and the structs and enums around it, which
//! [`Format::Outer`] counts. Never: knows whether the value is read or written.

use super::Mismatch;
use crate::state::MAX_DEPTH;
use crate::state::schema::{Format, Variant};

/// Elements of a list whose elements take no bytes: nothing else bounds how many a file claims.
const COUNT_OF_NOTHING_MAX: usize = 1 << 20;

pub(super) struct Cursor<'f> {
    next: &'f Format,
    around: Vec<Around<'f>>,
    /// The place of the innermost one in `around`; not always the last, because a recursive type
    /// goes back to one further out.
    inner: Option<usize>,
}

struct Around<'f> {
    format: &'f Format,
    outer: Option<usize>,
}

/// What [`Cursor::leave`] goes back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    count: usize,
    inner: Option<usize>,
}

/// The parts of a container, in the order in which they come.
#[derive(Clone, Copy)]
pub(super) enum Parts<'f> {
    Each(&'f Format),
    /// Keys and values in turn.
    Pairs(&'f (Format, Format)),
    Slots(&'f [Format]),
    Fields(&'f [(String, Format)]),
}

/// A variant, and what its number and name stand for.
pub(super) struct Chosen<'f> {
    pub(super) variant: &'f Variant,
    pub(super) mark: Mark,
}

impl<'f> Cursor<'f> {
    pub(super) fn new(root: &'f Format) -> Self {
        Self { next: root, around: Vec::new(), inner: None }
    }

    /// The format that comes next, and the place of what is around it.
    #[inline]
    fn resolved(&self) -> (&'f Format, Option<usize>) {
        let Format::Outer(levels) = self.next else { return (self.next, self.inner) };
        let mut at = self.inner;
        for _ in 0..*levels {
            at = at.and_then(|at| self.around[at].outer);
        }
        // A schema that was traced never counts past the outermost level; one that was not is
        // refused, because nobody asks for an `Outer`.
        at.map_or((self.next, self.inner), |at| (self.around[at].format, self.around[at].outer))
    }

    #[inline]
    fn enter(&mut self, format: &'f Format, outer: Option<usize>) -> Result<Mark, Mismatch> {
        if self.around.len() >= MAX_DEPTH {
            return Err(Mismatch::new(format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        let mark = Mark { count: self.around.len(), inner: self.inner };
        self.inner = Some(mark.count);
        self.around.push(Around { format, outer });
        Ok(mark)
    }

    /// Back to before a struct or an enum was entered.
    #[inline]
    pub(super) fn leave(&mut self, mark: Mark) {
        self.around.truncate(mark.count);
        self.inner = mark.inner;
    }

    /// Where it is now, for containers that are no types of their own.
    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { count: self.around.len(), inner: self.inner }
    }

    /// What is wrong, for messages.
    pub(super) fn mismatch(&self, found: &str) -> Mismatch {
        Mismatch::new(format!("{found} instead of {}", self.resolved().0.kind()))
    }

    /// Moves into an option.
    #[inline]
    pub(super) fn option(&mut self) -> Result<(), Mismatch> {
        let Format::Option(inner) = self.next else { return Err(self.mismatch("an option")) };
        self.next = inner;
        Ok(())
    }

    #[inline]
    pub(super) fn simple(
        &self,
        is_right: fn(&Format) -> bool,
        found: &str,
    ) -> Result<(), Mismatch> {
        if is_right(self.next) { Ok(()) } else { Err(self.mismatch(found)) }
    }

    #[inline]
    pub(super) fn list(&self, count: usize) -> Result<Parts<'f>, Mismatch> {
        let Format::List(item) = self.next else { return Err(self.mismatch("a list")) };
        limit(count, takes_bytes(item))?;
        Ok(Parts::Each(item))
    }

    pub(super) fn map(&self, count: usize) -> Result<Parts<'f>, Mismatch> {
        let Format::Map(pair) = self.next else { return Err(self.mismatch("a map")) };
        limit(count, takes_bytes(&pair.0) || takes_bytes(&pair.1))?;
        Ok(Parts::Pairs(pair))
    }

    #[inline]
    pub(super) fn tuple(&self, count: usize) -> Result<Parts<'f>, Mismatch> {
        match self.next {
            Format::Tuple(slots) if slots.len() == count => Ok(Parts::Slots(slots)),
            _ => Err(self.mismatch("a tuple of another length")),
        }
    }

    /// Moves into a struct.
    #[inline]
    pub(super) fn fields(
        &mut self,
        is_right: impl FnOnce(&[(String, Format)]) -> bool,
    ) -> Result<(Mark, Parts<'f>), Mismatch> {
        match self.resolved() {
            (format @ Format::Struct(fields), outer) if is_right(fields) => {
                Ok((self.enter(format, outer)?, Parts::Fields(fields)))
            }
            _ => Err(self.mismatch("a struct of other fields")),
        }
    }

    /// The variants of the enum that comes next, and what is around it.
    #[inline]
    pub(super) fn variants(&self) -> Result<&'f [Variant], Mismatch> {
        match self.resolved().0 {
            Format::Enum(variants) => Ok(variants),
            _ => Err(self.mismatch("an enum")),
        }
    }

    /// Moves into an enum, to the body of a variant.
    #[inline]
    pub(super) fn variant(&mut self, index: u32) -> Result<Chosen<'f>, Mismatch> {
        let (format, outer) = self.resolved();
        let variant = self.variants()?.get(index as usize);
        let variant =
            variant.ok_or_else(|| Mismatch::new(format!("there is no variant {index}")))?;
        let mark = self.enter(format, outer)?;
        self.next = &variant.body;
        Ok(Chosen { variant, mark })
    }

    /// Moves to the part with that number, which may have a name.
    #[inline]
    pub(super) fn part(
        &mut self,
        parts: Parts<'f>,
        index: usize,
        name: Option<&str>,
    ) -> Result<(), Mismatch> {
        self.next = match (parts, name) {
            (Parts::Each(item), _) => item,
            (Parts::Pairs(pair), _) if index.is_multiple_of(2) => &pair.0,
            (Parts::Pairs(pair), _) => &pair.1,
            (Parts::Slots(slots), _) => {
                slots.get(index).ok_or_else(|| Mismatch::new("one part too many"))?
            }
            (Parts::Fields(fields), name) => match (fields.get(index), name) {
                (Some((known, field)), Some(name)) if known == name => field,
                (Some((_, field)), None) => field,
                (_, name) => {
                    let name = name.unwrap_or_default();
                    return Err(Mismatch::new(format!("field {name} out of its order")));
                }
            },
        };
        Ok(())
    }
}

impl Parts<'_> {
    /// Whether the part with that number is a key.
    #[inline]
    pub(super) fn is_key(self, index: usize) -> bool {
        matches!(self, Self::Pairs(_)) && index.is_multiple_of(2)
    }
}

/// Whether every value of this format takes at least a byte. A type that is inside itself does: it
/// ends in an option, a list, a map or an enum.
#[inline]
fn takes_bytes(format: &Format) -> bool {
    match format {
        Format::Unit => false,
        Format::Tuple(slots) => slots.iter().any(takes_bytes),
        Format::Struct(fields) => fields.iter().any(|(_, field)| takes_bytes(field)),
        _ => true,
    }
}

#[inline]
fn limit(count: usize, takes_bytes: bool) -> Result<(), Mismatch> {
    if takes_bytes || count <= COUNT_OF_NOTHING_MAX {
        return Ok(());
    }
    Err(Mismatch::new(format!("{count} parts that take no bytes")))
}
