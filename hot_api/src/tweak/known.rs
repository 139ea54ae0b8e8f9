//! The literals that have run, and what stands in their place.
//!
//! Owns: one table for the library, behind one lock, and the epoch that says when it was last
//! changed. Consumes: [`Edit`]s. Produces: [`Value`]s. Never: changes a part of the set: either all
//! of it is taken, or nothing.

use super::{Literal, Site, Value};
use crate::lock::lock;
use std::any::type_name;
use std::collections::BTreeMap;
#[cfg(any(feature = "module", test))]
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which set of values counts. Written under the lock of [`TABLE`]; never 0.
static EPOCH: AtomicU32 = AtomicU32::new(1);

static TABLE: Mutex<Table> = Mutex::new(Table {
    known: BTreeMap::new(),
    values: BTreeMap::new(),
    #[cfg(any(feature = "module", test))]
    texts: BTreeSet::new(),
    warn: None,
});

/// A mark, and which literal of those behind it.
type Key = (&'static str, u32);

struct Table {
    /// Literals that have run. Several share a key when a macro repeats its argument.
    known: BTreeMap<Key, Vec<Known>>,
    values: BTreeMap<Key, Override>,
    #[cfg(any(feature = "module", test))]
    texts: BTreeSet<&'static str>,
    warn: Option<fn(&str)>,
}

#[derive(Clone, Copy)]
struct Known {
    site: &'static Site,
    takes: fn(Value) -> bool,
    type_name: &'static str,
}

#[derive(Clone, Copy)]
struct Override {
    compiled: &'static str,
    value: Value,
}

/// One value in place of one literal, as the host sends it.
#[cfg(any(feature = "module", test))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) place: &'a str,
    pub(crate) index: u32,
    /// The literal's text, as the host believes it was compiled.
    pub(crate) compiled: &'a str,
    pub(crate) kind: u32,
    pub(crate) text: &'a str,
}

#[inline]
pub(super) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

/// What stands in place of a literal of type `T` that is being run, and since which epoch. From here
/// on the literal is known.
pub(super) fn value_of<T: Literal>(site: &'static Site) -> (u32, Option<Value>) {
    let known =
        Known { site, takes: |value| T::read(value).is_some(), type_name: type_name::<T>() };
    let (epoch, result, warn) = {
        let mut table = lock(&TABLE);
        let key = (site.place, site.index);
        let others = table.known.entry(key).or_default();
        if !others.iter().any(|other| std::ptr::eq(other.site, site)) {
            others.push(known);
        }
        let wanted = table.values.get(&key);
        (epoch(), wanted.map(|wanted| known.check(wanted)).transpose(), table.warn)
    };
    let value = result.unwrap_or_else(|reason| {
        if let Some(warn) = warn {
            warn(&format!("{reason}; it keeps its compiled value until the next build"));
        }
        None
    });
    (epoch, value)
}

impl Known {
    /// # Errors
    /// In words, when this literal cannot have that value.
    fn check(&self, wanted: &Override) -> Result<Value, String> {
        let Override { compiled, value } = wanted;
        let place = self.site.place();
        if self.site.compiled != *compiled {
            let here = self.site.compiled;
            return Err(format!("{place}: the literal there is `{here}` and not `{compiled}`"));
        }
        if !(self.takes)(*value) {
            let (text, name) = (value.text, self.type_name);
            return Err(format!("{place}: `{text}` is no value of type {name}"));
        }
        Ok(*value)
    }
}

/// Puts these values, and no others, in place of literals. Literals that have not run yet take
/// theirs when they do.
///
/// # Errors
/// In words, when a literal that has run cannot have its value. Then nothing changes.
#[cfg(any(feature = "module", test))]
pub(crate) fn replace(edits: &[Edit<'_>]) -> Result<(), String> {
    let mut table = lock(&TABLE);
    let mut values = BTreeMap::new();
    for edit in edits {
        let key = (table.intern(edit.place), edit.index);
        let value = Value { kind: edit.kind, text: table.intern(edit.text) };
        let wanted = Override { compiled: table.intern(edit.compiled), value };
        for known in table.known.get(&key).into_iter().flatten() {
            known.check(&wanted)?;
        }
        values.insert(key, wanted);
    }
    table.values = values;
    table.next_epoch();
    Ok(())
}

/// Where a literal that has to keep its compiled value is told of.
#[cfg(any(feature = "module", test))]
pub(crate) fn warn_through(warn: fn(&str)) {
    lock(&TABLE).warn = Some(warn);
}

/// Gives back what the table holds, when the instance is gone (`ABI-7`).
#[cfg(any(feature = "module", test))]
pub(crate) fn forget() {
    let mut table = lock(&TABLE);
    table.known = BTreeMap::new();
    table.values = BTreeMap::new();
    table.warn = None;
    table.next_epoch();
}

#[cfg(any(feature = "module", test))]
impl Table {
    fn intern(&mut self, text: &str) -> &'static str {
        if let Some(known) = self.texts.get(text) {
            return known;
        }
        let kept: &'static str = Box::leak(Box::from(text));
        self.texts.insert(kept);
        kept
    }

    fn next_epoch(&mut self) {
        // 0 is for sites that have never asked.
        EPOCH.store(epoch().wrapping_add(1).max(1), Ordering::Relaxed);
    }
}
