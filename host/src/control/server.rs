//! Takes connections for as long as the host runs.
//!
//! Owns: the accepting thread, the threads of connections, their number. Consumes: the socket and
//! a [`Control`]. Produces: served clients. Never: waits for ever, not for a client and not at the
//! end.

use super::connection::{Connection, Shared};
use super::endpoint::{Acceptor, EndpointError, PATROL, Peer};
use super::request::Reply;
use super::{Control, HostLock, LockError};
use crate::journal::event::Event;
use crate::journal::{Journal, LogLevel};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// More clients than any set of editors, scripts and terminals of one user; fewer than would
/// matter to the host.
const CONNECTIONS_MAX: usize = 32;

/// How long the end of the host waits for its clients' threads: longer than any of them needs to
/// notice, shorter than a user takes for a hang.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Serves clients until it is dropped.
pub struct ControlServer {
    path: PathBuf,
    /// Dropped to say that the host stops.
    stop: Option<Sender<Infallible>>,
    accepting: Option<JoinHandle<Vec<JoinHandle<()>>>>,
    /// Disconnected when the last thread has ended.
    ended: Receiver<Infallible>,
}

impl ControlServer {
    /// Listens for the host of `dir` (`target/pitstop`), at `socket` if the user chose a place.
    /// The lock says that no other host of this workspace does; lock and socket are made again when
    /// their files are removed.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn start(
        lock: &HostLock,
        dir: &Path,
        socket: Option<&Path>,
        journal: Arc<Journal>,
        control: Arc<dyn Control>,
    ) -> Result<Self, EndpointError> {
        let acceptor = Acceptor::listen(dir, socket)?;
        let path = acceptor.path().to_owned();
        let (stop, stopped) = bounded(0);
        let (alive, ended) = bounded(0);
        let shared = Arc::new(Shared { control, journal, stop: stopped });
        let place =
            Place { lock: lock.clone(), dir: dir.to_owned(), socket: socket.map(Path::to_owned) };
        let work = Accepting { acceptor: Some(acceptor), place, shared, alive, failing: false };
        let accepting = Builder::new()
            .name("pitstop-accept".to_owned())
            .spawn(|| work.run())
            .map_err(|source| EndpointError::Io { path: path.clone(), source })?;
        Ok(Self { path, stop: Some(stop), accepting: Some(accepting), ended })
    }

    /// Where it listens, as `status.json` names it.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.path
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.stop = None;
        // A connection wakes the accepting thread. Without one, such as when somebody removed the
        // socket file, it notices by itself a moment later.
        drop(Peer::connect(&self.path, PATROL));
        let all_ended = self.ended.recv_timeout(END_LIMIT).is_err_and(|e| e.is_disconnected());
        // A thread that is still in a call of the engine is left to the end of the process.
        if all_ended
            && let Some(accepting) = self.accepting.take()
            && let Ok(connections) = accepting.join()
        {
            connections.into_iter().for_each(|connection| drop(connection.join()));
        }
    }
}

struct Accepting {
    /// `None` while its file cannot be made again.
    acceptor: Option<Acceptor>,
    place: Place,
    shared: Arc<Shared>,
    alive: Sender<Infallible>,
    /// What fails has been told.
    failing: bool,
}

/// Why nobody can connect at the moment.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Connection(#[from] io::Error),
}

/// The files by which others find this host.
struct Place {
    lock: HostLock,
    dir: PathBuf,
    /// Where the user wants the socket.
    socket: Option<PathBuf>,
}

impl Accepting {
    fn run(mut self) -> Vec<JoinHandle<()>> {
        let mut connections: Vec<JoinHandle<()>> = Vec::new();
        while !self.shared.is_stopping() {
            connections.retain(|connection| !connection.is_finished());
            match self.turn(connections.len()) {
                Ok(started) => {
                    connections.extend(started);
                    self.failing = false;
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.failing, true) {
                        let text =
                            format!("cannot take connections on the control socket: {error}");
                        self.shared.journal.log(LogLevel::Warn, None, &text);
                    }
                    // It may last, as when file descriptors run out: only the stop ends this early.
                    let _ = self.shared.stop.recv_timeout(PATROL);
                }
            }
        }
        connections
    }

    /// Takes one connection, if one comes; when none does, sees whether others could find the host.
    fn turn(&mut self, already: usize) -> Result<Option<JoinHandle<()>>, ServeError> {
        let peer = match &self.acceptor {
            Some(acceptor) => acceptor.accept()?,
            None => None,
        };
        match peer {
            Some(peer) => Ok(self.connection(peer, already)?),
            None => self.stay_reachable().map(|()| None),
        }
    }

    /// Makes the lock and the socket again when somebody has removed them, as `cargo clean` does.
    fn stay_reachable(&mut self) -> Result<(), ServeError> {
        let is_locked_anew = self.place.lock.renew()?;
        let is_bound = self.acceptor.as_ref().is_some_and(Acceptor::is_in_place);
        if !is_bound {
            // First, since it removes the file at its path.
            self.acceptor = None;
            self.acceptor = Some(Acceptor::listen(&self.place.dir, self.place.socket.as_deref())?);
        }
        if is_locked_anew || !is_bound {
            let dir = self.place.dir.display();
            let message = format!("files of this host in {dir} were removed and are made again");
            self.shared.journal.record(None, None, Event::Notice { message });
        }
        Ok(())
    }

    fn connection(&self, peer: Peer, already: usize) -> io::Result<Option<JoinHandle<()>>> {
        let shared = Arc::clone(&self.shared);
        if already >= CONNECTIONS_MAX {
            let error = format!("the host already serves {already} clients; close one of them");
            // Small enough for the buffer of a new connection: this does not wait for the client.
            let _ = Connection::new(peer, &shared).reply(&Reply::failed(error));
            return Ok(None);
        }
        let alive = self.alive.clone();
        let work = move || {
            // How a connection breaks off is its client's affair.
            let _ = Connection::new(peer, &shared).serve();
            drop(alive);
        };
        Builder::new().name("pitstop-client".to_owned()).spawn(work).map(Some)
    }
}
