//! What a service is handed.

use super::messages::Messages;
use super::stop_token::StopToken;
use crate::host::Host;
use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a service may ask for. Cheap to clone, for the service's own threads and tasks, which must end before the
/// service returns. Its methods may be called on any thread.
///
/// ```
/// use hot_api::ServiceContext;
/// use std::io::{self, BufRead as _, BufReader, Write as _};
///
/// /// `Service::new("echo", |cx| echo(&cx))`
/// fn echo(cx: &ServiceContext) -> io::Result<()> {
///     let address = cx.env().get("ECHO_ADDRESS").unwrap_or_else(|| "127.0.0.1:7007".to_owned());
///     let listener = cx.listen(&address)?;
///     listener.set_nonblocking(true)?;
///     cx.ready();
///     while !cx.stop().wait(std::time::Duration::from_millis(20)) {
///         let Ok((mut peer, _)) = listener.accept() else { continue };
///         let mut line = String::new();
///         BufReader::new(&peer).read_line(&mut line)?;
///         peer.write_all(line.as_bytes())?;
///         cx.send(line); // `frame.messages::<String>()` in the module's logic
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct ServiceContext {
    pub(super) name: Arc<str>,
    /// What it was started with; tells it from one of the same name that was left behind.
    pub(super) run: u64,
    pub(super) stop: StopToken,
    pub(super) messages: Arc<Messages>,
    pub(super) env: Env,
    pub(super) host: Host,
    pub(super) is_ready: Arc<AtomicBool>,
}

impl std::fmt::Debug for ServiceContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceContext").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ServiceContext {
    /// Says that the service has started: it has what it needs. The set of services counts as started when each of
    /// them has said so. A second call does nothing.
    pub fn ready(&self) {
        if !self.is_ready.swap(true, Ordering::AcqRel) {
            self.host.service_ready(self.run, &self.name);
        }
    }

    /// Says when the service has to end.
    #[must_use]
    pub fn stop(&self) -> &StopToken {
        &self.stop
    }

    /// Hands a value to the module's logic, which gets it from
    /// [`ModuleFrame::messages`](crate::ModuleFrame::messages) in its next frame, and asks for that frame. Blocks while
    /// 1024 messages of the module wait, until the logic takes some or the service is asked to end; nothing is dropped.
    /// Before code is exchanged, the logic gets all that was sent.
    pub fn send<T: Send + 'static>(&self, message: T) {
        self.messages.send(Box::new(message), || self.stop.is_requested());
        self.host.request_repaint();
    }

    /// The variables of the environment, and those of `.env` and `.env.local` that are no keys of the configuration.
    #[must_use]
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Listens at `address`, such as `127.0.0.1:8080`. The socket is the host's, and this is a duplicate of it, which
    /// blocks: while
    /// services stop and start, connections wait in its backlog, and none is refused. Port 0 is a free port, the same
    /// one for as long as services ask for it. The socket is closed when a set of services has started that does not
    /// ask for it.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn listen(&self, address: &str) -> io::Result<TcpListener> {
        self.host.listen(address)
    }

    /// The host, for logs and leases.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }
}

/// Variables by name. Those of the real environment win over those of `.env.local`, and these over `.env`.
///
/// ```
/// use hot_api::services::Env;
///
/// fn token(env: &Env) -> Result<String, String> {
///     env.get("API_TOKEN").ok_or_else(|| "set API_TOKEN in .env.local".to_owned())
/// }
///
/// assert!(token(&Env::default()).is_err()); // no files, and the environment has none
/// ```
#[derive(Clone, Debug, Default)]
pub struct Env {
    pub(super) of_files: Arc<BTreeMap<String, String>>,
}

impl Env {
    /// The value of a variable; `None` when nobody sets it, or it is no UTF-8.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        match std::env::var_os(name) {
            Some(value) => value.into_string().ok(),
            None => self.of_files.get(name).cloned(),
        }
    }
}
