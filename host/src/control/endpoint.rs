//! The local socket: the one door to `interprocess`.
//!
//! Owns: where the socket lies, who may open it, and waiting with limits. Consumes: a directory.
//! Produces: an [`Acceptor`] and [`Peer`]s. Never: looks at what is said.
//!
//! On Unix a socket file with mode 0600; what a macOS cannot do before binding is done after. On
//! Windows a named pipe, which the system lets only its owner and administrators write to
//! (untested, and without time limits, which named pipes lack).

#[cfg(unix)]
use crate::os::file_identity::identity_of;
use interprocess::ConnectWaitMode;
use interprocess::local_socket::{
    ConnectOptions, GenericFilePath, Listener, ListenerOptions, Stream, prelude::*,
};
#[cfg(unix)]
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a call here may block before its caller looks whether the host stops. Everything that
/// is waited for wakes the waiter; this only bounds what nothing announces.
pub(super) const PATROL: Duration = Duration::from_millis(200);

/// The longest socket path in bytes that every Unix takes (104 with its terminator on macOS).
#[cfg(unix)]
const PATH_BYTES_MAX: usize = 103;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Something answers there.
    #[error("{} is in use by another program{by}; choose another with --socket", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
        /// Its pid, where the system tells.
        by: String,
    },
    /// Something that is no socket lies there.
    #[error("{} is in the way and is no socket; move it, or choose another path with --socket", path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The path does not fit into a socket address.
    #[error("{} is too long for a socket; give a path of at most {max} bytes with --socket", path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
        /// The limit in bytes.
        max: usize,
    },
    /// The system refused.
    #[error("cannot listen on {}: {source}; choose another path with --socket", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes connections. Dropping it removes the socket file.
#[derive(Debug)]
pub(super) struct Acceptor {
    listener: Listener,
    path: PathBuf,
    /// Which file at that path is ours.
    #[cfg(unix)]
    file: Option<(u64, u64)>,
}

impl Acceptor {
    /// Listens at `wanted`, or at a place of its own choice for the host of `dir`. A socket file
    /// that nobody answers at is replaced.
    pub(super) fn listen(dir: &Path, wanted: Option<&Path>) -> Result<Self, EndpointError> {
        let path = match wanted {
            Some(path) => path.to_owned(),
            None => place_for(dir)?,
        };
        check_length(&path)?;
        clear(&path)?;
        let listener =
            bind(&path).map_err(|source| EndpointError::Io { path: path.clone(), source })?;
        #[cfg(unix)]
        let acceptor = Self { listener, file: file_at(&path), path };
        #[cfg(not(unix))]
        let acceptor = Self { listener, path };
        Ok(acceptor)
    }

    /// Whether clients still find the socket: its file may have been removed.
    #[cfg(unix)]
    pub(super) fn is_in_place(&self) -> bool {
        self.file.is_some() && file_at(&self.path) == self.file
    }

    /// A named pipe is no file that could be removed.
    #[cfg(not(unix))]
    pub(super) fn is_in_place(&self) -> bool {
        true
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next connection, or `None` when there was none for a while.
    pub(super) fn accept(&self) -> io::Result<Option<Peer>> {
        #[cfg(unix)]
        {
            let Listener::UdSocket(listener) = &self.listener;
            let (ready, _) = poll(listener, PATROL)?;
            if !ready {
                return Ok(None);
            }
        }
        self.listener.accept().map(|stream| Some(Peer::new(stream)))
    }
}

#[cfg(unix)]
impl Drop for Acceptor {
    fn drop(&mut self) {
        // What lies there when it is not ours is another host's.
        if self.is_in_place() {
            // A file that stays is recognised as that of a host which has ended.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// One end of a connection. Reads and writes give up after [`PATROL`] where the system can.
#[derive(Debug)]
pub(super) struct Peer(Stream);

impl Peer {
    fn new(stream: Stream) -> Self {
        // Windows has no such limits; a connection that hangs there is left to the process's end.
        let _ = stream.set_recv_timeout(Some(PATROL));
        let _ = stream.set_send_timeout(Some(PATROL));
        Self(stream)
    }

    pub(super) fn connect(path: &Path, limit: Duration) -> io::Result<Self> {
        let name = path.to_fs_name::<GenericFilePath>()?;
        let options = ConnectOptions::new().name(name).wait_mode(ConnectWaitMode::Timeout(limit));
        options.connect_sync().map(Self::new)
    }

    /// Whether the other side has gone. One that has only finished sending still listens.
    #[cfg(unix)]
    pub(super) fn is_gone(&self) -> bool {
        let Stream::UdSocket(stream) = &self.0;
        poll(stream, Duration::ZERO).map_or(true, |(_, hung_up)| hung_up)
    }

    /// Named pipes only tell by a failing write.
    #[cfg(not(unix))]
    pub(super) fn is_gone(&self) -> bool {
        false
    }

    #[cfg(unix)]
    fn pid(&self) -> Option<u32> {
        u32::try_from(self.0.peer_creds().ok()?.pid()?).ok()
    }
}

impl Read for Peer {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Peer {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Whether an error only says that [`PATROL`] is over.
pub(super) fn is_patience(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// Waits for something to read; whether there is, and whether the other side has gone.
#[cfg(unix)]
fn poll(socket: &impl std::os::fd::AsFd, limit: Duration) -> io::Result<(bool, bool)> {
    use rustix::event::{PollFd, PollFlags, Timespec};
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    let mut fds = [PollFd::new(socket, PollFlags::IN)];
    rustix::event::poll(&mut fds, Some(&limit))?;
    let seen = fds[0].revents();
    Ok((!seen.is_empty(), seen.contains(PollFlags::HUP)))
}

/// Makes sure that nothing lies at `path`: a socket that refuses connections is one whose listener
/// has died, and nothing else is ever removed.
#[cfg(unix)]
fn clear(path: &Path) -> Result<(), EndpointError> {
    use std::os::unix::fs::FileTypeExt as _;
    let path = path.to_owned();
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(EndpointError::Io { path, source }),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(EndpointError::InTheWay { path });
        }
        Ok(_) => {}
    }
    match Peer::connect(&path, PATROL) {
        Ok(peer) => {
            let by = peer.pid().map_or_else(String::new, |pid| format!(" (pid {pid})"));
            Err(EndpointError::InUse { path, by })
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(&path).map_err(|source| EndpointError::Io { path, source })
        }
        Err(source) => Err(EndpointError::Io { path, source }),
    }
}

/// What identifies the file at `path`.
#[cfg(unix)]
fn file_at(path: &Path) -> Option<(u64, u64)> {
    identity_of(&fs::symlink_metadata(path).ok()?)
}

/// A named pipe ends with its listener, and a second one of the same name is refused.
#[cfg(not(unix))]
fn clear(_path: &Path) -> Result<(), EndpointError> {
    Ok(())
}

#[cfg(unix)]
fn bind(path: &Path) -> io::Result<Listener> {
    use interprocess::os::unix::local_socket::ListenerOptionsExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let options = || {
        let name = path.to_fs_name::<GenericFilePath>()?;
        io::Result::Ok(ListenerOptions::new().name(name).reclaim_name(false))
    };
    match options()?.mode(0o600).create_sync() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            let listener = options()?.create_sync()?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        }
        result => result,
    }
}

#[cfg(not(unix))]
fn bind(path: &Path) -> io::Result<Listener> {
    ListenerOptions::new().name(path.to_fs_name::<GenericFilePath>()?).create_sync()
}

#[cfg(unix)]
fn check_length(path: &Path) -> Result<(), EndpointError> {
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Err(EndpointError::TooLong { path: path.to_owned(), max: PATH_BYTES_MAX });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_length(_path: &Path) -> Result<(), EndpointError> {
    Ok(())
}

/// `control.sock` in `dir`, or in a private directory with a short name when that is too long.
#[cfg(unix)]
fn place_for(dir: &Path) -> Result<PathBuf, EndpointError> {
    let path = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()).join("control.sock");
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok(path);
    }
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let private = base.join(format!("pitstop-{}", short_hash(&path)));
    make_private(&private).map_err(|source| EndpointError::Io { path: private.clone(), source })?;
    Ok(private.join("control.sock"))
}

#[cfg(not(unix))]
fn place_for(dir: &Path) -> Result<PathBuf, EndpointError> {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    Ok(PathBuf::from(format!(r"\\.\pipe\pitstop-{}", short_hash(&dir))))
}

/// A directory that only this user can enter. One that is there already is trusted only when it is
/// ours and as private: anybody may make one in the temporary directory.
#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        result => return result,
    }
    let found = fs::symlink_metadata(dir)?;
    let ours = found.uid() == rustix::process::geteuid().as_raw();
    if found.is_dir() && ours && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let message = "somebody else has made it, or others can enter it";
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

fn short_hash(path: &Path) -> String {
    blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn the_socket_is_its_owners_alone_and_gone_afterwards() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let acceptor = Acceptor::listen(dir.path(), None).expect("it listens");
        let path = acceptor.path().to_owned();
        assert_eq!(path, dir.path().join("control.sock"));
        assert_eq!(mode(&path), 0o600);
        drop(acceptor);
        assert!(!path.exists(), "the socket file stayed behind");
    }

    #[test]
    fn g09_a_removed_socket_is_noticed_and_another_one_s_is_left_alone() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let acceptor = Acceptor::listen(dir.path(), None).expect("it listens");
        assert!(acceptor.is_in_place());
        fs::remove_file(acceptor.path()).expect("as cargo clean does");
        assert!(!acceptor.is_in_place());
        let next = Acceptor::listen(dir.path(), None).expect("the place is free");
        drop(acceptor);
        assert!(next.is_in_place(), "the first took the second's file along");
    }

    #[test]
    fn a_long_directory_gets_a_short_private_place() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let long = dir.path().join("d".repeat(120));
        let acceptor = Acceptor::listen(&long, None).expect("it listens elsewhere");
        assert!(!acceptor.path().starts_with(dir.path()), "{}", acceptor.path().display());
        let private = acceptor.path().parent().expect("a directory").to_owned();
        assert_eq!((mode(&private), mode(acceptor.path())), (0o700, 0o600));
        drop(acceptor);
        // The next run of the same host finds its place again.
        drop(Acceptor::listen(&long, None).expect("it listens again"));
        fs::set_permissions(&private, fs::Permissions::from_mode(0o755)).expect("our directory");
        let error = Acceptor::listen(&long, None).expect_err("others can enter it").to_string();
        assert!(error.contains("somebody else"), "{error}");
        fs::remove_dir(&private).expect("nothing is left in it");
    }

    #[test]
    fn what_lies_at_the_path_decides() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("s");
        let listen = || Acceptor::listen(dir.path(), Some(&path));
        // A stale socket: bound once, its listener gone without removing it.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a plain socket"));
        let first = listen().expect("a stale socket is replaced");
        let error = listen().expect_err("somebody listens").to_string();
        assert!(error.contains(&format!("(pid {})", std::process::id())), "{error}");
        drop(first);
        fs::write(&path, "precious").expect("a plain file");
        let error = listen().expect_err("a plain file is not removed").to_string();
        assert!(error.contains("no socket"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
        let long = dir.path().join("x".repeat(200));
        let error = Acceptor::listen(dir.path(), Some(&long)).expect_err("too long").to_string();
        assert!(error.contains("at most 103 bytes"), "{error}");
    }
}
