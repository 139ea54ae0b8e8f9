//! One client, from its first line to its last.
//!
//! Owns: the order of requests and replies on a connection. Consumes: a [`Peer`]. Produces: calls
//! of [`Control`]. Never: holds anything that others wait for; each connection has a thread to
//! itself.

use super::endpoint::{PATROL, Peer, is_patience};
use super::lines::{Line, Lines, REQUEST_BYTES_MAX};
use super::request::{Reply, Request};
use super::{Control, ControlError, ReloadTicket};
use crate::journal::{self, Journal, NothingYet};
use crossbeam_channel::Receiver;
use serde_json::Value;
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A client that does not take a reply for this long is not waiting for one.
const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// How far a follower may fall behind before it loses entries: some hundred reloads.
const FOLLOWER_BEHIND_MAX: usize = 1024;

/// What all connections share.
pub(super) struct Shared {
    pub(super) control: Arc<dyn Control>,
    pub(super) journal: Arc<Journal>,
    /// Disconnected when the host stops.
    pub(super) stop: Receiver<Infallible>,
}

impl Shared {
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.try_recv().is_err_and(|error| error.is_disconnected())
    }
}

/// A connection that is being served.
pub(super) struct Connection<'a> {
    peer: Peer,
    shared: &'a Shared,
}

impl<'a> Connection<'a> {
    pub(super) fn new(peer: Peer, shared: &'a Shared) -> Self {
        Self { peer, shared }
    }

    /// Answers until the client has gone or the host stops.
    ///
    /// # Errors
    /// The connection broke, which concerns nobody else.
    pub(super) fn serve(mut self) -> io::Result<()> {
        let mut lines = Lines::new(REQUEST_BYTES_MAX);
        while !self.shared.is_stopping() {
            match lines.next(&mut self.peer)? {
                Line::End => break,
                Line::Pending => {}
                Line::TooLong => {
                    let error = format!("the request is longer than {REQUEST_BYTES_MAX} bytes");
                    self.reply(&Reply::failed(error))?;
                }
                Line::Whole(line) if line.trim_ascii().is_empty() => {}
                Line::Whole(line) => match Request::decode(&line) {
                    Ok(Request::Events { follow, since }) if follow => return self.follow(since),
                    Ok(request) => self.answer(request)?,
                    Err(error) => self.reply(&Reply::failed(error))?,
                },
            }
        }
        Ok(())
    }

    pub(super) fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        self.send(&reply.encode(), Some(REPLY_LIMIT))
    }

    fn answer(&mut self, request: Request) -> io::Result<()> {
        let control = Arc::clone(&self.shared.control);
        let reply = match request {
            Request::Reload { module, wait, trigger } => {
                match control.reload(module.as_deref(), trigger) {
                    Ok(ticket) if wait => match self.outcome(&ticket) {
                        Some(reply) => reply,
                        None => return Err(io::ErrorKind::BrokenPipe.into()),
                    },
                    Ok(_) => Reply::done(),
                    Err(error) => error.into(),
                }
            }
            Request::Rollback { module, to } => {
                said("rollback", control.rollback(module.as_deref(), to))
            }
            Request::Status {} => match serde_json::to_value(control.status()) {
                Ok(status) => Reply::with("status", status),
                Err(error) => Reply::failed(format!("the status cannot be told: {error}")),
            },
            // The host's own working directory means nothing to the one who asks.
            Request::Snapshot { out: Some(path), .. } | Request::Restore { file: path, .. }
                if !path.is_absolute() =>
            {
                Reply::failed(format!("{} is no absolute path; give one", path.display()))
            }
            Request::Snapshot { module, out } => {
                said("snapshot", control.snapshot(module.as_deref(), out.as_deref().map(Path::new)))
            }
            Request::Restore { module, file } => {
                said("restore", control.restore(module.as_deref(), &file))
            }
            Request::Events { since, .. } => {
                let entries = self.shared.journal.entries_since(since);
                self.reply(&Reply::with("entries", entries.len().into()))?;
                return entries
                    .iter()
                    .try_for_each(|e| self.send(&journal::json_line(e), Some(REPLY_LIMIT)));
            }
            Request::StartProcess { name } => done(control.start_process(&name)),
            Request::StopProcess { name } => done(control.stop_process(&name)),
            Request::Stop {} => {
                // First the reply, then the end: it would not come through any more.
                let replied = self.reply(&Reply::done());
                control.stop();
                return replied;
            }
        };
        self.reply(&reply)
    }

    /// Waits for the outcome of a reload; `None` when the one who asked has gone.
    fn outcome(&self, ticket: &ReloadTicket) -> Option<Reply> {
        loop {
            match ticket.wait(PATROL) {
                Ok(Some(outcome)) => return Some(outcome.into()),
                Err(_) => return Some(ControlError::Stopping.into()),
                Ok(None) if self.shared.is_stopping() => {
                    return Some(ControlError::Stopping.into());
                }
                Ok(None) if self.peer.is_gone() => return None,
                Ok(None) => {}
            }
        }
    }

    /// Streams the journal. A client that does not read loses entries and is told so; it is cut
    /// off only when it has gone.
    fn follow(mut self, since: Option<u64>) -> io::Result<()> {
        let (past, now) = self.shared.journal.subscribe_since(since, FOLLOWER_BEHIND_MAX);
        self.reply(&Reply::with("entries", past.len().into()))?;
        for entry in past {
            self.send(&journal::json_line(&entry), None)?;
        }
        while !self.shared.is_stopping() {
            match now.recv_timeout(PATROL) {
                Ok(entry) => self.send(&journal::json_line(&entry), None)?,
                Err(NothingYet::Timeout) if self.peer.is_gone() => break,
                Err(NothingYet::Timeout) => {}
                Err(NothingYet::Closed) => break,
            }
        }
        // What the end of the host itself put into the journal.
        while let Some(entry) = now.try_recv() {
            self.send(&journal::json_line(&entry), Some(Duration::ZERO))?;
        }
        Ok(())
    }

    /// Writes a line; gives up when the host stops, the client has gone, or `limit` is over.
    fn send(&mut self, line: &str, limit: Option<Duration>) -> io::Result<()> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            match self.peer.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => rest = &rest[n..],
                Err(error) if is_patience(&error) => {
                    let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
                    if late || self.shared.is_stopping() || self.peer.is_gone() {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn done(result: Result<(), ControlError>) -> Reply {
    result.map_or_else(Reply::from, |()| Reply::done())
}

fn said(key: &str, result: Result<Value, ControlError>) -> Reply {
    result.map_or_else(Reply::from, |value| Reply::with(key, value))
}
