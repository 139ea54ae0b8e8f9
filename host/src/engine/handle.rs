//! How everybody else talks to the engine.

use super::ending::Ending;
use super::error::EngineError;
use super::hand_over::HandOver;
use super::messages::Message;
use super::outcome::ReloadTicket;
use super::state_edit::{StateEdit, TakenState};
use super::tickets::Ticket;
use crate::journal::Journal;
use crate::journal::board::Board;
use crate::journal::event::{Event, FailureKind, Generation, Trigger};
use crate::slot::Registry;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use hot_api::services::lifecycle::ServiceId;
use once_cell::sync::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Orders to the engine, and views of what it does. Cheap to clone; usable from any thread; every
/// method returns at once unless it says otherwise.
#[derive(Clone)]
pub struct EngineHandle {
    pub(super) messages: Sender<Message>,
    pub(super) registry: Registry,
    pub(super) journal: Arc<Journal>,
    pub(super) ending: Arc<Ending>,
    pub(super) ended: Arc<AtomicBool>,
    /// Why the engine gave up, if it did.
    pub(super) failure: Arc<OnceCell<String>>,
    /// What the next process begins with, if it ended in order to be started again.
    pub(super) hand_over: Arc<OnceCell<HandOver>>,
}

/// How long an order that needs an answer waits for the engine, which may be in the middle of a
/// swap whose steps have limits of their own.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

impl EngineHandle {
    /// Asks for a reload of one module or of all. The ticket gets the outcome, once.
    pub fn reload(&self, module: Option<&str>, trigger: Trigger) -> ReloadTicket {
        let (tell, outcome) = bounded(1);
        let (module, answer) = (module.map(str::to_owned), Ticket::new(tell));
        self.tell(Message::Reload { module, trigger, at: Instant::now(), answer });
        outcome.into()
    }

    /// Asks for an earlier generation: `to`, or the one before the current. Waits for the answer.
    ///
    /// # Errors
    /// When there is none or it is refused.
    pub fn rollback(
        &self,
        module: Option<&str>,
        to: Option<Generation>,
    ) -> Result<Generation, EngineError> {
        let (sender, answer) = bounded(1);
        self.start_rollback(module, to, sender);
        answer.recv_timeout(ANSWER_LIMIT).map_err(|_| EngineError::NoAnswer)?
    }

    /// As [`Self::rollback`], without waiting; the board shows what became of it.
    pub fn request_rollback(&self, module: &str, to: Option<Generation>) {
        let (sender, _) = bounded(1);
        self.start_rollback(Some(module), to, sender);
    }

    fn start_rollback(
        &self,
        module: Option<&str>,
        to: Option<Generation>,
        answer: Sender<Result<Generation, EngineError>>,
    ) {
        let module = module.map(str::to_owned);
        self.tell(Message::Rollback { module, to, answer });
    }

    /// Calls the code of a module that panicked once more.
    pub fn retry(&self, module: &str) {
        self.tell(Message::Retry { module: module.to_owned() });
    }

    /// Swaps in the code that was refused because it would lose some of the state: the newest, or the
    /// generation that was to be gone back to.
    pub fn accept_loss(&self, module: &str) {
        self.tell(Message::AcceptLoss { module: module.to_owned(), at: Instant::now() });
    }

    /// Starts the newest code of a module with the state from before the migration that the board
    /// shows.
    pub fn run_migration_again(&self, module: &str) {
        self.tell(Message::RunMigrationAgain { module: module.to_owned(), at: Instant::now() });
    }

    /// Brings back the code and the state from before the migration that the board shows.
    pub fn go_back_before_migration(&self, module: &str) {
        self.tell(Message::BackBeforeMigration { module: module.to_owned() });
    }

    /// Takes a failure of that kind off the board, as when the old code is to stay.
    pub fn dismiss(&self, module: &str, kind: FailureKind) {
        self.tell(Message::Dismiss { module: module.to_owned(), kind });
    }

    /// Starts a service that does not run, or asks one that does to end.
    pub fn order_service(&self, module: &str, name: &str, start: bool) {
        let id = ServiceId { module: module.to_owned(), name: name.to_owned() };
        self.tell(Message::Service { id, start });
    }

    /// Starts the running code of a module anew, from its default state.
    pub fn reset_state(&self, module: &str) {
        self.tell(Message::ResetState { module: module.to_owned() });
    }

    /// Replaces the state of a module by a snapshot, through the same steps as a reload. Waits.
    ///
    /// # Errors
    /// When there is no such module, or it refuses.
    pub fn restore_state(
        &self,
        module: &str,
        snapshot: Vec<u8>,
    ) -> Result<Generation, EngineError> {
        let (answer, result) = bounded(1);
        self.tell(Message::RestoreState { module: module.to_owned(), snapshot, answer });
        result.recv_timeout(ANSWER_LIMIT).map_err(|_| EngineError::NoAnswer)?
    }

    /// Asks for the state of a module as it is. The answer comes on the channel; a repaint is asked
    /// for when it is there.
    #[must_use]
    pub fn take_state(&self, module: &str) -> Receiver<Result<TakenState, EngineError>> {
        let (answer, taken) = bounded(1);
        self.tell(Message::TakeState { module: module.to_owned(), answer });
        taken
    }

    /// Changes the state of a module, through the same steps as a reload; the board and the journal
    /// show what became of it.
    pub fn edit_state(&self, module: &str, edit: StateEdit) {
        self.tell(Message::EditState { module: module.to_owned(), edit });
    }

    /// Turns building on save on or off.
    pub fn set_auto_reload(&self, on: bool) {
        self.tell(Message::SetAutoReload(on));
    }

    /// Ends the engine, and with it the host. Also in the middle of a swap; calls into a module that
    /// are out are given up.
    pub fn stop(&self, reason: &str) {
        self.ending.is_wanted.store(true, Ordering::Release);
        self.end(reason);
    }

    /// As [`Self::stop`], where nobody has asked for it.
    pub(super) fn end(&self, reason: &str) {
        let _ = self.ending.reason.set(reason.to_owned()); // the first reason counts
        self.ending.signal.cancel();
    }

    /// Whether the engine has retired every module and does nothing any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Why the engine has ended without being asked to, if it has.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// What the next process begins with when the engine has ended in order to be started again. `None` as well once
    /// somebody has asked for the end.
    #[must_use]
    pub fn hand_over(&self) -> Option<&HandOver> {
        let is_end_wanted = self.ending.is_wanted.load(Ordering::Acquire);
        self.hand_over.get().filter(|_| !is_end_wanted)
    }

    /// What the engine is doing.
    #[must_use]
    pub fn board(&self) -> Arc<Board> {
        self.journal.board()
    }

    /// The modules.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Never waits: the caller may be the UI thread.
    fn tell(&self, message: Message) {
        if let Err(TrySendError::Full(_)) = self.messages.try_send(message) {
            // Whoever waits for an answer sees the channel close.
            let message = "the engine is busy and has too many requests waiting; one was dropped: \
                           repeat it once the engine is done";
            self.journal.record(None, None, Event::Notice { message: message.to_owned() });
        }
        // An engine that has ended answers nobody.
    }
}
