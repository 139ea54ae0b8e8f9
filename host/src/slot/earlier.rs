//! Earlier states, for the case that the running code can no longer be asked for its own.

use super::carried::Carried;
use crate::module::LiveSnapshot;
use hot_api::state::Codec;
use std::time::{Duration, Instant};

/// What was captured of one slot's state, newest of each kind.
#[derive(Default)]
pub(super) struct Earlier {
    /// What any code can read.
    named: Option<Taken>,
    /// What only code with that schema can read.
    binary: Option<(Vec<u8>, Taken)>,
}

struct Taken {
    snapshot: LiveSnapshot,
    at: Instant,
    /// How long the module needed, when any process can read it.
    cost: Option<Duration>,
}

impl Taken {
    fn now(snapshot: LiveSnapshot, cost: Option<Duration>) -> Self {
        Self { snapshot, at: Instant::now(), cost }
    }
}

impl Earlier {
    /// Keeps a snapshot by name; it is the newest of all.
    pub(super) fn keep_named(&mut self, snapshot: LiveSnapshot) {
        *self = Self { named: Some(Taken::now(snapshot, None)), binary: None };
    }

    /// Keeps a snapshot by name that holds all of the state itself; it is the newest of all.
    pub(super) fn keep_whole(&mut self, snapshot: LiveSnapshot, cost: Duration) {
        *self = Self { named: Some(Taken::now(snapshot, Some(cost))), binary: None };
    }

    /// The newest one by name, when any process can read it and `serves` agrees to what it has cost.
    pub(super) fn whole(&self, serves: impl FnOnce(Duration) -> bool) -> Option<&LiveSnapshot> {
        let taken = self.named.as_ref()?;
        taken.cost.is_some_and(serves).then_some(&taken.snapshot)
    }

    /// Keeps a snapshot in the binary codec beside the older one by name.
    pub(super) fn keep_binary(&mut self, schema: Vec<u8>, snapshot: LiveSnapshot) {
        self.binary = Some((schema, Taken::now(snapshot, None)));
    }

    /// The newest that code with this schema can read; `reason` is why it is asked for.
    pub(super) fn newest_for(
        &self,
        schema: Option<&[u8]>,
        reason: &dyn std::fmt::Display,
    ) -> Option<Carried> {
        let binary = self.binary.as_ref().filter(|(known, _)| schema == Some(known));
        let binary = binary.map(|(_, taken)| (taken, Codec::Binary));
        let named = || self.named.as_ref().map(|taken| (taken, Codec::Named));
        let (taken, codec) = binary.or_else(named)?;
        let age = taken.at.elapsed().as_secs_f32();
        let note = Some(format!("{reason}; its state of {age:.1} s ago is used"));
        Some(Carried { snapshot: taken.snapshot.clone(), codec, note })
    }
}
