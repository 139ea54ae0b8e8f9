//! From settings to a running host: the one function that the binary calls.
//!
//! Owns: the order in which things start and stop. Consumes: [`DevArgs`]. Produces: an exit code.
//! Never: decides about reloads.

use crate::compile::{BuildConfig, BuildError, ReplayConfig, WrapperProgram};
use crate::control::host_control::{HostControl, HostFacts};
use crate::control::{ControlServer, HostLock};
use crate::engine::{BuildSource, CodeTrials, Engine, EngineConfig, EngineHandle};
use crate::journal::event::{Event, StartReason};
use crate::journal::status::StatusFile;
use crate::journal::{Journal, JournalConfig, LogLevel, ShowBoard};
use crate::literals::Literals;
use crate::module::{AppArgs, HostCalls, LogFn};
use crate::os::allocator;
use crate::os::child_env;
use crate::os::own_executable::own_executable;
use crate::os::signals;
use crate::persist::checkpoint::Store;
use crate::persist::crash::{Before, CrashLedger, Verdict};
use crate::restart::{Carried, Executables, HostMaker, replace};
use crate::sources::eframe_use;
use crate::sources::workspace::Workspace;
use crate::start::auto_run;
use crate::start::cli::{DevArgs, Exit, ON_TRIAL};
use crate::start::headless::Headless;
use crate::start::settings::{EnvSettings, PitstopFile, Settings};
use crate::start::status_writer::StatusWriter;
use crate::start::terminal::{Terminal, say};
use crate::supervise::{Programs, ProgramsConfig, ProgramsHandle};
use crate::trial::TrialProcesses;
use anyhow::Context as _;
use hot_api::abi::NOTICE;
use once_cell::sync::OnceCell;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Runs the host until its window is closed, it is told to stop, or a signal ends it. Does not return when the host
/// starts anew in this process.
#[must_use]
pub fn run(args: &DevArgs) -> Exit {
    allocator::limit_arenas();
    let ran = Launch::prepare(args).and_then(|launch| {
        let (dir, journal) = (launch.plan.dir.clone(), Arc::clone(&launch.journal));
        end(&dir, &journal, launch.run()?)
    });
    match ran {
        Ok(exit) => exit,
        Err(error) => {
            say(&format!("pitstop: {error:#}"));
            Exit::Failed
        }
    }
}

/// The end of a host whose engine has ended, and the window with it. By then the journal has told why, with a summary
/// of the session; modules are retired, the last checkpoint is written, and no file is watched any more. What is left,
/// in this order: programs and the socket end, the status file goes, the terminal has its last line, the journal is
/// written out; then, when the engine has ended for that, this process becomes the next host.
///
/// # Errors
/// Why the engine has given up, or why this process cannot become the next host.
fn end(dir: &Path, journal: &Journal, ended: Ended) -> anyhow::Result<Exit> {
    let Ended { companions, lock, window } = ended;
    drop(companions);
    let ran_for = journal.elapsed();
    journal.close();
    let engine = RUNNING.get();
    if let Some(reason) = engine.and_then(EngineHandle::failure) {
        anyhow::bail!("{reason}");
    }
    let Some(hand_over) = engine.and_then(EngineHandle::hand_over).cloned() else {
        return Ok(Exit::Done);
    };
    // No other host of this workspace begins in between.
    let error = replace(dir, &Carried { hand_over, window, ran_for });
    drop(lock);
    if cfg!(not(unix)) {
        // `dev` starts what was written down for it.
        return Ok(Exit::Restart);
    }
    journal.log(LogLevel::Error, None, &error.to_string());
    Err(error.into())
}

/// Whether a host would find what it needs for its start: settings and a workspace that can be read.
///
/// # Errors
/// Why it would not, in words.
pub fn check(args: &DevArgs) -> Result<(), String> {
    Plan::read(args).map(drop).map_err(|error| format!("{error:#}"))
}

/// What the user wants, and what is on disk.
struct Plan {
    settings: Settings,
    warnings: Vec<String>,
    root: PathBuf,
    dir: PathBuf,
    source: BuildSource,
    programs: ProgramsConfig,
    maker: Option<HostMaker>,
}

/// Everything that is needed before there is a window or an engine.
struct Launch {
    plan: Plan,
    journal: Arc<Journal>,
    lock: HostLock,
    /// How the host before this one ended, when somebody has started this one for that.
    before: Option<Before>,
    carried: Option<Carried>,
}

/// What is left when there is no window and no engine any more.
struct Ended {
    companions: Companions,
    lock: HostLock,
    /// What the window was like.
    window: Option<Value>,
}

/// What runs beside the engine; dropped after it.
struct Companions {
    /// The first to end: whoever reads the journal hears of their end.
    _programs: Programs,
    _server: ControlServer,
    _terminal: Terminal,
    status: Arc<StatusWriter>,
}

impl Drop for Companions {
    fn drop(&mut self) {
        self.status.end();
    }
}

/// What [`Launch::start`] has started.
struct Started {
    engine: Engine,
    #[cfg_attr(not(feature = "shell"), expect(dead_code, reason = "for the menu of the window"))]
    orders: ProgramsHandle,
    companions: Companions,
    lock: HostLock,
}

/// The engine that signals are for.
static RUNNING: OnceCell<EngineHandle> = OnceCell::new();

impl Plan {
    fn read(args: &DevArgs) -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("the working directory is gone")?;
        let workspace = Workspace::load(args.workspace.as_ref().unwrap_or(&here))?;
        let root = workspace.root().to_path_buf();
        let (file, warnings) = PitstopFile::read(&root)?;
        let mut settings = Settings::resolve(args, &EnvSettings::read()?, &file);
        settings.modules = settings.modules_in(&workspace, &here)?;
        let dir = root.join("target").join("pitstop");
        let source = build_source(&workspace, &settings, &dir)?;
        let programs = auto_run::config(&workspace, &settings, &dir)?;
        let maker = host_maker(&workspace, &settings, &dir, args);
        Ok(Self { settings, warnings, root, dir, source, programs, maker })
    }
}

impl Launch {
    fn prepare(args: &DevArgs) -> anyhow::Result<Self> {
        let mut plan = Plan::read(args)?;
        let lock = HostLock::acquire(&plan.dir)?;
        let before = Before::from_environment();
        let limits = match before {
            None | Some(Before::InOrder) => limits_of(&plan),
            Some(_) => Vec::new(),
        };
        let (dir, settings) = (&plan.dir, &mut plan.settings);
        let carried =
            Carried::take(dir).filter(|_| matches!(before, Some(Before::Asked | Before::Changed)));
        match before {
            None | Some(Before::InOrder) => Executables::forget(dir),
            // What the first host was told to forget is forgotten; this one takes over from it.
            Some(_) => settings.fresh = false,
        }
        if let Some(carried) = &carried {
            settings.auto_reload = carried.hand_over.auto_reload;
        }
        let journal = Journal::open(JournalConfig {
            dir: dir.clone(),
            events: settings.events.clone(),
            log_level: settings.log_level,
            ran_for: carried.as_ref().map(|carried| carried.ran_for),
        })?;
        let gave_way = (before == Some(Before::WentBack)).then(|| GAVE_WAY.to_owned());
        for message in plan.warnings.drain(..).chain(gave_way).chain(limits) {
            journal.record(None, None, Event::Notice { message });
        }
        Ok(Self { plan, journal, lock, before, carried })
    }

    fn run(self) -> anyhow::Result<Ended> {
        install_signal_handler()?;
        child_env::die_with_parent();
        let headless = self.plan.settings.headless;
        if headless {
            return self.run_headless();
        }
        self.run_in_window()
    }

    fn run_headless(self) -> anyhow::Result<Ended> {
        // A window that cannot be opened any more is where it was, once it can.
        let window = self.carried.as_ref().and_then(|carried| carried.window.clone());
        let frames = Headless::default();
        let host_calls = frames.host_calls(log_fn(&self.journal));
        let Started { engine, companions, lock, .. } = self.start(host_calls, true)?;
        frames.run(engine);
        Ok(Ended { companions, lock, window })
    }

    #[cfg(not(feature = "shell"))]
    fn run_in_window(self) -> anyhow::Result<Ended> {
        say("pitstop: this host was built without a window; running headless");
        self.run_headless()
    }

    #[cfg(feature = "shell")]
    fn run_in_window(self) -> anyhow::Result<Ended> {
        use crate::shell::{self, WindowError};
        use parking_lot::Mutex;
        if !shell::has_display() {
            say(&no_display());
            return self.run_headless();
        }
        let log = log_fn(&self.journal);
        let names: Vec<&str> =
            self.plan.settings.modules.iter().map(|module| module.name.as_str()).collect();
        let title = format!("Pitstop - {}", names.join(", "));
        let root = self.plan.root.clone();
        let before = self.carried.as_ref().and_then(|carried| carried.window.clone());
        let slot = Mutex::new(Some(self));
        let running = Mutex::new(None);
        let start = |host_calls: HostCalls| {
            let launch = slot.lock().take().context("the window was opened twice")?;
            let Started { engine, orders, companions, lock } = launch.start(host_calls, false)?;
            *running.lock() = Some((companions, lock));
            Ok((engine, orders))
        };
        let result = shell::run(&title, root, before, start, log);
        match (result, running.into_inner(), slot.into_inner()) {
            (Ok(window), Some((companions, lock)), _) => Ok(Ended { companions, lock, window }),
            (Ok(_), None, _) => anyhow::bail!("the window was closed before it was opened"),
            (Err(WindowError::NoWindow(reason)), None, Some(launch)) => {
                say(&format!("pitstop: no window could be opened ({reason}); running headless"));
                launch.run_headless()
            }
            (Err(error), ..) => Err(error.into()),
        }
    }

    /// Starts the engine, and all that listens to it.
    fn start(self, host_calls: HostCalls, headless: bool) -> anyhow::Result<Started> {
        let Self { plan, journal, lock, before, carried } = self;
        let Plan { settings, root, dir, source, programs, maker, .. } = plan;
        let host_calls = HostCalls { args: AppArgs::new(&settings.args), ..host_calls };
        let facts = Arc::new(HostFacts::new(headless));
        let ledger = Some(open_ledger(&dir, before.unwrap_or(Before::InOrder), &journal)?);
        journal.record(
            None,
            None,
            Event::Started {
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                headless,
                reason: before.unwrap_or(Before::InOrder).start_reason(),
            },
        );
        let terminal = Terminal::start(&journal);
        let checkpoints = Some(checkpoints(&dir, &settings, &journal));
        let repaint = Arc::clone(&host_calls.request_repaint);
        let file = StatusFile::new(&dir);
        let status = Arc::new(StatusWriter::new(file, Arc::clone(&facts), repaint));
        journal.show_board_to(Arc::clone(&status) as Arc<dyn ShowBoard>);
        let (on_beat, beats) = (Arc::clone(&status), Arc::clone(&journal));
        let engine = Engine::start(EngineConfig {
            fast_path: Box::new(Literals::new(root.clone())),
            root,
            generations_dir: dir.join("generations"),
            modules: settings.modules.clone(),
            frame_limit: settings.frame_limit,
            on_state_loss: settings.on_state_loss,
            checkpoints,
            ledger,
            kept_generations: settings.kept_generations,
            auto_reload: settings.auto_reload,
            may_restart: may_restart(&settings),
            host_since: host_since(before, carried.as_ref()),
            begin_with_proven: before == Some(Before::WentBack),
            app: settings.app.clone(),
            trials: trials(&settings),
            is_first_start: matches!(before, None | Some(Before::InOrder)),
            next_host: maker.map(HostMaker::into_next_host),
            begin_from: carried.map(|carried| carried.hand_over),
            source,
            host_calls,
            on_beat: Arc::new(move || on_beat.beat(&beats)),
            journal: Arc::clone(&journal),
        })?;
        let handle = engine.handle().clone();
        let _first = RUNNING.set(handle.clone());
        let programs = Programs::start(programs, &journal)?;
        let control = Arc::new(HostControl {
            handle,
            programs: programs.handle(),
            facts: Arc::clone(&facts),
            dir: dir.clone(),
        });
        let socket = settings.socket.as_deref();
        let server = ControlServer::start(&lock, &dir, socket, Arc::clone(&journal), control)?;
        facts.listening_on(server.socket());
        // From now on the status names the socket.
        status.beat(&journal);
        let orders = programs.handle();
        let companions =
            Companions { _programs: programs, _server: server, _terminal: terminal, status };
        Ok(Started { engine, orders, companions, lock })
    }
}

/// What of eframe applications does not work in a module, until there is a checkpoint: whoever has seen it once knows.
fn limits_of(plan: &Plan) -> Vec<String> {
    let modules = plan.settings.modules.iter().zip(&plan.source.build.modules);
    let exports = modules.filter_map(|(spec, target)| Some((spec, target.export.as_ref()?)));
    let new = exports.filter(|(spec, export)| {
        export.is_eframe_app
            && Store::new(plan.dir.join("checkpoint")).newest_first(&spec.name).is_empty()
    });
    let exports = new.map(|(_, export)| export);
    exports
        .flat_map(|export| eframe_use::below(&export.sources, &plan.root))
        .map(|found| found.to_string())
        .collect()
}

const GAVE_WAY: &str = "the new host crashed twice within 10 s: this is the one before; the next change of \
                        its sources is built and tried again";

#[cfg(feature = "shell")]
fn no_display() -> String {
    format!(
        "pitstop: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); running headless. Saved files \
         are built and swapped all the same; `{} status` shows what runs.",
        crate::os::own_command()
    )
}

/// `None` when every build has to go through cargo: because the user wants it, because this program
/// does not know where it is, or because one module is linked into another, so that cargo needs it.
fn replay_config(
    workspace: &Workspace,
    settings: &Settings,
    packages: &[String],
    dir: &Path,
) -> Option<ReplayConfig> {
    let own = std::env::current_exe().and_then(WrapperProgram::open);
    // Its file may have been replaced while it ran.
    let wrapper = own.or_else(|_| own_executable().and_then(WrapperProgram::open)).ok()?;
    let wanted = settings.replay && !workspace.any_needs_another(packages);
    wanted.then(|| ReplayConfig {
        wrapper,
        thin_link: settings.thin_link,
        shared: settings.shared.clone(),
        debug_info: settings.debug_info,
        generations_dir: dir.join("generations"),
    })
}

/// Whether this host may end in order to be started again: by itself, or by whoever has started it.
fn may_restart(settings: &Settings) -> bool {
    settings.supervise && (cfg!(unix) || Before::from_environment().is_some())
}

/// What builds the host anew; `None` where the host is no part of the workspace, or may not start anew.
fn host_maker(
    workspace: &Workspace,
    settings: &Settings,
    dir: &Path,
    args: &DevArgs,
) -> Option<HostMaker> {
    let modules: Vec<String> = settings.modules.iter().map(|it| it.package.clone()).collect();
    let bin = workspace.host(&modules)?;
    let args_again = args.clone();
    may_restart(settings).then(|| HostMaker {
        root: workspace.root().to_path_buf(),
        dir: dir.to_path_buf(),
        bin,
        args: settings.args.clone(),
        check: Arc::new(move || check(&args_again)),
    })
}

/// What tries new code; `None` when no module wants that.
fn trials(settings: &Settings) -> Option<Box<dyn CodeTrials>> {
    let is_wanted = settings.modules.iter().any(|module| module.is_tried);
    let program = own_executable().ok().filter(|_| is_wanted)?;
    Some(Box::new(TrialProcesses::start(program, &ON_TRIAL, settings.args.clone())))
}

/// When the build of this executable was started, where files of the host may have been saved since. Whoever starts a
/// host in order has just built it; and what a host has given way to is older than its sources on purpose.
fn host_since(before: Option<Before>, carried: Option<&Carried>) -> Option<SystemTime> {
    let carried = carried.and_then(|carried| carried.hand_over.host_since);
    let own_file = || std::env::current_exe().and_then(|own| own.metadata()?.modified()).ok();
    match before {
        None | Some(Before::InOrder | Before::WentBack) => None,
        Some(Before::Asked | Before::Changed) => carried.or_else(own_file),
        Some(Before::Crashed | Before::Killed) => own_file(),
    }
}

fn build_source(
    workspace: &Workspace,
    settings: &Settings,
    dir: &Path,
) -> anyhow::Result<BuildSource> {
    let packages: Vec<String> =
        settings.modules.iter().map(|module| module.package.clone()).collect();
    let modules = packages.iter().map(|package| workspace.module_of(package));
    let modules = modules.collect::<Result<Vec<_>, _>>()?;
    let replay = replay_config(workspace, settings, &packages, dir);
    if replay.is_none()
        && let Some(module) = modules.iter().find(|module| !module.is_cdylib)
    {
        return Err(BuildError::NoLibrary { package: module.package.clone() }.into());
    }
    Ok(BuildSource {
        build: BuildConfig {
            workspace_root: workspace.root().to_path_buf(),
            target_dir: workspace.root().join(&settings.build_dir),
            modules,
            args: settings.cargo_args.iter().map(Into::into).collect(),
            env: settings
                .build_env
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            replay,
        },
        inputs: workspace.modules_inputs(&packages)?,
        tiers: workspace.tiers(&packages)?,
        watch: settings.watch,
        poll_interval: settings.poll_interval,
    })
}

/// What is known of crashes; says when this host takes the place of one that crashed.
fn open_ledger(dir: &Path, before: Before, journal: &Journal) -> anyhow::Result<CrashLedger> {
    if before.start_reason() == StartReason::Crash {
        let reason = "crash".to_owned();
        journal.record(None, None, Event::Restarting { reason, busy: false });
    }
    let (ledger, saved) = CrashLedger::open(dir, before);
    if let Err(error) = saved {
        journal.record(None, None, Event::Notice { message: error.to_string() });
    }
    if *ledger.verdict() == Verdict::Host {
        anyhow::bail!(
            "the host crashed twice before it had loaded any code; it is not started again; \
             target/pitstop/host.log may say why"
        );
    }
    Ok(ledger)
}

/// Where the state is kept, without what is there already when the user begins anew.
fn checkpoints(dir: &Path, settings: &Settings, journal: &Journal) -> Store {
    let store = Store::new(dir.join("checkpoint"));
    for module in settings.modules.iter().filter(|_| settings.fresh) {
        if let Err(error) = store.begin_anew(&module.name) {
            let message = error.to_string();
            journal.record(Some(&module.name), None, Event::Notice { message });
        }
    }
    store
}

/// What modules log goes to `host.log`.
fn log_fn(journal: &Arc<Journal>) -> LogFn {
    let journal = Arc::clone(journal);
    Arc::new(move |level, text| {
        let level = match level {
            NOTICE => {
                let message = text.to_owned();
                journal.record(None, None, Event::Notice { message });
                return;
            }
            1 => LogLevel::Error,
            2 => LogLevel::Warn,
            3 => LogLevel::Info,
            4 => LogLevel::Debug,
            _ => LogLevel::Trace,
        };
        journal.log(level, None, text);
    })
}

/// The first signal ends the host in order, a second one at once.
fn install_signal_handler() -> anyhow::Result<()> {
    let stop = || {
        if let Some(engine) = RUNNING.get() {
            engine.stop("signal");
        }
    };
    signals::install(stop, || RUNNING.get().is_some()).context("cannot listen for Ctrl+C")
}
