//! The closed list of everything that can happen, as the window, the terminal, the tests and the
//! benchmarks read it.
//!
//! Owns: the wire form of the journal. Consumes nothing, produces serde values. Never: I/O.
//!
//! One event is one JSON object on one line; see [`crate::journal`] for how they are numbered,
//! stored and followed. Field names and kinds are an outside contract: add, do not change.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// The number of one reload attempt of one module. Minted once by the engine, never reused; an
/// attempt that fails leaves a gap.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u64);

/// What the host itself is called among the targets of builds.
pub const HOST_TARGET: &str = "host";

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}", self.0)
    }
}

/// What set a reload off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A watched file was saved.
    Save,
    /// Ctrl+Alt+R.
    Hotkey,
    /// The "Hot Reload" button.
    Button,
    /// `cargo xtask reload` or another client of the socket.
    Command,
    /// The first load after the host started.
    Start,
}

/// Why a change led to no swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoChange {
    /// The files' bytes are what they were when the running library was built: nothing was compiled.
    SameContent,
    /// The build produced the very library that already runs.
    SameArtifact,
    /// The build was made ahead of the next save: nothing was saved since the running code was chosen.
    NotAsked,
}

/// How the library was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildWay {
    /// Through `cargo build`.
    Cargo,
    /// By running captured rustc commands again.
    Replay,
}

/// How serious the compiler says a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticLevel {
    /// The build failed because of it.
    Error,
    /// The build may have succeeded all the same.
    Warning,
    /// Anything else the compiler says (notes, failure notes, help).
    Note,
}

/// One message of the compiler, in the form the window and the socket show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Severity.
    pub level: DiagnosticLevel,
    /// The compiler's code, such as `E0308`.
    pub code: Option<String>,
    /// The message alone, one line.
    pub message: String,
    /// The file of the primary span, relative to the workspace where it lies inside it.
    pub file: Option<PathBuf>,
    /// 1-based line of the primary span.
    pub line: Option<u32>,
    /// 1-based column of the primary span.
    pub column: Option<u32>,
    /// The whole message as the compiler renders it, with ANSI colours.
    pub rendered: String,
}

/// Where the time of one reload went, in microseconds. The parts add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagesMicros {
    /// First file event (or key press) to the start of the build that counted.
    pub detect: u64,
    /// The build.
    pub build: u64,
    /// The trial of the new code in a process of its own; 0 when it needed none.
    pub trial: u64,
    /// Copying, loading and checking the library.
    pub load: u64,
    /// Taking the state out of the old generation.
    pub capture: u64,
    /// Giving it to the new one.
    pub restore: u64,
    /// The hidden passes and the first frame of the new code.
    pub first_frame: u64,
}

impl StagesMicros {
    /// The sum of all stages.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.detect
            + self.build
            + self.trial
            + self.load
            + self.capture
            + self.restore
            + self.first_frame
    }
}

/// What happened to the state on its way through a swap; paths name fields, such as `tasks[].due`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateReport {
    /// Size of the snapshot in bytes.
    pub bytes: u64,
    /// `binary`, `named`, or `none` when there was no state to carry.
    pub codec: String,
    /// How many values came over unchanged.
    pub kept: u64,
    /// Fields that took their default, each with the reason.
    pub defaulted: Vec<String>,
    /// Fields of the old state that the new code does not know.
    pub dropped: Vec<String>,
    /// Fields whose type changed without loss.
    #[serde(default)]
    pub converted: Vec<String>,
    /// Migration steps that ran.
    pub migrated: Vec<String>,
    /// What is different in the state's type: `+ tasks[].due: Option<u32>`; or why that is not known.
    #[serde(default)]
    pub schema: Vec<String>,
}

/// The stage at which a candidate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Copying and opening the library.
    Load,
    /// Checking its header.
    Handshake,
    /// Taking the state out of the old generation, or in a trial out of the new one.
    Capture,
    /// Creating the new instance from the state.
    Restore,
    /// Reading the configuration and listing the services.
    Services,
    /// The hidden passes and the first frame.
    FirstFrame,
    /// In a trial: dropping the instance.
    Drop,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Handshake => "handshake",
            Self::Capture => "capture",
            Self::Restore => "restore",
            Self::Services => "services",
            Self::FirstFrame => "first frame",
            Self::Drop => "drop",
        })
    }
}

/// Where in a module a contained fault happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultSite {
    /// While the instance was created or its state restored.
    Create,
    /// In `logic`.
    Logic,
    /// In `ui` or in a named view.
    Ui,
    /// In a custom paint callback.
    Paint,
    /// While state was captured.
    Capture,
    /// While the instance was suspended or resumed.
    Suspend,
    /// While the instance was dropped.
    Drop,
    /// On a thread that the module started itself.
    Service,
    /// A call that has not returned within its limit.
    Overdue,
}

/// Why a host was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReason {
    /// By the user.
    #[default]
    Start,
    /// In place of one whose own code has changed.
    CodeChange,
    /// In place of one that crashed or was killed.
    Crash,
    /// Because a command asked for a new host.
    Command,
    /// In place of one that ran out of what only a new process has, such as thread keys.
    Resources,
}

/// What kind of failure a module is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The compiler refused.
    Build,
    /// The library was built and not taken.
    Rejected,
    /// It would lose some of the state, and the user is asked.
    Loss,
    /// The running code panicked.
    Fault,
    /// The running code does not return.
    Overdue,
    /// A thread that the module started itself panicked; the module runs on.
    Thread,
}

/// What follows from code that does not know all of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateLoss {
    /// The code is refused.
    Refused,
    /// The code is refused, and the user is asked whether it may run all the same.
    Asked,
}

/// A migration whose original state is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastMigration {
    /// Version of the state before.
    pub from: u32,
    /// Version of the state after it.
    pub to: u32,
    /// What ran before it, if its library is still there.
    pub before: Option<Generation>,
}

/// What has to happen before a program is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// A successful build.
    Build,
    /// The user, who has stopped it, or has not enabled it.
    Start,
}

/// What follows when a program has ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterEnd {
    /// It starts again after the next successful build.
    Waits,
    /// It starts again soon.
    StartsAgain,
    /// It has failed too often, and starts again after the next successful build.
    GivenUp,
}

/// One value of the application's configuration, for people to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigValue {
    /// Its dotted key; `env NAME` for a variable of an `.env` file that is no key.
    pub key: String,
    /// The value; masked where it may be a secret.
    pub value: String,
    /// The file and line, or the variable, that says it.
    pub source: String,
}

/// Everything that can happen. Times are in the unit that ends the field's name. `#[serde(tag = "kind")]` makes the variant the journal's `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the fields' names are the outside contract, and say what they hold"
)]
pub enum Event {
    /// The host is up.
    Started {
        pid: u32,
        version: String,
        headless: bool,
        #[serde(default)]
        reason: StartReason,
    },
    /// Something asked for a reload; `files` are relative to the workspace.
    Change { files: Vec<PathBuf>, trigger: Trigger },
    /// The change made no difference.
    NoChange { reason: NoChange },
    /// A save changed nothing but literals in `tweak!`, and the running code has them: `values` is how
    /// many, `total_us` runs from the first file event until the module has taken them.
    Literals { files: Vec<PathBuf>, values: u32, total_us: u64 },
    /// A build runs. A command of the user's has no `way`. `targets` are the programs that it makes; a build
    /// of modules names none.
    BuildStarted {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        way: Option<BuildWay>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
    },
    /// One more crate is done.
    BuildProgress { done: u32, total: u32, unit: String },
    /// The compiler refused the code, or could not be run. `targets` as in [`Self::BuildStarted`]; `command`
    /// shows all that the compiler of a program says.
    BuildFailed {
        ms: u64,
        diagnostics: Vec<Diagnostic>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        command: String,
    },
    /// A library was built, or the one program of `targets`. `artifact` is the hash of its bytes; after a
    /// command of the user's, the number of the build.
    BuildFinished {
        ms: u64,
        artifact: String,
        bytes: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
    },
    /// New code of a module, or the program of `targets` that was built, has shown in a process of its own that it
    /// can take the place of what runs.
    TrialPassed {
        ms: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
    },
    /// It has not. A program is not started then; what becomes of a module's code is said by what follows. `stderr`
    /// holds the last lines that it has written.
    TrialFailed {
        ms: u64,
        stage: String,
        reason: String,
        signal: Option<i32>,
        stderr: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        targets: Vec<String>,
    },
    /// New code runs. `build` is the hash of its library.
    Committed {
        trigger: Trigger,
        total_us: u64,
        stages_us: StagesMicros,
        ui_stall_us: u64,
        state: StateReport,
        #[serde(default)]
        build: String,
    },
    /// A candidate was refused; the old code runs on.
    Rejected {
        stage: Stage,
        reason: String,
        detail: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loss: Option<StateLoss>,
    },
    /// Code of a module failed and was contained. `runs_on` when it was none that draws, or none that is
    /// shown any more.
    Fault {
        r#where: FaultSite,
        message: String,
        location: String,
        backtrace: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        runs_on: bool,
    },
    /// What was shown as failed is so no more: the call has returned, or the user has set it aside.
    Resolved { failure: FailureKind },
    /// An earlier generation runs again. `build` is the hash of its library.
    RolledBack {
        to: Generation,
        reason: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        build: String,
    },
    /// What can be gone back to, oldest first, and the newest migration that can be run again.
    Kept { generations: Vec<Generation>, migration: Option<PastMigration> },
    /// A generation is gone.
    Retired { unmapped: bool, why_not: Option<String> },
    /// A snapshot went to disk.
    Checkpoint { bytes: u64, ms: u64 },
    /// State came from disk.
    Restored { from: String, age_ms: u64, state: StateReport },
    /// Saved files are built at once, or wait for an order.
    AutoReload { on: bool },
    /// So many saved files wait for an order.
    Waiting { changes: u32 },
    /// Files changed that a swap cannot carry: the host has to start anew. `busy` when it waits for work that must
    /// not be interrupted, `by_hand` when it cannot do so by itself.
    RestartPending {
        reason: String,
        busy: bool,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<PathBuf>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_hand: bool,
    },
    /// A module is at work that must not be interrupted.
    Busy { name: String },
    /// That work is over.
    Idle { name: String },
    /// New code is built and waits for such work, or for the new host.
    Deferred { busy: Vec<String> },
    /// The host starts anew.
    Restarting { reason: String, busy: bool },
    /// The application's configuration was read for the first time.
    ConfigLoaded { files: Vec<PathBuf>, values: Vec<ConfigValue> },
    /// Some of its files have other content, or are new, or gone.
    ConfigChanged { files: Vec<PathBuf> },
    /// Services run with new values.
    ConfigReloaded { files: Vec<PathBuf>, values: Vec<ConfigValue> },
    /// The configuration cannot be used, or services do not start with it. What runs now is said by what
    /// follows.
    ConfigFailed { message: String },
    /// A service gets its thread.
    ServiceStarting { name: String },
    /// A service is ready; `ms` is how long that took.
    ServiceStarted { name: String, ms: u64 },
    /// A service was asked to end.
    ServiceStopping { name: String },
    /// A service has ended, `ms` after it was asked to, or was started; `forced` when it has not, and is left
    /// behind. `error` says why it has ended by itself.
    ServiceStopped {
        name: String,
        ms: u64,
        forced: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Of a reload of the configuration: no service runs any more.
    ServicesStopped {},
    /// All services that are to run have started. `inactive` were left out.
    ServicesStarted {
        count: u64,
        names: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inactive: Vec<String>,
    },
    /// The services of new code have not started, and none of them runs.
    ServicesFailed { message: String },
    /// A program does not run. `target` is the binary whose builds it is started after, and `build` the command
    /// that makes it.
    ProcessWaiting {
        name: String,
        waits_for: WaitsFor,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        build: String,
    },
    /// A program was started.
    ProcessStarted { name: String, pid: u32 },
    /// A program cannot be started; what runs stays.
    ProcessNotStarted { name: String, reason: String },
    /// A program was asked to end by this signal; by SIGKILL when it has not ended within `after_ms`, or at once
    /// when that is absent.
    ProcessStopping {
        name: String,
        pid: u32,
        signal: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_ms: Option<u64>,
    },
    /// A program has ended. `ms` is how long that took from the request on, 0 when there was none; `forced`
    /// when it had to be killed. `next` is what follows when nobody has asked for its end.
    ProcessStopped {
        name: String,
        pid: u32,
        code: Option<i32>,
        signal: Option<i32>,
        ms: u64,
        forced: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<AfterEnd>,
    },
    /// This subscriber was too slow and missed events.
    Missed { count: u64 },
    /// Something the user should know that is not an error of theirs.
    Notice { message: String },
    /// The host ends.
    Stopped {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Session>,
    },
}

/// What has happened while a host ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How long that was, in milliseconds.
    pub ms: u64,
    /// How many times new code was committed, the first loads included.
    pub commits: u64,
    /// How many times literals were taken over instead.
    pub literals: u64,
    /// Builds that have failed.
    pub failed_builds: u64,
    /// Code that was refused.
    pub rejected: u64,
    /// Failures of running code.
    pub faults: u64,
}

impl Event {
    /// The program that it is about, or the programs of a build, for the start of a line.
    pub(crate) fn program(&self) -> Option<String> {
        match self {
            Self::BuildStarted { targets, .. }
            | Self::BuildFailed { targets, .. }
            | Self::BuildFinished { targets, .. }
            | Self::TrialPassed { targets, .. }
            | Self::TrialFailed { targets, .. } => {
                (!targets.is_empty()).then(|| targets.join(", "))
            }
            Self::ProcessWaiting { name, .. }
            | Self::ProcessStarted { name, .. }
            | Self::ProcessNotStarted { name, .. }
            | Self::ProcessStopping { name, .. }
            | Self::ProcessStopped { name, .. } => Some(name.clone()),
            _ => None,
        }
    }
}

/// A contained failure as users read it: the message, where it was, and the calls that led there.
pub(crate) fn fault_text(message: &str, location: &str, backtrace: &str) -> String {
    let location = if location.is_empty() { String::new() } else { format!("\n  at {location}") };
    let backtrace = if backtrace.is_empty() { String::new() } else { format!("\n{backtrace}") };
    format!("{message}{location}{backtrace}")
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since the host started, monotonic.
    pub t_us: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub unix_ms: u64,
    /// The module concerned, where one is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub module: Option<String>,
    /// The reload attempt concerned, where one is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<Generation>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}
