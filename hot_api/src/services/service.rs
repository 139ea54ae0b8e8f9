//! A service, as the author writes it.

use super::context::ServiceContext;
use std::fmt;

type Run = Box<dyn FnOnce(ServiceContext) -> Result<(), String> + Send>;

/// Work that goes on beside the window, on a thread of its own. [`Services::services`](crate::Services::services) lists
/// what is to run.
///
/// ```
/// use hot_api::Service;
/// use std::{io, net::UdpSocket, time::Duration};
///
/// fn listener(port: u16, is_wanted: bool) -> Service {
///     let service = Service::new("listener", move |cx| -> io::Result<()> {
///         let socket = UdpSocket::bind(("127.0.0.1", port))?; // an error is shown with the service
///         socket.set_read_timeout(Some(Duration::from_millis(200)))?;
///         cx.ready();
///         let mut packet = [0; 1500];
///         while !cx.stop().is_requested() {
///             if let Ok(length) = socket.recv(&mut packet) {
///                 cx.send(packet[..length].to_vec());
///             }
///         }
///         Ok(())
///     });
///     service.active(is_wanted)
/// }
/// # assert!(format!("{:?}", listener(0, false)).contains("active: false"));
/// ```
pub struct Service {
    pub(super) name: String,
    pub(super) active: bool,
    pub(super) run: Run,
}

impl Service {
    /// A service of this name. `run` gets a thread of its own. It calls [`ServiceContext::ready`] once it has what it
    /// needs; to return or to panic before that is to fail. Afterwards it goes on until its
    /// [stop token](ServiceContext::stop) asks it to end, finishes what it is at, and returns.
    pub fn new<R: ServiceResult>(
        name: impl Into<String>,
        run: impl FnOnce(ServiceContext) -> R + Send + 'static,
    ) -> Self {
        let run: Run = Box::new(move |cx| run(cx).into_result());
        Self { name: name.into(), active: true, run }
    }

    /// Leaves it out where `active` is false: it is listed, and does not run.
    #[must_use]
    pub fn active(self, active: bool) -> Self {
        Self { active, ..self }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, active, .. } = self;
        f.debug_struct("Service")
            .field("name", name)
            .field("active", active)
            .finish_non_exhaustive()
    }
}

/// What a service may return: nothing, or a result whose error is shown. Nobody has to implement or call it.
///
/// ```
/// use hot_api::services::ServiceResult;
///
/// assert_eq!(().into_result(), Ok(()));
/// assert_eq!(Err::<(), _>("no such device").into_result(), Err("no such device".to_owned()));
/// ```
pub trait ServiceResult {
    /// The error in words.
    ///
    /// # Errors
    /// As the service has returned it.
    fn into_result(self) -> Result<(), String>;
}

impl ServiceResult for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: fmt::Display> ServiceResult for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| format!("{error:#}"))
    }
}
