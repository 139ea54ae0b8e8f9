//! A host whose module has services (`fixtures/served.rs`), and clients of its endpoint.

use host::journal::event::{Entry, Event};
use host::journal::status::Status;
use pitstop_tests::host_process::HostOptions;
use pitstop_tests::{DEADLINE, HostProcess, Project, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

const SERVED: &str = include_str!("../fixtures/served.rs");

/// Soon after the last save; the usual time is longer.
pub(crate) const SETTINGS: &str =
    "[config]\ndebounce_ms = 60\nstart_timeout_ms = 20000\nstop_timeout_ms = 20000\n";

/// A project whose module `ui` has services, with these settings and this `app.toml`.
pub(crate) fn project_with(settings: &str, app: &str) -> Project {
    let project = Project::new();
    project.save("ui/src/lib.rs", SERVED);
    let general: String = settings.lines().take_while(|line| !line.starts_with('[')).collect();
    let tables: Vec<&str> = settings.lines().skip_while(|line| !line.starts_with('[')).collect();
    project.edit("pitstop.toml", |text| format!("{general}\n{text}{}\n", tables.join("\n")));
    project.save("app.toml", app);
    project
}

pub(crate) fn project(app: &str) -> Project {
    project_with(SETTINGS, app)
}

/// A host with such a module, whose services run.
pub(crate) struct Served {
    pub(crate) host: HostProcess,
    /// Where the endpoint listens.
    pub(crate) address: String,
}

impl Served {
    #[track_caller]
    pub(crate) fn start(project: &Project) -> Self {
        Self::start_with(project, &[])
    }

    #[track_caller]
    pub(crate) fn start_with(project: &Project, env: &[(&str, &str)]) -> Self {
        let env = env.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::launch(project, HostOptions { env, ..HostOptions::default() })
    }

    #[track_caller]
    pub(crate) fn launch(project: &Project, options: HostOptions) -> Self {
        let mut host = HostProcess::launch(project, options);
        host.wait_for_kind("services_started");
        let address = Self::address(&host);
        host.take_in();
        Self { host, address }
    }

    /// Where the endpoint of this host listens.
    #[track_caller]
    pub(crate) fn address(host: &HostProcess) -> String {
        wait_until("the endpoint's address", || {
            // A checkpoint may have brought an earlier one.
            let state = host.try_state("ui")?;
            let listens = |text: &&str| TcpStream::connect(text).is_ok();
            state["text"].as_str().filter(listens).map(str::to_owned)
        })
    }

    /// What the endpoint answers.
    #[track_caller]
    pub(crate) fn get(&self) -> String {
        get(&self.address).unwrap_or_else(|error| panic!("{error}\n{}", self.host.words()))
    }

    /// A request that the endpoint is working on.
    #[track_caller]
    pub(crate) fn begin_request(&mut self) -> JoinHandle<std::io::Result<String>> {
        let address = self.address.clone();
        let client = std::thread::spawn(move || get(&address));
        wait_until("the request is taken", || {
            let seen = self.host.seen_by("ui");
            (seen.last().map(String::as_str) == Some("at work")).then_some(())
        });
        self.host.take_in();
        client
    }

    /// Makes an edit, and waits for the end of the reload that follows.
    #[track_caller]
    pub(crate) fn reloads(&mut self, edit: impl FnOnce()) -> Vec<String> {
        self.host.take_in();
        edit();
        let entry = self.host.wait_for_kind("config_reloaded");
        self.host.take_in();
        let Event::ConfigReloaded { files, .. } = entry.event else { unreachable!() };
        files.iter().map(|file| file.display().to_string()).collect()
    }

    /// Makes an edit, and waits for the reload to fail; returns the message.
    #[track_caller]
    pub(crate) fn fails_to_reload(&mut self, edit: impl FnOnce()) -> String {
        self.host.take_in();
        edit();
        let entry = self.host.wait_for_kind("config_failed");
        let Event::ConfigFailed { message } = entry.event else { unreachable!() };
        message
    }

    /// The services, each with what it is at.
    #[track_caller]
    pub(crate) fn services(&self) -> Vec<String> {
        in_words(&self.host.status())
    }
}

pub(crate) fn in_words(status: &Status) -> Vec<String> {
    status.services.iter().map(|it| format!("{} {}", it.name, it.in_words())).collect()
}

/// One request, and what was answered.
///
/// # Errors
/// When there was no whole answer.
pub(crate) fn get(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").filter(|_| answer.contains(" 200 OK\r\n"));
    let (_, body) = body.ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))?;
    Ok(body.trim_end().to_owned())
}

/// Clients that ask one after the other until they are told to stop; each counts its answers.
pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<std::io::Result<u32>>>,
}

impl Clients {
    pub(crate) fn start(address: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (stop, address) = (Arc::clone(&stop), address.to_owned());
            std::thread::spawn(move || {
                let mut answers = 0;
                while !stop.load(Ordering::Relaxed) {
                    get(&address)?;
                    answers += 1;
                }
                Ok(answers)
            })
        };
        let threads = (0..3).map(client).collect();
        Self { stop, threads }
    }

    /// How many answers they have had.
    ///
    /// # Panics
    /// When one of them had none, or not a whole one.
    #[track_caller]
    pub(crate) fn stop(self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        let answers = self.threads.into_iter().map(|it| it.join().expect("no panic"));
        answers.map(|answers| answers.expect("every request is answered")).sum()
    }
}

/// Of these entries, those of the kinds that tell of configuration and services as a whole.
pub(crate) fn kinds(entries: &[Entry]) -> Vec<String> {
    let kinds = entries.iter().map(pitstop_tests::host_process::kind_of);
    let told = ["config_", "services_", "stopped", "committed", "rejected", "build_failed"];
    kinds.filter(|kind| told.iter().any(|it| kind.starts_with(it))).collect()
}

/// Ways in which editors save a file, and one in which it goes.
pub(crate) type Save = fn(&Path, &str);

/// In place: truncated, and written.
pub(crate) fn overwrite(path: &Path, text: &str) {
    std::fs::write(path, text).expect("write a file");
}

/// Beside it, then over it.
pub(crate) fn replace(path: &Path, text: &str) {
    let beside = path.with_file_name(".saving~");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .expect("save a file");
}

/// The old one is moved away, and the new one written in its place.
pub(crate) fn back_up(path: &Path, text: &str) {
    let backup = path.with_file_name("backup~");
    if path.exists() {
        std::fs::rename(path, &backup).expect("move a file");
    }
    std::fs::write(path, text).expect("write a file");
}
