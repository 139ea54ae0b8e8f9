//! One value on its way from a tree into a type.
//!
//! Owns: [`Node`], which knows the old value, the default that may stand in for it, and what has
//! been learnt about it; and [`Context`], what all nodes of one pass share. Never: asks serde
//! anything; `from_tree.rs` and `parts.rs` do.

use super::MAX_DEPTH;
use super::path::{Step, Trail};
use super::read_error::{ReadError, Role, Site, Trouble};
use super::repairs::{Fill, Plan, Repairs, id};
use super::report::{Reason, Report, Tally};
use super::tree::Tree;
use serde::de::DeserializeSeed;
use std::cell::{Cell, RefCell};

/// Where a value comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'de, 'c> {
    /// The old state.
    Old(&'de Tree),
    /// The new type's default.
    Default(&'de Tree),
    /// Nowhere: whatever is asked for is zero, empty, or the first variant.
    Zero(Option<&'c Fill>),
}

/// Whether a value of the wrong kind is an error even when merging.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strict {
    No,
    /// It is, for this value.
    Here,
    /// It is, for all parts too. Keys are: two keys with the same default would become one.
    Below,
}

/// What one pass collects.
pub(super) struct Context<'c> {
    /// `None`: this is no merge, and nothing is repaired.
    repairs: Option<&'c Repairs>,
    /// Whether this pass skips what earlier ones have read.
    probing: bool,
    /// How often it did.
    skips: Cell<u64>,
    /// Whether the last key was asked for as an identifier, as fields of structs are.
    pub(super) identifier: Cell<bool>,
    visits: Cell<u64>,
    kept: Cell<u64>,
    defaulted: RefCell<Tally>,
    dropped: RefCell<Tally>,
    converted: RefCell<Tally>,
}

impl<'c> Context<'c> {
    pub(super) fn new(repairs: Option<&'c Repairs>, probing: bool) -> Self {
        Self {
            repairs,
            probing,
            skips: Cell::default(),
            identifier: Cell::default(),
            visits: Cell::default(),
            kept: Cell::default(),
            defaulted: RefCell::default(),
            dropped: RefCell::default(),
            converted: RefCell::default(),
        }
    }

    /// How many values the pass has looked at.
    pub(super) fn visits(&self) -> u64 {
        self.visits.get()
    }

    pub(super) fn into_report(self) -> Report {
        let (defaulted, dropped) = (self.defaulted.into_inner(), self.dropped.into_inner());
        Report {
            kept: self.kept.get(),
            lost: defaulted.lost() + dropped.lost(),
            defaulted: defaulted.into_notes(),
            dropped: dropped.into_notes(),
            converted: self.converted.into_inner().into_notes(),
            migrated: Vec::new(),
            schema: Vec::new(),
        }
    }
}

/// A value, and how to stand in for it.
#[derive(Clone, Copy)]
pub(super) struct Node<'de, 'c> {
    pub(super) source: Source<'de, 'c>,
    /// The counterpart in the new type's default.
    pub(super) default: Option<&'de Tree>,
    pub(super) plan: Option<&'c Plan>,
    pub(super) trail: &'c Trail<'de, 'c>,
    pub(super) cx: &'c Context<'c>,
    /// The old value that this one is or stands for.
    id: Option<usize>,
    role: Role,
    strict: Strict,
    /// Whether the value was taken out of an option that the type has no longer.
    peeled: bool,
}

impl<'de, 'c> Node<'de, 'c> {
    /// The whole state.
    pub(super) fn root(
        tree: &'de Tree,
        default: Option<&'de Tree>,
        trail: &'c Trail<'de, 'c>,
        cx: &'c Context<'c>,
    ) -> Self {
        Self {
            source: Source::Old(tree),
            default,
            plan: cx.repairs.map(|repairs| &repairs.plan),
            trail,
            cx,
            id: Some(id(tree)),
            role: Role::Part,
            strict: Strict::No,
            peeled: false,
        }
        .repaired()
    }

    /// A part of this value, at the end of `trail`.
    pub(super) fn part<'x>(
        &self,
        trail: &'x Trail<'de, 'x>,
        source: Source<'de, 'x>,
        default: Option<&'de Tree>,
    ) -> Node<'de, 'x>
    where
        'c: 'x,
    {
        Node {
            source,
            default: default.filter(|tree| **tree != Tree::Skipped),
            plan: self.plan.and_then(|plan| plan.part(trail.step)),
            trail,
            cx: self.cx,
            id: match source {
                // A key is left out as a whole or not at all.
                Source::Old(tree) if self.strict != Strict::Below => Some(id(tree)),
                _ => None,
            },
            role: match trail.step {
                Step::Item(_) | Step::Key(_) => Role::Element,
                _ => Role::Part,
            },
            strict: if self.strict == Strict::Below { Strict::Below } else { Strict::No },
            peeled: false,
        }
        .repaired()
    }

    /// A key of this map.
    pub(super) fn key<'x>(&self, trail: &'x Trail<'de, 'x>, key: &'de Tree) -> Node<'de, 'x>
    where
        'c: 'x,
    {
        let node = self.part(trail, self.like(key), None);
        Node { role: Role::Key, strict: Strict::Below, plan: None, ..node }
    }

    /// The content of this option.
    pub(super) fn content(self, inner: &'de Tree) -> Self {
        let id = self.id.map(|_| id(inner));
        let (source, default) = (self.like(inner), self.default_content());
        Self { source, default, id, role: Role::Part, ..self }.repaired()
    }

    /// This value, which is no option, as the content of one.
    pub(super) fn as_content(self) -> Self {
        let strict = if self.strict == Strict::Below { Strict::Below } else { Strict::Here };
        Self { strict, default: self.default_content(), ..self }
    }

    fn default_content(&self) -> Option<&'de Tree> {
        match self.default {
            Some(Tree::Some(inner)) => Some(inner),
            _ => None,
        }
    }

    /// This value, taken out of options that the type does not ask for.
    pub(super) fn peel(mut self) -> Self {
        while let Some(Tree::Some(inner)) = self.tree() {
            self = Self { source: self.like(inner), peeled: true, ..self };
        }
        self
    }

    fn repaired(self) -> Self {
        self.cx.visits.set(self.cx.visits.get() + 1);
        let (Some(repairs), Some(id)) = (self.cx.repairs, self.id) else { return self };
        let Some(why) = repairs.defaulted(id) else { return self };
        self.note_default(self.trail, Reason::Refused(why.to_owned()));
        self.on_default()
    }

    /// The value, unless it is zero.
    pub(super) fn tree(&self) -> Option<&'de Tree> {
        match self.source {
            Source::Old(tree) | Source::Default(tree) => Some(tree),
            Source::Zero(_) => None,
        }
    }

    /// A part of this value, from where this value is.
    pub(super) fn like<'x>(&self, part: &'de Tree) -> Source<'de, 'x> {
        if self.is_old() { Source::Old(part) } else { Source::Default(part) }
    }

    pub(super) fn is_old(&self) -> bool {
        matches!(self.source, Source::Old(_))
    }

    /// How many elements of this list or map to skip.
    pub(super) fn skip(&self) -> usize {
        let (Some(repairs), true, Source::Old(tree)) =
            (self.cx.repairs, self.cx.probing, self.source)
        else {
            return 0;
        };
        let skip = repairs.passed(tree);
        self.cx.skips.set(self.cx.skips.get() + u64::from(skip > 0));
        skip
    }

    /// Notes that the first `count` elements of this list or map can be read.
    pub(super) fn note_passed(&self, count: usize) {
        if let (Some(repairs), true, Source::Old(tree)) =
            (self.cx.repairs, self.cx.probing, self.source)
        {
            repairs.note_passed(tree, count);
        }
    }

    /// Why `part` is left out, if it is.
    pub(super) fn left_out(&self, part: &Tree) -> Option<&'c str> {
        self.cx.repairs?.left_out(part)
    }

    /// The default in place of a value of the wrong kind.
    ///
    /// # Errors
    /// When this is no merge, or no old value.
    pub(super) fn instead_of(self, expected: &str) -> Result<Self, ReadError> {
        let expected = expected.to_owned();
        let found = self.tree().map_or_else(|| "nothing".into(), Tree::kind).into_owned();
        if !self.can_default() {
            return Err(Trouble::Mismatch { expected, found }.into());
        }
        self.note_default(self.trail, Reason::Mismatch { expected, found });
        Ok(self.on_default())
    }

    /// Whether the default may stand in for this value.
    pub(super) fn can_default(&self) -> bool {
        self.is_old() && self.cx.repairs.is_some() && self.strict == Strict::No
    }

    /// The default that stands in for this value.
    pub(super) fn on_default(self) -> Self {
        let source = self.default.map_or(Source::Zero(None), Source::Default);
        Self { source, default: None, peeled: false, ..self }
    }

    /// Notes that this old value, or a part of it at `trail`, took its default.
    pub(super) fn note_default(&self, trail: &Trail<'de, '_>, reason: Reason) {
        if self.is_old() {
            self.cx.defaulted.borrow_mut().add(trail, reason);
        }
    }

    /// Notes that this old value, or a part of it at `trail`, went nowhere.
    pub(super) fn note_drop(&self, trail: &Trail<'de, '_>, reason: Reason) {
        if self.is_old() {
            self.cx.dropped.borrow_mut().add(trail, reason);
        }
    }

    /// Notes that this old value comes over.
    pub(super) fn keep(&self) {
        self.keep_from(None);
    }

    /// Notes that this old value comes over, as a `to`.
    pub(super) fn keep_as(&self, to: &str) {
        self.keep_from(Some(to));
    }

    fn keep_from(&self, to: Option<&str>) {
        // Keys are no values.
        if self.is_old() && self.strict != Strict::Below {
            self.cx.kept.set(self.cx.kept.get() + 1);
        }
        self.convert(to);
    }

    /// Notes that this old container comes over; its parts are counted instead.
    pub(super) fn open(&self) {
        self.convert(None);
    }

    /// Notes that this old value, but not its kind, comes over.
    pub(super) fn convert(&self, to: Option<&str>) {
        let Source::Old(tree) = self.source else { return };
        if !self.peeled && to.is_none_or(|to| tree.kind() == to) {
            return;
        }
        let kind = tree.kind();
        let to = to.unwrap_or(&kind).to_owned();
        let from = if self.peeled { format!("option of {kind}") } else { kind.into_owned() };
        self.cx.converted.borrow_mut().add(self.trail, Reason::Converted { from, to });
    }

    /// Reads the value through `seed`.
    pub(super) fn read<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, ReadError> {
        self.run(|node| seed.deserialize(node))
    }

    /// Reads the value through `read`; its errors learn where they happened.
    pub(super) fn run<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let skips = self.cx.skips.get();
        let outcome =
            if self.trail.depth > MAX_DEPTH { Err(Trouble::TooDeep.into()) } else { read(self) };
        match outcome {
            Ok(value) => Ok(value),
            Err(error) => Err(self.failed(error, skips)),
        }
    }

    /// An error of this value; `skips` is how many there were before it was read.
    #[cold]
    fn failed(&self, error: ReadError, skips: u64) -> ReadError {
        let site = self.id.map(|id| Site { id, depth: self.trail.depth, role: self.role });
        let is_short = self.cx.skips.get() != skips;
        error.passing(|| (self.trail.path(), is_short), site)
    }
}
