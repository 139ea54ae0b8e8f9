//! An old state in a type that may have changed since.
//!
//! Owns: the loop of passes and the last resort. Consumes: a tree from older code. Produces: a value
//! in every case, and the [`Report`] of what became of the old one. Never: fails, and never takes a
//! value by position or by likeness; fields are matched by name alone.

use super::capture::{CaptureError, decode_own, to_bytes};
use super::node::{Context, Node};
use super::path::{Step, Trail};
use super::read_error::ReadError;
use super::repairs::{Learnt, Repairs};
use super::report::{Reason, Report, Tally};
use super::tree::Tree;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A state in today's type; see [`restore()`].
#[derive(Clone, Debug)]
pub struct Restored<T> {
    /// The state.
    pub value: T,
    /// What became of the old one on the way.
    pub report: Report,
}

/// Merges `old` into `T`: the new default, field by field overlaid with the old value of the same
/// name.
///
/// Whatever the new type cannot take from the old state takes its default: the one in
/// `T::default()` where there is one, else the one of `#[serde(default)]`, else zero, empty, or the
/// first variant. `alias`, `rename`, `flatten`, `untagged` and the other attributes of serde work as
/// ever. Two things serde hides: fields removed from a flattened or internally tagged type are not
/// reported, and an untagged enum that fits no variant is replaced as a whole.
///
/// ```
/// use hot_api::state::{Restored, capture, restore};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Settings {
///     columns: u8,
///     dark: bool,
/// }
///
/// impl Default for Settings {
///     fn default() -> Self {
///         Self { columns: 4, dark: true }
///     }
/// }
///
/// let old = capture(&std::collections::BTreeMap::from([("columns", 7_u32)]))?;
/// let Restored { value, report } = restore::<Settings>(&old);
/// assert_eq!((value.columns, value.dark), (7, true));
/// assert_eq!(report.lost, 0);
/// # Ok::<(), hot_api::state::CaptureError>(())
/// ```
pub fn restore<T: Default + Serialize + DeserializeOwned>(old: &Tree) -> Restored<T> {
    let mut value = None;
    let merged = merge(old, to_bytes(&T::default()), &mut |node| {
        // Gone before the next pass makes another one.
        value = None;
        value = Some(node.read(PhantomData::<T>)?);
        Ok(())
    });
    match (merged, value) {
        (Merged::Read(report), Some(value)) => Restored { value, report },
        (Merged::Read(report) | Merged::Afresh(report), _) => {
            Restored { value: T::default(), report }
        }
    }
}

/// How a merge has ended.
enum Merged {
    /// The value of the last pass counts.
    Read(Report),
    /// Not even the default can be read back.
    Afresh(Report),
}

/// The passes. Reading a value is all that needs its type, so that the rest is compiled once.
fn merge(
    old: &Tree,
    default: Result<Vec<u8>, CaptureError>,
    read: &mut dyn FnMut(Node<'_, '_>) -> Result<(), ReadError>,
) -> Merged {
    // A default that cannot be captured leaves the zeros.
    let default = default.and_then(|bytes| decode_own(&bytes)).ok();
    let size = old.node_count() as u64;
    let mut repairs = Repairs::default();
    // Whether this pass is a probe, and whether the type puts up with probes.
    let (mut probing, mut can_probe) = (false, true);
    loop {
        let cx = Context::new(Some(&repairs), probing);
        let outcome = read(Node::root(old, default.as_ref(), &Trail::root(), &cx));
        match outcome {
            Ok(()) if !probing => return Merged::Read(cx.into_report()),
            Ok(()) => {
                probing = false;
                repairs.forget_passed();
            }
            Err(error) if error.is_doubtful() => (probing, can_probe) = (false, false),
            Err(error) => {
                let visits = cx.visits();
                match repairs.learn(&error, old, size, visits) {
                    Learnt::General => {}
                    Learnt::Single => probing = can_probe,
                    Learnt::Nothing => return Merged::Afresh(all_lost(old, &error)),
                }
            }
        }
    }
}

/// What there is to say when not even the type's own default can be read back, so that nothing can be
/// merged.
fn all_lost(old: &Tree, error: &ReadError) -> Report {
    let root = Trail::root();
    let (mut defaulted, mut dropped) = (Tally::default(), Tally::default());
    defaulted.add(&root, Reason::Refused(error.to_string()));
    if let Tree::Struct(fields) = old {
        for (name, _) in fields {
            let reason = Reason::Discarded("the whole state took its default".to_owned());
            dropped.add(&root.then(Step::Field(name)), reason);
        }
    }
    Report {
        lost: defaulted.lost() + dropped.lost(),
        defaulted: defaulted.into_notes(),
        dropped: dropped.into_notes(),
        ..Report::default()
    }
}
