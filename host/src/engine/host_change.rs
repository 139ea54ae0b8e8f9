//! The way of a change of the host's own sources, from the save to the new process.
//!
//! Owns: what is to be done next about it. Consumes: saves, and how builds and trials have ended. Never: I/O; see
//! `host_orders.rs` for what is done.
//!
//! ```text
//! Settled ──save──▶ Building ──▶ Built ──everything else is built──▶ OnTrial ──▶ Ready ──▶ the process ends
//!    ▲                 │           ▲                                   │           │
//!    └ it failed, or   ┘           ├──── new code of modules ──────────┼───────────┘
//!      is what runs                └──── new code of modules ── Refused┘
//! ```
//!
//! A build or trial that runs is not stopped by a further save: its end is the beginning of the next build.

use super::next_host::NewHost;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Settled,
    Building,
    Built(NewHost),
    OnTrial(NewHost),
    /// It has failed in its trial; with other code of modules it may pass.
    Refused(NewHost),
    Ready(NewHost),
}

/// What has changed since the running host was built, and how far its successor is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HostChange {
    stage: Stage,
    files: BTreeSet<PathBuf>,
    /// Modules are made of some of the files as well: their new code is for the new host.
    is_shared: bool,
    /// There is something to build once what runs has ended.
    is_stale: bool,
    /// Modules have new code since the trial that runs was begun.
    is_outdated: bool,
    /// Changes wait for an order.
    is_held_back: bool,
}

/// How a build has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuildEnd {
    Failed,
    /// The executable that runs.
    Same,
    New(NewHost),
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    Build,
    /// The running host is what the files say again: modules need not wait for another.
    Release,
    /// The new host can take over.
    TakeOver,
}

impl HostChange {
    /// Files of the host were saved; they are built at once, or wait for an order.
    pub(super) fn saved(
        &mut self,
        files: impl IntoIterator<Item = PathBuf>,
        is_shared: bool,
        at_once: bool,
    ) -> Next {
        self.files.extend(files);
        self.is_shared |= is_shared;
        if at_once {
            return self.build();
        }
        self.is_held_back = true;
        Next::Nothing
    }

    /// The user wants what was saved. What has failed is tried once more.
    pub(super) fn asked(&mut self) -> Next {
        let has_failed = self.stage == Stage::Settled && !self.files.is_empty();
        if self.is_held_back || has_failed {
            return self.build();
        }
        if let Stage::Refused(_) = self.stage {
            self.modules_changed();
        }
        Next::Nothing
    }

    /// Modules have other code than in the newest trial.
    pub(super) fn modules_changed(&mut self) {
        self.stage = match std::mem::take(&mut self.stage) {
            Stage::Ready(host) | Stage::Refused(host) => Stage::Built(host),
            stage => {
                self.is_outdated |= matches!(stage, Stage::OnTrial(_));
                stage
            }
        };
    }

    /// What was to take over is gone.
    pub(super) fn lost(&mut self) -> Next {
        self.build()
    }

    fn build(&mut self) -> Next {
        self.is_held_back = false;
        if matches!(self.stage, Stage::Building | Stage::OnTrial(_)) {
            self.is_stale = true;
            return Next::Nothing;
        }
        self.stage = Stage::Building;
        Next::Build
    }

    pub(super) fn built(&mut self, end: BuildEnd) -> Next {
        self.stage = Stage::Settled;
        if std::mem::take(&mut self.is_stale) {
            return self.build();
        }
        match end {
            BuildEnd::Failed => Next::Nothing,
            BuildEnd::New(host) => {
                self.stage = Stage::Built(host);
                Next::Nothing
            }
            BuildEnd::Same => {
                // What waits for an order is none of what was built.
                if !self.is_held_back {
                    self.files.clear();
                }
                let was_shared = std::mem::take(&mut self.is_shared);
                if was_shared { Next::Release } else { Next::Nothing }
            }
        }
    }

    /// Everything else is built as well: the new host is on trial from now on.
    pub(super) fn begin_trial(&mut self) -> Option<NewHost> {
        let Stage::Built(host) = &self.stage else { return None };
        let host = host.clone();
        self.stage = Stage::OnTrial(host.clone());
        Some(host)
    }

    pub(super) fn tried(&mut self, has_passed: bool) -> Next {
        let Stage::OnTrial(host) = std::mem::take(&mut self.stage) else { return Next::Nothing };
        if std::mem::take(&mut self.is_stale) {
            self.is_outdated = false;
            return self.build();
        }
        if std::mem::take(&mut self.is_outdated) {
            self.stage = Stage::Built(host);
            return Next::Nothing;
        }
        if !has_passed {
            self.stage = Stage::Refused(host);
            return Next::Nothing;
        }
        self.stage = Stage::Ready(host);
        Next::TakeOver
    }

    /// Whether a new host is on its way that may take over.
    pub(super) fn is_under_way(&self) -> bool {
        !matches!(self.stage, Stage::Settled | Stage::Refused(_))
    }

    /// Whether there is a new host for which nothing but its trial is left.
    pub(super) fn is_built(&self) -> bool {
        matches!(self.stage, Stage::Built(_))
    }

    /// The host that can take over.
    pub(super) fn ready(&self) -> Option<&NewHost> {
        match &self.stage {
            Stage::Ready(host) => Some(host),
            _ => None,
        }
    }

    /// Whether new code of modules is for a host that is yet to come.
    pub(super) fn keeps_modules_waiting(&self) -> bool {
        self.is_shared
    }

    /// Whether changes wait for an order.
    pub(super) fn is_held_back(&self) -> bool {
        self.is_held_back
    }

    /// The files that the running host does not have.
    pub(super) fn files(&self) -> &BTreeSet<PathBuf> {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn host(hash: &str) -> NewHost {
        let (path, hash, replaces) = (PathBuf::from(hash), hash.to_owned(), PathBuf::new());
        NewHost { path, hash, bytes: 1, replaces, since: SystemTime::UNIX_EPOCH }
    }

    /// What happens.
    #[derive(Clone, Debug)]
    enum Step {
        Save,
        /// Of a file that modules are made of, too.
        SaveShared,
        /// Without auto reload.
        Keep,
        Asked,
        Failed,
        Same,
        New(&'static str),
        Trial,
        Passed,
        Refused,
        /// A module has new code.
        Module,
        /// The copy of the new host is gone.
        Lost,
    }
    use Step::*;

    fn play(steps: &[Step]) -> (HostChange, Next) {
        let mut change = HostChange::default();
        let mut next = Next::Nothing;
        let file = || [PathBuf::from("host/src/main.rs")];
        for step in steps {
            next = match step {
                Save => change.saved(file(), false, true),
                SaveShared => change.saved(file(), true, true),
                Keep => change.saved(file(), false, false),
                Asked => change.asked(),
                Failed => change.built(BuildEnd::Failed),
                Same => change.built(BuildEnd::Same),
                New(hash) => change.built(BuildEnd::New(host(hash))),
                Trial => {
                    change.begin_trial();
                    Next::Nothing
                }
                Passed => change.tried(true),
                Refused => change.tried(false),
                Module => {
                    change.modules_changed();
                    Next::Nothing
                }
                Lost => change.lost(),
            };
        }
        (change, next)
    }

    #[test]
    fn c8_each_step_has_its_successor() {
        for (steps, next, ready, waits) in [
            (vec![Save], Next::Build, None, false),
            (vec![Save, New("a")], Next::Nothing, None, false),
            (vec![Save, New("a"), Trial, Passed], Next::TakeOver, Some("a"), false),
            (vec![SaveShared, New("a"), Trial, Passed], Next::TakeOver, Some("a"), true),
            // Whatever fails leaves everything as it is, and a save begins again.
            (vec![Save, Failed], Next::Nothing, None, false),
            (vec![Save, Failed, Save], Next::Build, None, false),
            (vec![SaveShared, Failed], Next::Nothing, None, true),
            (vec![Save, New("a"), Trial, Refused], Next::Nothing, None, false),
            (vec![Save, New("a"), Trial, Refused, Save], Next::Build, None, false),
            // What was refused may pass with other code of modules, and what has failed when the user asks.
            (vec![Save, New("a"), Trial, Refused, Module], Next::Nothing, None, false),
            (
                vec![Save, New("a"), Trial, Refused, Module, Trial, Passed],
                Next::TakeOver,
                Some("a"),
                false,
            ),
            (
                vec![Save, New("a"), Trial, Refused, Asked, Trial, Passed],
                Next::TakeOver,
                Some("a"),
                false,
            ),
            (vec![Save, New("a"), Trial, Refused, Trial, Passed], Next::Nothing, None, false),
            (vec![Save, Failed, Asked], Next::Build, None, false),
            (vec![Save, Failed, Module, Trial, Passed], Next::Nothing, None, false),
            // Nothing takes over that was not tried with the code that it will run.
            (vec![Save, New("a"), Trial, Module, Passed], Next::Nothing, None, false),
            (
                vec![Save, New("a"), Trial, Module, Passed, Trial, Passed],
                Next::TakeOver,
                Some("a"),
                false,
            ),
            (vec![Save, New("a"), Trial, Passed, Module], Next::Nothing, None, false),
            (vec![Save, New("a"), Trial, Passed, Lost], Next::Build, None, false),
            (
                vec![Save, New("a"), Trial, Module, Save, Passed, New("b"), Trial, Passed],
                Next::TakeOver,
                Some("b"),
                false,
            ),
            // The same change leads to one restart, and what changes nothing to none.
            (vec![Save, Same], Next::Nothing, None, false),
            (vec![SaveShared, Same], Next::Release, None, false),
            // A save in between is not lost, and what is built from older files is not started.
            (vec![Save, Save], Next::Nothing, None, false),
            (vec![Save, Save, New("a")], Next::Build, None, false),
            (vec![Save, Save, Failed], Next::Build, None, false),
            (vec![Save, Save, New("a"), New("b"), Trial, Passed], Next::TakeOver, Some("b"), false),
            (vec![Save, New("a"), Save], Next::Build, None, false),
            (vec![Save, New("a"), Trial, Save, Passed], Next::Build, None, false),
            (vec![Save, New("a"), Trial, Passed, Save], Next::Build, None, false),
            (vec![Save, New("a"), Trial, Passed, Save, Same], Next::Nothing, None, false),
            // Without auto reload it is the user who begins.
            (vec![Asked], Next::Nothing, None, false),
            (vec![Keep], Next::Nothing, None, false),
            (vec![Keep, Asked], Next::Build, None, false),
            (vec![Keep, Asked, Asked], Next::Nothing, None, false),
            (vec![Save, Keep, New("a"), Trial, Passed], Next::TakeOver, Some("a"), false),
        ] {
            let (change, found) = play(&steps);
            let shown = change.ready().map(|host| host.hash.as_str());
            let found = (found, shown, change.keeps_modules_waiting());
            assert_eq!(found, (next, ready, waits), "{steps:?}");
        }
    }

    #[test]
    fn files_are_named_until_the_host_has_them() {
        for (steps, count) in [
            (vec![Save, Failed], 1),
            (vec![Save, New("a"), Trial, Passed], 1),
            (vec![Save, Same], 0),
            (vec![Save, Keep, Same], 1),
        ] {
            assert_eq!(play(&steps).0.files().len(), count, "{steps:?}");
        }
    }
}
