//! An engine in the test's own process: for what no command of a host reaches.
//!
//! Owns: the engine and the thread that draws its frames; dropping it ends both. Consumes: a
//! [`Project`]. Never: watches files.

use crate::project::{Project, build_dir};
use crate::wait_until;
use host::compile::BuildConfig;
use host::engine::OnStateLoss;
use host::engine::ReloadOutcome;
use host::engine::{AppConfig, BuildSource, Engine, EngineConfig, EngineHandle, ModuleSpec};
use host::journal::board::ModuleBoard;
use host::journal::event::Trigger;
use host::journal::{Journal, JournalConfig, LogLevel};
use host::literals::Literals;
use host::persist::checkpoint::Store;
use host::sources::workspace::{ModuleTarget, Workspace};
use host::start::headless::Headless;
use std::sync::Arc;
use std::thread::JoinHandle;

/// An engine that runs, and a thread that draws its frames like a window would.
pub struct EngineRun {
    handle: EngineHandle,
    frames: Option<JoinHandle<()>>,
}

impl EngineRun {
    /// Starts an engine with these modules of the project and waits until they run.
    ///
    /// # Panics
    /// When they do not.
    #[must_use]
    #[track_caller]
    pub fn start(project: &Project, modules: &[&str]) -> Self {
        Self::start_with(project, modules, |_| {})
    }

    /// As [`Self::start`], with changes to the configuration.
    ///
    /// # Panics
    /// As for [`Self::start`].
    #[must_use]
    #[track_caller]
    pub fn start_with(
        project: &Project,
        modules: &[&str],
        change: impl FnOnce(&mut EngineConfig),
    ) -> Self {
        let frames = Headless::default();
        let mut config = config(project, modules, &frames);
        change(&mut config);
        let engine = Engine::start(config).unwrap_or_else(|error| panic!("{error}"));
        let handle = engine.handle().clone();
        let frames = Some(std::thread::spawn(move || frames.run(engine)));
        let run = Self { handle, frames };
        // It joins the first build, and has its outcome.
        let loaded = run.reload(None);
        assert_eq!(loaded.error(), None);
        run
    }

    /// Waits until the board shows this of a module.
    #[track_caller]
    pub fn wait_for<T>(
        &self,
        what: &str,
        module: &str,
        mut seen: impl FnMut(&ModuleBoard) -> Option<T>,
    ) -> T {
        wait_until(what, || self.handle.board().module(module).and_then(&mut seen))
    }

    /// For orders.
    #[must_use]
    pub fn handle(&self) -> &EngineHandle {
        &self.handle
    }

    /// Reloads one module, or all, and waits.
    #[must_use]
    #[track_caller]
    pub fn reload(&self, module: Option<&str>) -> ReloadOutcome {
        let ticket = self.handle.reload(module, Trigger::Command);
        let outcome = ticket.wait(crate::DEADLINE).expect("the engine runs");
        outcome.unwrap_or_else(|| panic!("no outcome within {:?}", crate::DEADLINE))
    }
}

impl Drop for EngineRun {
    fn drop(&mut self) {
        self.handle.stop("the test is over");
        if let Some(frames) = self.frames.take() {
            // Its panic has been printed.
            let _panicked = frames.join();
        }
    }
}

#[track_caller]
fn config(project: &Project, modules: &[&str], frames: &Headless) -> EngineConfig {
    let workspace = Workspace::load(project.root()).unwrap_or_else(|error| panic!("{error}"));
    let packages: Vec<String> = modules.iter().map(|module| project.package(module)).collect();
    let known = "the project has these packages";
    let dir = project.path("target/pitstop");
    let journal =
        JournalConfig { dir: dir.clone(), events: None, log_level: LogLevel::Info, ran_for: None };
    let spec = |(name, package): (&&str, &String)| ModuleSpec {
        name: (*name).to_owned(),
        package: package.clone(),
        state_keys: Vec::new(),
        views: Vec::new(),
        is_tried: false,
    };
    EngineConfig {
        root: project.root().to_path_buf(),
        generations_dir: dir.join("generations"),
        modules: modules.iter().zip(&packages).map(spec).collect(),
        frame_limit: crate::DEADLINE,
        on_state_loss: OnStateLoss::Accept,
        ledger: None,
        checkpoints: Some(Store::new(dir.join("checkpoint"))),
        kept_generations: 5,
        auto_reload: true,
        // This executable is no host.
        trials: None,
        next_host: None,
        begin_from: None,
        host_since: None,
        begin_with_proven: false,
        app: AppConfig::default(),
        is_first_start: true,
        may_restart: false,
        source: BuildSource {
            build: BuildConfig {
                workspace_root: project.root().to_path_buf(),
                target_dir: build_dir(),
                modules: packages.iter().map(|it| ModuleTarget::library(it)).collect(),
                args: vec!["--offline".into()],
                env: Vec::new(),
                replay: None,
            },
            inputs: workspace.modules_inputs(&packages).expect(known),
            tiers: workspace.tiers(&packages).expect(known),
            watch: false,
            poll_interval: None,
        },
        host_calls: frames.host_calls(Arc::new(|_, _| {})),
        fast_path: Box::new(Literals::new(project.root().to_owned())),
        on_beat: Arc::new(|| {}),
        journal: Journal::open(journal).unwrap_or_else(|error| panic!("{error}")),
    }
}
