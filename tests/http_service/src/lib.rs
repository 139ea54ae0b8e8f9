//! An HTTP endpoint on loopback, in a module: its runtime is the service's own, and its socket the host's, so that no
//! request is lost while code or configuration are exchanged.

use hot_api::{Module, ModuleFrame, Service, ServiceContext, Services, egui};
use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;

/// What the endpoint says beside the greeting of the configuration.
const NAME: &str = "one";

/// How long a client may take to ask, once it is connected.
const ASK_LIMIT: Duration = Duration::from_secs(2);

/// From `app.toml`.
#[derive(Clone, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Where the endpoint listens; port 0 is any free one.
    pub address: String,
    /// What it says.
    pub greeting: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { address: "127.0.0.1:0".to_owned(), greeting: "hello".to_owned() }
    }
}

/// A request was answered.
struct Answered;

async fn serve(cx: ServiceContext, config: Config) -> std::io::Result<()> {
    let socket = cx.listen(&config.address)?;
    socket.set_nonblocking(true)?;
    let socket = tokio::net::TcpListener::from_std(socket)?;
    cx.send(socket.local_addr()?);
    cx.ready();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = cx.stop().requested() => break,
            accepted = socket.accept() => {
                connections.spawn(answer(TokioIo::new(accepted?.0), cx.clone(), config.greeting.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    // Whoever is connected is answered. Whoever is not waits in the host's socket for the next service. (A graceful
    // shutdown of hyper's would close connections whose request has not arrived yet.)
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// Answers the one request of a connection.
async fn answer(stream: TokioIo<tokio::net::TcpStream>, cx: ServiceContext, greeting: String) {
    let answer = service_fn(async |_| {
        let text = Bytes::from(format!("{NAME} {greeting}"));
        Ok::<_, Infallible>(Response::new(Full::new(text)))
    });
    let mut server = http1::Builder::new();
    server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(ASK_LIMIT);
    // A client that is gone, or asks nothing, is no reason to end.
    if server.serve_connection(stream, answer).await.is_ok() {
        cx.send(Answered);
    }
}

/// The application.
#[derive(Debug, Default)]
pub struct HttpUi;

impl Services for HttpUi {
    type Config = Config;

    fn services(&self, config: &Config) -> Vec<Service> {
        let config = config.clone();
        vec![Service::new("http", |cx| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(serve(cx, config))
        })]
    }
}

/// What survives.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// Where the endpoint listens.
    pub address: String,
    /// How many requests were answered.
    pub answers: u64,
}

impl Module for HttpUi {
    type State = State;

    fn logic(&mut self, state: &mut State, _: &egui::Context, frame: &mut ModuleFrame<'_>) {
        if let Some(address) = frame.messages::<SocketAddr>().pop() {
            state.address = address.to_string();
        }
        state.answers += frame.messages::<Answered>().len() as u64;
    }

    fn ui(&mut self, state: &mut State, ui: &mut egui::Ui, _: &mut ModuleFrame<'_>) {
        ui.heading(format!("{} answers", state.answers));
        ui.label(format!("http://{}/", state.address));
    }
}

hot_api::export_module!(HttpUi, services);
