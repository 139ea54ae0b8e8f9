//! The other end of the socket, for `cargo xtask` and tests.
//!
//! Owns: finding the host of a project. Consumes: `status.json`. Produces: replies and entries.
//! Never: starts a host.

use super::endpoint::Peer;
use super::lines::{Line, Lines};
use super::request::{Reply, Request};
use crate::journal::event::Entry;
use crate::journal::status::{ReadStatus, StatusError, StatusFile};
use crate::os::own_command;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a host takes to accept a connection, on a machine that is busy compiling.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Replies carry compiler diagnostics and entries carry backtraces; more than this is no host.
const REPLY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A connection to a running host.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    peer: Peer,
    lines: Lines,
}

/// Why a host cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is none.
    #[error("no Pitstop host is running for {}{}; start one with `{} dev`", project.display(), Why(because), own_command())]
    NoHost {
        /// The workspace.
        project: PathBuf,
        /// What there is instead of one.
        because: Option<String>,
    },
    /// The status file cannot be read.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The connection broke.
    #[error("the host at {} broke off: {source}; its host.log says why", socket.display())]
    Broken {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What came is not what a host says.
    #[error("the host's answer cannot be understood ({0}); is it of another version?")]
    Answer(#[from] serde_json::Error),
    /// Nothing came in time.
    #[error("the host has not answered within {} s; its host.log says what it is doing", .0.as_secs())]
    Silent(Duration),
    /// The host has ended the connection.
    #[error("the host has closed the connection: it is stopping")]
    Closed,
}

/// The reason as an insertion into a sentence.
struct Why<'a>(&'a Option<String>);

impl std::fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

impl Client {
    /// Connects to the host of the workspace at `project`.
    ///
    /// # Errors
    /// [`ClientError::NoHost`] when none runs, however that shows.
    pub fn connect(project: &Path) -> Result<Self, ClientError> {
        let none = |because| ClientError::NoHost { project: project.to_owned(), because };
        let status = match StatusFile::read(&project.join("target/pitstop"))? {
            ReadStatus::Live(status) => status,
            ReadStatus::Absent => return Err(none(None)),
            ReadStatus::Foreign { reason } | ReadStatus::Stale { reason, .. } => {
                return Err(none(Some(format!("its status file is no guide: {reason}"))));
            }
        };
        Self::at(Path::new(&status.socket)).map_err(|error| {
            none(Some(format!("pid {} does not listen at {}: {error}", status.pid, status.socket)))
        })
    }

    /// Connects to a socket of a known place.
    ///
    /// # Errors
    /// What the system says.
    pub fn at(socket: &Path) -> io::Result<Self> {
        let peer = Peer::connect(socket, CONNECT_LIMIT)?;
        Ok(Self { socket: socket.to_owned(), peer, lines: Lines::new(REPLY_BYTES_MAX) })
    }

    /// Sends a request and waits for its reply, at most `limit`; without one, as long as it takes.
    ///
    /// # Errors
    /// The connection broke, or nothing came in time. A reply that says no is no error here.
    pub fn call(
        &mut self,
        request: &Request,
        limit: Option<Duration>,
    ) -> Result<Reply, ClientError> {
        let mut line = serde_json::to_string(request)?;
        line.push('\n');
        let sent = self.peer.write_all(line.as_bytes());
        sent.map_err(|e| self.broken(e))?;
        let reply = self.line(limit)?.ok_or(ClientError::Silent(limit.unwrap_or_default()))?;
        Ok(serde_json::from_slice(&reply)?)
    }

    /// The next entry of an [`Request::Events`] stream; `None` when there is none within `limit`.
    ///
    /// # Errors
    /// The connection broke or was closed.
    pub fn entry(&mut self, limit: Option<Duration>) -> Result<Option<Entry>, ClientError> {
        let Some(line) = self.line(limit)? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&line)?))
    }

    fn line(&mut self, limit: Option<Duration>) -> Result<Option<Vec<u8>>, ClientError> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        loop {
            let next = self.lines.next(&mut self.peer);
            match next.map_err(|e| self.broken(e))? {
                Line::Whole(line) => return Ok(Some(line)),
                Line::TooLong => return Err(self.broken(io::ErrorKind::FileTooLarge.into())),
                Line::End => return Err(ClientError::Closed),
                Line::Pending if deadline.is_some_and(|at| Instant::now() >= at) => {
                    return Ok(None);
                }
                Line::Pending => {}
            }
        }
    }

    fn broken(&self, source: io::Error) -> ClientError {
        ClientError::Broken { socket: self.socket.clone(), source }
    }
}
