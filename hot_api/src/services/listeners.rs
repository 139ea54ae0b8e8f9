//! Sockets that outlive services.

use crate::lock::lock;
use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::Mutex;

/// Listening sockets by module and by the address that was asked for. Services get duplicates, so that connections
/// wait in the backlog while no service runs. Any thread; belongs to whoever runs the module.
///
/// ```
/// use hot_api::services::Listeners;
///
/// # fn main() -> std::io::Result<()> {
/// # if cfg!(miri) { return Ok(()) }
/// let listeners = Listeners::default();
/// let first = listeners.listen("app", "127.0.0.1:0")?;
/// // The service ends and starts again: it gets the same port.
/// let again = listeners.listen("app", "127.0.0.1:0")?;
/// assert_eq!(first.local_addr()?, again.local_addr()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Listeners {
    open: Mutex<BTreeMap<(String, String), Kept>>,
}

#[derive(Debug)]
struct Kept {
    socket: TcpListener,
    /// A service has asked for it since [`Listeners::begin`].
    is_used: bool,
}

impl Kept {
    fn duplicate(&mut self) -> io::Result<TcpListener> {
        self.is_used = true;
        let duplicate = self.socket.try_clone()?;
        // The mode is that of the socket, and so that of whoever had it before.
        duplicate.set_nonblocking(false)?;
        Ok(duplicate)
    }
}

impl Listeners {
    /// A duplicate of the socket of this module at `address`, which is opened the first time. It blocks, as a new one
    /// does; the mode is shared by all duplicates.
    ///
    /// # Errors
    /// What the system says of the address.
    pub fn listen(&self, module: &str, address: &str) -> io::Result<TcpListener> {
        let key = (module.to_owned(), address.to_owned());
        if let Some(kept) = lock(&self.open).get_mut(&key) {
            return kept.duplicate();
        }
        // Without the lock: a name may have to be looked up.
        let socket = TcpListener::bind(address)?;
        let mut open = lock(&self.open);
        open.entry(key).or_insert(Kept { socket, is_used: true }).duplicate()
    }

    /// As [`Self::listen`], as the number that the system knows it by. Whoever calls owns it.
    ///
    /// # Errors
    /// As for [`Self::listen`], with the address.
    pub fn listen_raw(&self, module: &str, address: &str) -> Result<u64, String> {
        let socket = self.listen(module, address);
        let socket = socket.map_err(|error| format!("cannot listen at {address}: {error}"))?;
        #[cfg(unix)]
        return Ok(std::os::fd::IntoRawFd::into_raw_fd(socket) as u64);
        #[cfg(windows)]
        return Ok(std::os::windows::io::IntoRawSocket::into_raw_socket(socket) as u64);
    }

    /// Services of this module are about to start: what none of them asks for is closed by
    /// [`Self::close_unused`].
    pub fn begin(&self, module: &str) {
        let mut open = lock(&self.open);
        let of_module = open.iter_mut().filter(|((of, _), _)| of == module);
        of_module.for_each(|(_, kept)| kept.is_used = false);
    }

    /// They have started.
    pub fn close_unused(&self, module: &str) {
        lock(&self.open).retain(|(of, _), kept| of != module || kept.is_used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_socket_stays_open_while_it_is_asked_for() {
        let listeners = Listeners::default();
        let first = listeners.listen("ui", "127.0.0.1:0").expect("a free port");
        let address = first.local_addr().expect("an address");
        drop(first);
        // Nobody accepts, and the connection waits.
        let waiting = TcpStream::connect(address).expect("a backlog");
        listeners.begin("ui");
        let second = listeners.listen("ui", "127.0.0.1:0").expect("the same one");
        assert_eq!(second.local_addr().expect("an address"), address);
        listeners.close_unused("ui");
        second.accept().expect("what has waited");
        drop((waiting, second));
        listeners.begin("ui");
        listeners.begin("other");
        listeners.close_unused("other");
        TcpStream::connect(address).expect("it is not the other module's");
        listeners.close_unused("ui");
        TcpStream::connect(address).expect_err("nobody has asked for it any more");
    }

    #[test]
    fn an_address_that_is_taken_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = taken.local_addr().expect("an address").to_string();
        let error = Listeners::default().listen("ui", &address).expect_err("it is taken");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
