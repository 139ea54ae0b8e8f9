//! What the merge has learnt about a state so far.
//!
//! Owns: [`Repairs`], which grows from pass to pass, and the rules by which an error becomes a
//! repair. Consumes: the [`ReadError`] of a pass that failed. Produces: answers for the next pass.
//! Never: changes a tree; a value is identified by its address in the tree, which stays borrowed.
//!
//! An error becomes, in this order:
//! 1. something that holds for a wildcard path ([`Plan`]): a field to fill, a default not to offer,
//!    a field or a variant to treat as unknown, an option not to look for;
//! 2. another guess at the kind of a filled field, where serde's buffers hide its type;
//! 3. the one field that a buffered struct could not use, recognised by the value serde names;
//! 4. the default in place of the innermost value around the error, then leaving that value out if
//!    it is an element, then the same for the value around it, up to the whole state.
//!
//! Rules 3 and 4 are about one value, so their number grows with the data, and passes from the start
//! would cost its square. After one of them the next passes are **probes**: they skip the elements
//! of lists and maps that an earlier probe has read, so that all probes together read each element
//! about once. What a probe makes is thrown away, and the pass that counts reads everything. A type
//! that minds being short of elements ends the probing. After [`WORK_MIN`] and more, rule 4 replaces
//! whole lists instead of their elements.
//!
//! All of it only grows, and a tree has an end, so the merge ends whatever a `Deserialize` does.

use super::path::{Path, Segment, Step};
use super::read_error::{ReadError, Role, Trouble};
use super::tree::Tree;
use serde::de::Unexpected;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Visits of values that failed passes may cost before whole lists are replaced, whatever the size
/// of the state: a second or two of an unoptimised build.
const WORK_MIN: u64 = 2_000_000;
/// And as many full passes.
const WORK_PASSES: u64 = 16;
/// Unknown names learnt for a path. Texts that are to become an enum can have any number of them;
/// past this each value is repaired on its own.
const NAMES_MAX: usize = 64;

/// A field that serde missed and that the next pass offers.
pub(super) struct Fill {
    pub(super) field: &'static str,
    /// How many guesses were wrong.
    wrong: usize,
    /// Whether a guess was asked for.
    guessed: Cell<bool>,
}

/// What to offer when serde asks for just any value, as its buffers do. Numbers first: they fit
/// most types.
const GUESSES: [Unexpected<'static>; 6] = [
    Unexpected::Unsigned(0),
    Unexpected::Str(""),
    Unexpected::Bool(false),
    Unexpected::Seq,
    Unexpected::Map,
    Unexpected::Unit,
];

impl Fill {
    /// The zero of a kind that is not known.
    pub(super) fn guess(&self) -> Unexpected<'static> {
        self.guessed.set(true);
        GUESSES[self.wrong.min(GUESSES.len() - 1)]
    }

    /// Whether the trouble can be that the guess is of the wrong kind.
    fn may_cause(&self, trouble: &Trouble) -> bool {
        let is_guess =
            |value: &str| GUESSES.get(self.wrong).is_some_and(|g| g.to_string() == value);
        self.guessed.get()
            && match trouble {
                Trouble::Unusable { value, .. } => is_guess(value),
                _ => self.wrong < GUESSES.len(),
            }
    }
}

/// What is known about all values of one wildcard path, and below it.
#[derive(Default)]
pub(super) struct Plan {
    below: Vec<(Segment, Plan)>,
    fills: Vec<Fill>,
    /// Fields that are known under another name, so that a default would be a duplicate.
    pub(super) no_default: Vec<&'static str>,
    /// Fields that the type refuses to hear of.
    pub(super) unknown_fields: Vec<String>,
    pub(super) unknown_variants: Vec<String>,
    /// What the option here wants inside, when values that are no options are not that either.
    pub(super) not_option: Option<String>,
}

impl Plan {
    /// The plan for a part.
    pub(super) fn part(&self, step: Step<'_>) -> Option<&Self> {
        self.below.iter().find(|(wild, _)| step.is_under(wild)).map(|(_, plan)| plan)
    }

    /// The fields to fill.
    pub(super) fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.fills.iter().filter(|fill| fill.wrong < GUESSES.len())
    }

    fn at(&mut self, wild: &[Segment]) -> &mut Self {
        let Some((first, rest)) = wild.split_first() else { return self };
        let known = self.below.iter().position(|(segment, _)| segment == first);
        let index = known.unwrap_or_else(|| {
            self.below.push((first.clone(), Self::default()));
            self.below.len() - 1
        });
        self.below[index].1.at(rest)
    }

    /// Rule 1; whether that was news.
    fn learn(&mut self, trouble: &Trouble) -> bool {
        match trouble {
            Trouble::Missing(field) => {
                let news = self.fills.iter().all(|fill| fill.field != *field);
                if news {
                    self.fills.push(Fill { field, wrong: 0, guessed: Cell::new(false) });
                }
                news
            }
            Trouble::Duplicate(field) => add(&mut self.no_default, field),
            Trouble::UnknownField(name) => add_name(&mut self.unknown_fields, name),
            Trouble::UnknownVariant(name) => add_name(&mut self.unknown_variants, name),
            Trouble::NotOption { inside, .. } => self.not_option.replace(inside.clone()).is_none(),
            _ => false,
        }
    }

    /// Rule 2; whether there was a guess to give up.
    fn guess_again(&mut self, trouble: &Trouble) -> bool {
        let last = self.fills.last_mut().filter(|fill| fill.may_cause(trouble));
        last.map(|fill| fill.wrong += 1).is_some()
    }
}

fn add_name(list: &mut Vec<String>, name: &String) -> bool {
    list.len() < NAMES_MAX && add(list, name)
}

fn add<T: PartialEq + Clone>(list: &mut Vec<T>, item: &T) -> bool {
    let news = !list.contains(item);
    if news {
        list.push(item.clone());
    }
    news
}

/// What is done with one value; with the reason.
enum Repair {
    Default(String),
    LeaveOut(String),
}

/// What an error has taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learnt {
    /// Something about all values of a path.
    General,
    /// Something about one value.
    Single,
    /// There is nothing left to try.
    Nothing,
}

/// All that has been learnt.
#[derive(Default)]
pub(super) struct Repairs {
    pub(super) plan: Plan,
    single: HashMap<usize, Repair>,
    /// How many elements of a list or a map probes have read.
    passed: RefCell<HashMap<usize, usize>>,
    work: u64,
}

/// The identity of a value of a tree that stays where it is.
pub(super) fn id(tree: &Tree) -> usize {
    std::ptr::from_ref(tree).addr()
}

impl Repairs {
    /// Why the value takes its default, if it does.
    pub(super) fn defaulted(&self, id: usize) -> Option<&str> {
        match self.single.get(&id)? {
            Repair::Default(why) => Some(why),
            Repair::LeaveOut(_) => None,
        }
    }

    /// Why the value is left out, if it is.
    pub(super) fn left_out(&self, tree: &Tree) -> Option<&str> {
        match self.single.get(&id(tree))? {
            Repair::LeaveOut(why) => Some(why),
            Repair::Default(_) => None,
        }
    }

    /// How many elements of the list or map a probe may skip.
    pub(super) fn passed(&self, container: &Tree) -> usize {
        self.passed.borrow().get(&id(container)).copied().unwrap_or(0)
    }

    /// Notes that a probe has read the first `count` elements.
    pub(super) fn note_passed(&self, container: &Tree, count: usize) {
        self.passed.borrow_mut().insert(id(container), count);
    }

    /// Makes the next probe start from the beginning.
    pub(super) fn forget_passed(&mut self) {
        self.passed.get_mut().clear();
    }

    /// Learns from a pass that failed after `visits` values of `old`, which has `size` values.
    pub(super) fn learn(
        &mut self,
        error: &ReadError,
        old: &Tree,
        size: u64,
        visits: u64,
    ) -> Learnt {
        let path = error.path();
        let plan = self.plan.at(path.wild().segments());
        if plan.learn(error.trouble()) || plan.guess_again(error.trouble()) {
            return Learnt::General;
        }
        self.work += visits;
        let is_spent = self.work > WORK_MIN + WORK_PASSES * size;
        let depth_max = if is_spent { path.depth_of_list() } else { usize::MAX };
        if (!is_spent && self.blame(error, old, &path)) || self.replace(error, depth_max) {
            Learnt::Single
        } else {
            Learnt::Nothing
        }
    }

    /// Rule 3. A struct behind `flatten` or `tag` is read into a buffer first, so the error names
    /// the struct and not the field; but it also tells the value.
    fn blame(&mut self, error: &ReadError, old: &Tree, path: &Path) -> bool {
        let Trouble::Unusable { value, message } = error.trouble() else { return false };
        let mut culprit = old
            .get(path)
            .into_iter()
            .flat_map(parts)
            .filter(|part| !self.single.contains_key(&id(part)))
            .filter(|part| unexpected(part).to_string() == *value);
        let Some(culprit) = culprit.next().map(id) else { return false };
        self.single.insert(culprit, Repair::LeaveOut(message.clone()));
        true
    }

    /// Rule 4, for values up to that depth.
    fn replace(&mut self, error: &ReadError, depth_max: usize) -> bool {
        let why = || error.trouble().to_string();
        for site in error.sites().iter().filter(|site| site.depth <= depth_max) {
            let next = match (self.single.get(&site.id), site.role) {
                (None, Role::Key) | (Some(Repair::Default(_)), Role::Element) => {
                    Repair::LeaveOut(why())
                }
                (None, _) => Repair::Default(why()),
                (Some(_), _) => continue,
            };
            self.single.insert(site.id, next);
            return true;
        }
        false
    }
}

/// The fields of a struct or the values of a map.
fn parts(tree: &Tree) -> Vec<&Tree> {
    match tree {
        Tree::Some(inner) => parts(inner),
        Tree::Struct(fields) => fields.iter().map(|(_, value)| value).collect(),
        Tree::Map(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    }
}

/// How serde's buffers would describe a value.
fn unexpected(tree: &Tree) -> Unexpected<'_> {
    match tree {
        Tree::Unit | Tree::Skipped => Unexpected::Unit,
        Tree::Bool(value) => Unexpected::Bool(*value),
        Tree::Int(int) => match (int.to(), int.to()) {
            (Some(value), _) => Unexpected::Unsigned(value),
            (None, Some(value)) => Unexpected::Signed(value),
            (None, None) => Unexpected::Other("integer"),
        },
        Tree::F32(bits) => Unexpected::Float(f32::from_bits(*bits).into()),
        Tree::F64(bits) => Unexpected::Float(f64::from_bits(*bits)),
        Tree::Char(value) => Unexpected::Char(*value),
        Tree::String(text) => Unexpected::Str(text),
        Tree::Bytes(bytes) => Unexpected::Bytes(bytes),
        Tree::None | Tree::Some(_) => Unexpected::Option,
        Tree::Seq(_) | Tree::Tuple(_) => Unexpected::Seq,
        Tree::Map(_) | Tree::Struct(_) | Tree::Variant(_, Some(_)) => Unexpected::Map,
        Tree::Variant(name, None) => Unexpected::Str(name),
    }
}
