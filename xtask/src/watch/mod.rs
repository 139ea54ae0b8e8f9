//! `cargo xtask watch`: builds a program on each change, and starts it again after each successful build.

mod source;

use crate::output::complain;
use crate::project::Project;
use anyhow::{Context, bail};
use clap::Args;
use crossbeam_channel::bounded;
use host::journal::event::Event;
use host::journal::{EventStream, EventsTo};
use host::os::group::signal_of;
use host::sources::workspace::{Inputs, Workspace};
use host::start::cli::Exit;
use host::supervise::{
    How, Listener, OnEnd, OnEvent, Order, PrintsTo, Program, RESTART_DELAY_MS, Runner,
    STOP_TIMEOUT_MS, StopSignal, Terms, Watched, is_stale,
};
use source::{HostsBuilds, Source};
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Build a program on every change, and start it again after each successful build
#[derive(Args, Debug)]
#[command(after_help = "\
A failed build is told once, and what runs goes on. Arguments after -- reach the program unchanged. The
first Ctrl+C asks the program to end, a second one ends it at once.")]
pub(crate) struct Watch {
    /// A binary of this workspace
    #[arg(long, value_name = "NAME", required_unless_present = "cmd", conflicts_with = "cmd")]
    bin: Option<String>,

    /// Any program, started without a shell
    #[arg(long, value_name = "PROGRAM")]
    cmd: Option<PathBuf>,

    /// What builds it, run by `sh -c` [default: cargo, for the package of the binary, or the workspace]
    #[arg(long, value_name = "COMMAND")]
    build: Option<String>,

    /// Watch these files and directories as well; may be given several times
    #[arg(long, value_name = "GLOB")]
    path: Vec<String>,

    /// Build on every change; this is the default
    #[arg(short, long, conflicts_with = "once")]
    watch: bool,

    /// Start the program once, as it is, and watch nothing
    #[arg(long)]
    once: bool,

    /// How the program is asked to end
    #[arg(long, value_name = "SIG", default_value = "SIGINT")]
    restart_signal: StopSignal,

    /// Milliseconds from a successful build to the restart
    #[arg(long, value_name = "MS", default_value_t = RESTART_DELAY_MS)]
    restart_delay: u64,

    /// Milliseconds that the program may take to end before it is killed
    #[arg(long, value_name = "MS", default_value_t = STOP_TIMEOUT_MS)]
    stop_timeout: u64,

    /// Start a program that fails again, without waiting for a build
    #[arg(long)]
    restart_on_failure: bool,

    /// Append what happens to this file as JSON lines (- for standard output)
    #[arg(long, value_name = "FILE")]
    events: Option<EventsTo>,

    /// Arguments for the program
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

/// What is built, and what is then started.
struct Plan {
    watched: Watched,
    /// What builds call the program.
    target: String,
    /// Where the program is before anything has been built.
    path: PathBuf,
}

/// Orders that may wait for the runner: builds, and signals, of which more than two make no difference.
const ORDERS: usize = 16;

impl Watch {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let project = Project::find().ok();
        let plan = self.plan(project.as_ref())?;
        let on_event = told(self.events.as_ref().map(EventStream::open).transpose()?);
        let (orders, inbox) = bounded(ORDERS);
        crate::launch::take_over_signals(orders.clone())?;
        let terms = Terms {
            delay: Duration::from_millis(self.restart_delay),
            stop_timeout: Duration::from_millis(self.stop_timeout),
            on_end: match (self.once, self.restart_on_failure) {
                (true, _) => OnEnd::End,
                (false, true) => OnEnd::RestartFailed,
                (false, false) => OnEnd::Wait,
            },
        };
        let mut program = self.program(&plan);
        if self.once {
            warn_if_stale(&plan, &program)?;
            orders.send(Order::Built { result: "once".to_owned(), path: None })?;
            let ended = Runner::new(program, terms, inbox, on_event).run();
            let status = ended.and_then(|ended| ended.status);
            let code = status.map_or(Some(Exit::Failed as i32), |status| status.code());
            // As a shell has it.
            let code = code.unwrap_or_else(|| 128 + status.and_then(signal_of).unwrap_or(0));
            return Ok(u8::try_from(code).unwrap_or(Exit::Failed as u8).into());
        }
        let Plan { watched, target, .. } = plan;
        let hosts = match (&project, &self.build) {
            (Some(project), None) => HostsBuilds::of(project, &target),
            _ => None,
        };
        if let Some(hosts) = &hosts {
            program.build = hosts.shown();
        }
        let listener = Listener { target: Some(target), orders };
        // First what cares for the terminal: threads that are started later write to it as this one may.
        let runner = Runner::new(program, terms, inbox, Arc::clone(&on_event));
        let builds = Source::start(hosts, watched, listener, on_event)?;
        runner.run();
        drop(builds);
        Ok(Exit::Done.into())
    }

    fn program(&self, plan: &Plan) -> Program {
        Program {
            name: self.name(),
            path: plan.path.clone(),
            args: self.args.clone(),
            dir: None,
            env: BTreeMap::new(),
            signal: self.restart_signal,
            is_enabled: true,
            has_terminal: true,
            prints_to: PrintsTo::Stdout,
            target: Some(plan.target.clone()),
            build: plan.watched.how.shown(&plan.watched.dir),
            held: None,
        }
    }

    fn name(&self) -> String {
        let of_path = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into());
        let of_cmd = || self.cmd.as_ref().and_then(of_path);
        self.bin.clone().or_else(of_cmd).unwrap_or_else(|| "the program".to_owned())
    }

    fn plan(&self, project: Option<&Project>) -> anyhow::Result<Plan> {
        let here = env::current_dir().context("the working directory is gone; enter another")?;
        let here = here.canonicalize().unwrap_or(here);
        let mut plan = match (&self.bin, &self.build, project) {
            (Some(bin), build, Some(project)) => of_bin(project, bin, build.as_deref())?,
            (Some(bin), _, None) => bail!(
                "{bin} is to be a binary of a cargo workspace, and there is none at or above {}; enter \
                 one, or name any program by --cmd and what builds it by --build",
                here.display()
            ),
            (None, None, None) => bail!(
                "there is nothing to build: no cargo workspace at or above {}, and no --build; say by \
                 --build what makes the program",
                here.display()
            ),
            (None, build, project) => self.of_cmd(&here, build.as_deref(), project)?,
        };
        for glob in &self.path {
            add(&mut plan.watched.inputs, &here, glob)?;
        }
        // Nor is what is told of it.
        if let Some(EventsTo::File(path)) = &self.events {
            plan.watched.inputs.excluded.insert(canonical_place(&here.join(path)));
        }
        Ok(plan)
    }

    /// Any program: a path is seen from here, a name is looked for in `PATH`.
    fn of_cmd(
        &self,
        here: &Path,
        build: Option<&str>,
        project: Option<&Project>,
    ) -> anyhow::Result<Plan> {
        let cmd = self.cmd.clone().unwrap_or_default();
        let path = if cmd.components().count() > 1 { here.join(&cmd) } else { cmd };
        let workspace = project.map(|project| Workspace::load(&project.root)).transpose()?;
        let mut inputs = match (&workspace, build) {
            // What a command of the user's reads is not known, so it is all that stands here.
            (_, Some(_)) | (None, None) => Inputs {
                root: here.to_owned(),
                dirs: [here.to_owned()].into(),
                excluded: [here.join("target")].into(),
                ..Inputs::default()
            },
            (Some(workspace), None) => workspace.all_inputs(),
        };
        // What is made is no reason to make it again.
        inputs.excluded.insert(canonical_place(&path));
        let dir = match (build, project) {
            (None, Some(project)) => project.root.clone(),
            _ => here.to_owned(),
        };
        let (line, target) = (build.unwrap_or("cargo build --workspace").to_owned(), self.name());
        let how = How::Line { line, target: target.clone() };
        Ok(Plan { watched: Watched { how, dir, inputs, poll_interval: None }, target, path })
    }
}

/// A binary of the workspace, built by cargo unless the user says otherwise.
fn of_bin(project: &Project, name: &str, build: Option<&str>) -> anyhow::Result<Plan> {
    let workspace = Workspace::load(&project.root)?;
    let bin = workspace.bin(name)?;
    let inputs = workspace.programs_inputs(std::slice::from_ref(&bin))?;
    let (dir, path) = (workspace.root().to_owned(), bin.path.clone());
    let target = name.to_owned();
    let how = match build {
        Some(line) => How::Line { line: line.to_owned(), target: target.clone() },
        None => How::Cargo(vec![bin]),
    };
    Ok(Plan { watched: Watched { how, dir, inputs, poll_interval: None }, target, path })
}

/// Where a file is or will be, without links and dots on the way.
fn canonical_place(path: &Path) -> PathBuf {
    let dir = path.parent().and_then(|dir| dir.canonicalize().ok());
    match (dir, path.file_name()) {
        (Some(dir), Some(name)) => dir.join(name),
        _ => path.to_owned(),
    }
}

/// Adds what a glob stands for; a name without wildcards need not exist yet.
fn add(inputs: &mut Inputs, here: &Path, glob: &str) -> anyhow::Result<()> {
    let pattern = here.join(glob).to_string_lossy().into_owned();
    let found: Vec<PathBuf> = glob::glob(&pattern)
        .with_context(|| format!("--path {glob} is no pattern"))?
        .filter_map(Result::ok)
        .collect();
    if found.is_empty() {
        if glob.contains(['*', '?', '[']) {
            bail!("--path {glob} stands for no file; look at the pattern");
        }
        inputs.files.insert(here.join(glob));
    }
    for path in found {
        let path = path.canonicalize().unwrap_or(path);
        if path.is_dir() {
            inputs.excluded.remove(&path);
            inputs.dirs.insert(path);
        } else {
            inputs.files.insert(path);
        }
    }
    Ok(())
}

/// Warns of a program that is not what its sources say.
fn warn_if_stale(plan: &Plan, program: &Program) -> anyhow::Result<()> {
    let (path, build) = (program.path.display(), &program.build);
    if !program.is_there() {
        bail!("there is no {path}; to build it: {build}");
    }
    if is_stale(&program.path, plan.watched.inputs.clone()) {
        complain(&format!(
            "{path} is older than its sources: the newest build failed, or there was none; it is started as \
             it is; to build it: {build}"
        ));
    }
    Ok(())
}

/// Tells people what happens, and writes it to the stream.
fn told(stream: Option<EventStream>) -> OnEvent {
    let failure = Mutex::new(None);
    Arc::new(move |event| {
        if is_worth_a_line(&event, &failure) {
            complain(&host::journal::said(&event));
        }
        if let Some(stream) = &stream {
            stream.record(event);
        }
    })
}

/// A failure that says the same as the one before is told once; a success is seen in the program.
fn is_worth_a_line(event: &Event, failure: &Mutex<Option<String>>) -> bool {
    let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
    match event {
        Event::BuildFailed { .. } => {
            let said = Some(host::journal::said(event));
            let is_new = *failure != said;
            *failure = said;
            is_new
        }
        Event::BuildFinished { .. } => {
            *failure = None;
            false
        }
        Event::BuildStarted { .. } | Event::ProcessStopped { next: None, .. } => false,
        _ => true,
    }
}
