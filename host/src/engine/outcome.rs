//! How a reload that somebody asked for turned out.
//!
//! Owns: [`ReloadOutcome`] and the ticket by which its asker waits. Consumes: what the engine
//! tells. Produces: the `modules` of a reply. Never: makes the engine wait for the asker.

use crate::journal::event::{Diagnostic, Entry, Generation, NoChange, Stage};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The result of one request, module by module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadOutcome {
    /// One for each module that was asked for.
    pub modules: Vec<ModuleOutcome>,
}

/// The result for one module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleOutcome {
    /// Its name.
    pub module: String,
    /// The attempt, where one was made.
    pub generation: Option<Generation>,
    /// How it ended.
    #[serde(flatten)]
    pub result: ModuleResult,
}

/// How one attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ModuleResult {
    /// New code runs.
    Committed {
        /// The `committed` entry of the journal.
        entry: Box<Entry>,
    },
    /// There was nothing to do.
    NoChange {
        /// Why.
        reason: NoChange,
    },
    /// The compiler refused; the old code runs on.
    BuildFailed {
        /// What it said.
        diagnostics: Vec<Diagnostic>,
    },
    /// There is a library, and it was refused; the old code runs on.
    Rejected {
        /// Where on its way into the process.
        stage: Stage,
        /// Why, in one line.
        reason: String,
        /// Why, in full.
        detail: String,
    },
}

impl ReloadOutcome {
    /// One line on every module whose old code runs on; `None` when there is none.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        let lines: Vec<String> = self.modules.iter().filter_map(ModuleOutcome::error).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// What the compiler said about all modules.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let of = |m: &ModuleOutcome| match &m.result {
            ModuleResult::BuildFailed { diagnostics } => diagnostics.clone(),
            _ => Vec::new(),
        };
        self.modules.iter().flat_map(of).collect()
    }
}

impl ModuleOutcome {
    fn error(&self) -> Option<String> {
        let module = &self.module;
        match &self.result {
            ModuleResult::BuildFailed { .. } => {
                Some(format!("{module} was not reloaded: its build failed"))
            }
            ModuleResult::Rejected { stage, reason, .. } => {
                Some(format!("{module} was rejected at {stage}: {reason}"))
            }
            ModuleResult::Committed { .. } | ModuleResult::NoChange { .. } => None,
        }
    }
}

/// Held by whoever asked for a reload.
#[derive(Debug)]
pub struct ReloadTicket {
    outcome: Receiver<ReloadOutcome>,
}

impl From<Receiver<ReloadOutcome>> for ReloadTicket {
    /// The channel needs room for one outcome, so that the engine never waits for the asker.
    fn from(outcome: Receiver<ReloadOutcome>) -> Self {
        Self { outcome }
    }
}

/// The engine dropped its end: it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned;

impl ReloadTicket {
    /// Waits for the outcome at most `timeout`; `Ok(None)` when there is none by then.
    ///
    /// # Errors
    /// [`Abandoned`] when there will never be one.
    pub fn wait(&self, timeout: Duration) -> Result<Option<ReloadOutcome>, Abandoned> {
        match self.outcome.recv_timeout(timeout) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Abandoned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;
    use serde_json::json;

    fn outcome(result: ModuleResult) -> ReloadOutcome {
        let module = "ui".to_owned();
        let generation = Some(Generation(3));
        ReloadOutcome { modules: vec![ModuleOutcome { module, generation, result }] }
    }

    #[test]
    fn the_wire_form_reads_back_and_says_what_failed() {
        let rejected = ModuleResult::Rejected {
            stage: Stage::FirstFrame,
            reason: "no".into(),
            detail: "no, because".into(),
        };
        for (result, mut form, error) in [
            (
                ModuleResult::NoChange { reason: NoChange::SameContent },
                json!({"result": "no_change", "reason": "same_content"}),
                None,
            ),
            (
                ModuleResult::BuildFailed { diagnostics: Vec::new() },
                json!({"result": "build_failed", "diagnostics": []}),
                Some("ui was not reloaded: its build failed"),
            ),
            (
                rejected,
                json!({"result": "rejected", "stage": "first_frame", "reason": "no", "detail": "no, because"}),
                Some("ui was rejected at first frame: no"),
            ),
        ] {
            let outcome = outcome(result);
            assert_eq!(outcome.error().as_deref(), error);
            form["module"] = "ui".into();
            form["generation"] = 3.into();
            let value = serde_json::to_value(&outcome).expect("an outcome is JSON");
            assert_eq!(value["modules"][0], form);
            assert_eq!(
                serde_json::from_value::<ReloadOutcome>(value).expect("reads back"),
                outcome
            );
        }
    }

    #[test]
    fn a_ticket_tells_the_outcome_or_the_end() {
        let (tell, outcome) = bounded(1);
        let ticket = ReloadTicket::from(outcome);
        assert_eq!(ticket.wait(Duration::ZERO), Ok(None));
        tell.send(ReloadOutcome::default()).expect("the ticket is there");
        drop(tell);
        assert_eq!(ticket.wait(Duration::ZERO), Ok(Some(ReloadOutcome::default())));
        assert_eq!(ticket.wait(Duration::from_secs(60)), Err(Abandoned));
    }
}
