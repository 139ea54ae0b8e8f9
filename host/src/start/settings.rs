//! What the user wants, from flags, environment and `pitstop.toml`.
//!
//! Owns: the precedence (flag over environment over file) and the defaults. Consumes: the three
//! sources. Produces: one [`Settings`]. Never: I/O; [`PitstopFile::read`] and
//! [`EnvSettings::read`] do that before.

mod env;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;

pub use env::{EnvError, EnvSettings};
pub use file::{FileError, PitstopFile};

use crate::compile::DebugInfo;
use crate::engine::{AppConfig, ModuleSpec, OnStateLoss};
use crate::journal::{EventsTo, LogLevel};
use crate::sources::workspace::{Workspace, WorkspaceError};
use crate::start::cli::DevArgs;
use crate::supervise::{OnEnd, RESTART_DELAY_MS, STOP_TIMEOUT_MS, StopSignal, Terms};
use file::{AutoRunTable, Trial};
use hot_api::services::lifecycle::Limits;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A frame that takes longer is shown as overdue: well beyond a slow frame of a debug build, well
/// below what a user takes for a crash.
const FRAME_LIMIT: Duration = Duration::from_millis(250);

/// Enough to go back over a few bad ideas; each costs a library's worth of disk.
const KEPT_GENERATIONS: usize = 5;

/// Cargo's target directory of the hot build, apart from the one editors and terminals lock.
const BUILD_DIR: &str = "target/pitstop/build";

/// Everything that can be set. Relative paths are relative to the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The modules, in the order of the window; empty when nobody names one.
    pub modules: Vec<ModuleSpec>,
    /// Run without a window.
    pub headless: bool,
    /// Watch files.
    pub watch: bool,
    /// Look at files this often instead of asking the system for events.
    pub poll_interval: Option<Duration>,
    /// Build when a watched file is saved; otherwise only when asked to.
    pub auto_reload: bool,
    /// Begin with the default state instead of the newest checkpoint.
    pub fresh: bool,
    /// Start the host anew after a crash or when its own code changes.
    pub supervise: bool,
    /// An additional copy of the journal. Relative to the working directory.
    pub events: Option<EventsTo>,
    /// What is worth a line in `host.log`.
    pub log_level: LogLevel,
    /// Where to listen. Relative to the working directory.
    pub socket: Option<PathBuf>,
    /// The time a frame may take before it is shown as overdue.
    pub frame_limit: Duration,
    /// What happens when new code would lose some of the state.
    pub on_state_loss: OnStateLoss,
    /// How many earlier generations are kept on disk, to go back to.
    pub kept_generations: usize,
    /// Cargo's target directory of the hot build.
    pub build_dir: PathBuf,
    /// Further arguments of `cargo build`.
    pub cargo_args: Vec<String>,
    /// Further environment of the build.
    pub build_env: BTreeMap<String, String>,
    /// Make cargo's calls of rustc again instead of running cargo, where that gives the same.
    pub replay: bool,
    /// Link modules against one shared library of what rarely changes.
    pub thin_link: bool,
    /// Packages of the workspace that belong into that library.
    pub shared: Vec<String>,
    /// How much a debugger gets to know of a replayed module.
    pub debug_info: DebugInfo,
    /// Where the application's configuration is, and how its services are treated.
    pub app: AppConfig,
    /// Arguments for the application itself.
    pub args: Vec<OsString>,
    /// Programs beside the modules, each with a name of its own.
    pub auto_run: Vec<AutoRun>,
}

/// A program that is started and restarted beside the modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoRun {
    /// What messages and orders call it.
    pub name: String,
    /// What is started.
    pub runs: Runs,
    /// Whether it runs before the user says so.
    pub enabled: bool,
    /// Its arguments.
    pub args: Vec<String>,
    /// How it is asked to end.
    pub signal: StopSignal,
    /// When it is started again.
    pub terms: Terms,
    /// On top of the environment.
    pub env: BTreeMap<String, String>,
}

/// What a program of [`AutoRun`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// A binary of the workspace, after each build of it.
    Bin(String),
    /// Any program, after each build of modules; a path is relative to the workspace.
    Command(PathBuf),
}

impl Settings {
    /// The modules that are named, or the one that somebody in `here` means who names none.
    ///
    /// # Errors
    /// When it is not clear which one.
    pub fn modules_in(
        &self,
        workspace: &Workspace,
        here: &Path,
    ) -> Result<Vec<ModuleSpec>, WorkspaceError> {
        if self.modules.is_empty() {
            return Ok(vec![ModuleSpec::of(&workspace.module_at(here)?)]);
        }
        Ok(self.modules.clone())
    }

    /// Brings the three sources together.
    #[must_use]
    pub fn resolve(cli: &DevArgs, env: &EnvSettings, file: &PitstopFile) -> Self {
        let flag = match (cli.watch, cli.no_watch) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Self {
            modules: modules(&cli.package, file),
            headless: cli.headless || env.headless.unwrap_or(false),
            watch: flag.or(env.watch).or(file.watch).unwrap_or(true),
            poll_interval: file.poll_interval_ms.map(|ms| Duration::from_millis(ms.get())),
            auto_reload: file.auto_reload.unwrap_or(true),
            fresh: cli.fresh,
            supervise: !cli.no_supervise,
            events: cli.events.clone().or_else(|| env.events.clone()),
            log_level: env.log.unwrap_or_default(),
            socket: cli.socket.clone(),
            frame_limit: file
                .frame_limit_ms
                .map_or(FRAME_LIMIT, |ms| Duration::from_millis(ms.get())),
            on_state_loss: file.on_state_loss.unwrap_or_default(),
            kept_generations: file.kept_generations.map_or(KEPT_GENERATIONS, |n| n as usize),
            build_dir: file.build_dir.clone().unwrap_or_else(|| BUILD_DIR.into()),
            cargo_args: file.cargo_args.clone(),
            build_env: file.build.env.clone(),
            replay: file.build.replay.unwrap_or(true),
            thin_link: file.build.thin_link.unwrap_or(true),
            shared: file.build.shared.clone(),
            debug_info: file.build.debug_info.unwrap_or_default(),
            app: app_config(file),
            args: cli.args.clone(),
            auto_run: file.auto_run.iter().map(auto_run).collect(),
        }
    }
}

fn auto_run(table: &AutoRunTable) -> AutoRun {
    let command =
        || Runs::Command(table.command.as_ref().map(|it| it.get_ref().clone()).unwrap_or_default());
    let ms = |wanted: Option<u64>, usual| Duration::from_millis(wanted.unwrap_or(usual));
    AutoRun {
        name: table.name.get_ref().clone(),
        runs: table.bin.as_ref().map_or_else(command, |bin| Runs::Bin(bin.get_ref().clone())),
        enabled: table.enabled,
        args: table.args.clone(),
        signal: table.restart_signal.unwrap_or_default(),
        terms: Terms {
            delay: ms(table.restart_delay_ms, RESTART_DELAY_MS),
            stop_timeout: ms(table.stop_timeout_ms, STOP_TIMEOUT_MS),
            on_end: if table.restart_on_failure { OnEnd::RestartFailed } else { OnEnd::Wait },
        },
        env: table.env.clone(),
    }
}

fn app_config(file: &PitstopFile) -> AppConfig {
    let table = file.config.clone().unwrap_or_default();
    let usual = AppConfig::default();
    let ms = |wanted: Option<std::num::NonZeroU64>, usual: Duration| {
        wanted.map_or(usual, |ms| Duration::from_millis(ms.get()))
    };
    AppConfig {
        dir: table.dir.unwrap_or(usual.dir),
        debounce: table.debounce_ms.map_or(usual.debounce, Duration::from_millis),
        on_error: file.on_config_error.unwrap_or_default(),
        limits: Limits {
            start: ms(table.start_timeout_ms, usual.limits.start),
            stop: ms(table.stop_timeout_ms, usual.limits.stop),
        },
    }
}

/// The modules of the file, or those that `--package` picks: by package or name, with what the
/// file says about them.
fn modules(picked: &[String], file: &PitstopFile) -> Vec<ModuleSpec> {
    let of_file: Vec<ModuleSpec> = file
        .modules
        .iter()
        .map(|table| {
            let name = table.name.get_ref().clone();
            ModuleSpec {
                package: table.package.clone().unwrap_or_else(|| name.clone()),
                name,
                state_keys: table.state_keys.clone(),
                views: table.views.clone(),
                is_tried: table.trial != Some(Trial::Off),
            }
        })
        .collect();
    if picked.is_empty() {
        return of_file;
    }
    let mut modules: Vec<ModuleSpec> = Vec::new();
    for package in picked {
        let known = of_file.iter().find(|m| m.package == *package || m.name == *package);
        let module = known.cloned().unwrap_or_else(|| ModuleSpec::of(package));
        if !modules.contains(&module) {
            modules.push(module);
        }
    }
    modules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> PitstopFile {
        PitstopFile::parse(Path::new("pitstop.toml"), text).expect("a good file").0
    }

    fn env(variables: &[(&str, &str)]) -> EnvSettings {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into());
        EnvSettings::look_up(get).expect("a good environment")
    }

    #[test]
    fn flag_beats_environment_beats_file() {
        let on = DevArgs { watch: true, ..Default::default() };
        let off = DevArgs { no_watch: true, ..Default::default() };
        let none = DevArgs::default();
        for (cli, variable, text, watch) in [
            (&none, "", "", true),
            (&none, "", "watch = false", false),
            (&none, "1", "watch = false", true),
            (&none, "0", "watch = true", false),
            (&on, "0", "watch = false", true),
            (&off, "1", "watch = true", false),
        ] {
            let env = env(&[("PITSTOP_WATCH", variable)]);
            let settings = Settings::resolve(cli, &env, &file(text));
            assert_eq!(settings.watch, watch, "{cli:?} {variable:?} {text:?}");
        }
        let cli = DevArgs { events: Some(EventsTo::Stdout), ..Default::default() };
        let env =
            env(&[("PITSTOP_EVENTS", "e"), ("PITSTOP_HEADLESS", "1"), ("PITSTOP_LOG", "warn")]);
        let settings = Settings::resolve(&cli, &env, &file(""));
        assert_eq!(settings.events, Some(EventsTo::Stdout));
        assert_eq!((settings.headless, settings.log_level), (true, LogLevel::Warn));
        let settings = Settings::resolve(&none, &env, &file(""));
        assert_eq!(settings.events, Some(EventsTo::File("e".into())));
    }

    #[test]
    fn packages_pick_modules() {
        let text = "[[module]]\nname = \"ui\"\npackage = \"hot_ui\"\nviews = [\"v\"]\n[[module]]\nname = \"tools\"";
        for (picked, text, expected) in [
            (&[][..], "", &[][..]),
            (&[], text, &["ui", "tools"]),
            (&["tools"], text, &["tools"]),
            (&["hot_ui", "ui", "other", "other"], text, &["ui", "other"]),
            (&["other"], "", &["other"]),
        ] {
            let package = picked.iter().map(|&p| p.to_owned()).collect();
            let cli = DevArgs { package, ..Default::default() };
            let settings = Settings::resolve(&cli, &EnvSettings::default(), &file(text));
            let names: Vec<&str> = settings.modules.iter().map(|m| m.name.as_str()).collect();
            assert_eq!(names, expected, "{picked:?}");
        }
        let settings = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &file(text));
        assert_eq!(settings.modules[0].package, "hot_ui");
        assert_eq!(settings.modules[0].views, ["v"]);
    }

    #[test]
    fn defaults_are_those_that_are_documented() {
        let none = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &file(""));
        let written = include_str!("../../../pitstop.toml");
        // The project's own file spells the defaults out behind `#`, where they can be tried.
        let spelled: String = written
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let (spelled, warnings) =
            PitstopFile::parse(Path::new("pitstop.toml"), &spelled).expect("a good file");
        assert_eq!(warnings, [""; 0]);
        assert!(spelled.frame_limit_ms.is_some() && spelled.auto_reload.is_some(), "spelled out");
        let spelled = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &spelled);
        // Which modules there are has no default; without any the workspace is asked.
        assert_eq!(Settings { modules: Vec::new(), ..spelled }, none);
    }

    #[test]
    fn p34_defaults_of_programs_are_those_that_are_documented() {
        let written = include_str!("../../../pitstop.toml");
        let example = written.lines().skip_while(|line| *line != "# [[auto_run]]");
        let example: Vec<&str> = example.map_while(|line| line.strip_prefix("# ")).collect();
        let spelled = Settings::resolve(
            &DevArgs::default(),
            &EnvSettings::default(),
            &file(&example.join("\n")),
        );
        let least = "[[auto_run]]\nname = \"worker\"\nbin = \"worker\"";
        let least = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &file(least));
        assert_eq!(spelled.auto_run, least.auto_run);
        // Every setting has a row, with the same default.
        let page = include_str!("../../../docs/supervising.md");
        for line in &example[1..] {
            let (key, value) = line.split_once(" = ").expect("a setting");
            let row = format!("| `{key}` | ");
            let row = page.lines().find_map(|line| line.strip_prefix(&row));
            let row = row.unwrap_or_else(|| panic!("no row for {key}"));
            let has_default = !["name", "bin"].contains(&key);
            assert!(!has_default || row.replace('`', "").starts_with(value), "{key}: {row}");
        }
        assert_eq!(example.len(), 10);
    }
}
