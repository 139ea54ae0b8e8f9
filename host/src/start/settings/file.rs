//! `pitstop.toml` as it is written.
//!
//! Owns: the keys there are, what they take, and complaints that name the line. Consumes: text.
//! Produces: [`PitstopFile`] and warnings. Never: knows defaults, flags or the environment.

use crate::compile::DebugInfo;
use crate::engine::OnStateLoss;
use crate::supervise::StopSignal;
use hot_api::config::{line_at, nearest};
use hot_api::services::lifecycle::OnConfigError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What each key takes, as errors say it. A key that is not here is unknown.
const KEYS: [(&str, &str); 37] = [
    ("frame_limit_ms", "a whole number of milliseconds above 0, such as `250`"),
    ("on_state_loss", "\"accept\", \"ask\" or \"reject\""),
    ("kept_generations", "a whole number, such as `5`"),
    ("build_dir", "a directory, such as \"target/pitstop/build\""),
    ("cargo_args", "a list of texts, such as `[\"--features\", \"x\"]`"),
    ("watch", "`true` or `false`"),
    ("poll_interval_ms", "a whole number of milliseconds above 0, such as `10000`"),
    ("auto_reload", "`true` or `false`"),
    ("on_config_error", "\"keep\" or \"stop\""),
    ("config", "a table `[config]`"),
    ("config.dir", "a directory, such as \".\""),
    ("config.debounce_ms", "a whole number of milliseconds, such as `300`"),
    ("config.start_timeout_ms", "a whole number of milliseconds above 0, such as `5000`"),
    ("config.stop_timeout_ms", "a whole number of milliseconds above 0, such as `5000`"),
    ("build", "a table `[build]`"),
    ("build.replay", "`true` or `false`"),
    ("build.thin_link", "`true` or `false`"),
    ("build.shared", "a list of packages of the workspace, such as `[\"engine\"]`"),
    ("build.debug_info", "\"lines\" or \"profile\""),
    ("build.env", "a table of texts, such as `RUST_LOG = \"info\"`"),
    ("module", "tables `[[module]]`, each with a `name`"),
    ("module.name", "a text of letters, digits, `_` and `-` that no other module has"),
    ("module.package", "the name of a package of the workspace"),
    ("module.state_keys", "a list of top-level fields of the state"),
    ("module.views", "a list of views that the module exports"),
    ("module.trial", "\"on\" or \"off\""),
    ("auto_run", "tables `[[auto_run]]`, each with a `name` and either `bin` or `command`"),
    ("auto_run.name", "a text that no other program has"),
    ("auto_run.bin", "the name of a binary of the workspace, without a `command` beside it"),
    ("auto_run.command", "a program, without a `bin` beside it; its arguments go into `args`"),
    ("auto_run.enabled", "`true` or `false`"),
    ("auto_run.args", "a list of texts, such as `[\"--port\", \"8080\"]`"),
    (
        "auto_run.restart_signal",
        "the name of a signal that asks a program to end, such as \"SIGTERM\"",
    ),
    ("auto_run.restart_delay_ms", "a whole number of milliseconds, such as `250`"),
    ("auto_run.stop_timeout_ms", "a whole number of milliseconds, such as `5000`"),
    ("auto_run.restart_on_failure", "`true` or `false`"),
    ("auto_run.env", "a table of texts, such as `RUST_LOG = \"info\"`"),
];

/// Everything a `pitstop.toml` can say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PitstopFile {
    pub(super) frame_limit_ms: Option<std::num::NonZeroU64>,
    pub(super) on_state_loss: Option<OnStateLoss>,
    pub(super) kept_generations: Option<u32>,
    pub(super) build_dir: Option<PathBuf>,
    pub(super) cargo_args: Vec<String>,
    pub(super) watch: Option<bool>,
    pub(super) poll_interval_ms: Option<std::num::NonZeroU64>,
    pub(super) auto_reload: Option<bool>,
    pub(super) on_config_error: Option<OnConfigError>,
    pub(super) config: Option<ConfigTable>,
    pub(super) build: BuildTable,
    #[serde(rename = "module")]
    pub(super) modules: Vec<ModuleTable>,
    pub(super) auto_run: Vec<AutoRunTable>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ConfigTable {
    pub(super) dir: Option<PathBuf>,
    pub(super) debounce_ms: Option<u64>,
    pub(super) start_timeout_ms: Option<std::num::NonZeroU64>,
    pub(super) stop_timeout_ms: Option<std::num::NonZeroU64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct BuildTable {
    pub(super) env: BTreeMap<String, String>,
    pub(super) replay: Option<bool>,
    pub(super) thin_link: Option<bool>,
    pub(super) shared: Vec<String>,
    pub(super) debug_info: Option<DebugInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct ModuleTable {
    pub(super) name: Spanned<String>,
    pub(super) package: Option<String>,
    #[serde(default)]
    pub(super) state_keys: Vec<String>,
    #[serde(default)]
    pub(super) views: Vec<String>,
    pub(super) trial: Option<Trial>,
}

/// Whether new code of a module is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trial {
    On,
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct AutoRunTable {
    pub(super) name: Spanned<String>,
    pub(super) bin: Option<Spanned<String>>,
    pub(super) command: Option<Spanned<PathBuf>>,
    #[serde(default)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) args: Vec<String>,
    pub(super) restart_signal: Option<StopSignal>,
    pub(super) restart_delay_ms: Option<u64>,
    pub(super) stop_timeout_ms: Option<u64>,
    #[serde(default)]
    pub(super) restart_on_failure: bool,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
}

/// Why `pitstop.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there and cannot be read.
    #[error("cannot read {}: {source}; fix its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("{}:{line}: {problem}; fix the line", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: u32,
        /// What the parser said.
        problem: String,
    },
    /// A key has a value that it does not take.
    #[error("{}:{line}: `{key}`{of} must be {expected} ({problem})", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// 1-based.
        line: u32,
        /// The key, with the tables it is in.
        key: String,
        /// Which of several tables, where it says its name: ` of "worker"`.
        of: String,
        /// What it takes.
        expected: &'static str,
        /// What it has.
        problem: String,
    },
}

impl PitstopFile {
    /// Reads the file of the workspace at `root`, and warnings about keys that mean nothing. No
    /// file means no wishes.
    ///
    /// # Errors
    /// [`FileError`], with file, line and key.
    pub fn read(root: &Path) -> Result<(Self, Vec<String>), FileError> {
        let path = root.join("pitstop.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Default::default()),
            Err(source) => Err(FileError::Read { path, source }),
        }
    }

    /// The same for a text; `path` is for messages.
    ///
    /// # Errors
    /// [`FileError`], with file, line and key.
    pub fn parse(path: &Path, text: &str) -> Result<(Self, Vec<String>), FileError> {
        let table = DeTable::parse(text).map_err(|error| FileError::Syntax {
            path: path.to_owned(),
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            problem: error.message().to_owned(),
        })?;
        let value = |key: String, span: Range<usize>, problem: String| {
            let of = name_at(table.get_ref(), &key, span.start);
            let (line, expected) = (line_at(text, span.start), expected(&key));
            FileError::Value { path: path.to_owned(), line, key, of, expected, problem }
        };
        let wrong = |span: Range<usize>, problem: String| {
            let key = key_at(table.get_ref(), "", span.start);
            value(key.unwrap_or_else(|| "module".to_owned()), span, problem)
        };
        let file: Self = toml::from_str(text)
            .map_err(|error| wrong(error.span().unwrap_or_default(), error.message().to_owned()))?;
        for (n, module) in file.modules.iter().enumerate() {
            let name = module.name.get_ref();
            let is_taken = file.modules[..n].iter().any(|m| m.name.get_ref() == name);
            if is_taken || !is_file_name(name) {
                return Err(wrong(module.name.span(), format!("found \"{name}\"")));
            }
        }
        for (n, program) in file.auto_run.iter().enumerate() {
            let name = program.name.get_ref();
            let is_taken = file.auto_run[..n].iter().any(|other| other.name.get_ref() == name);
            if is_taken || name.trim().is_empty() {
                return Err(wrong(program.name.span(), format!("found \"{name}\"")));
            }
            match (&program.bin, &program.command) {
                (Some(_), Some(command)) => {
                    return Err(wrong(command.span(), "both are there".to_owned()));
                }
                (None, None) => {
                    let span = program.name.span();
                    return Err(value("auto_run".to_owned(), span, "it has neither".to_owned()));
                }
                _ => {}
            }
        }
        let mut unknown = Vec::new();
        unknown_keys(table.get_ref(), "", &mut |key, at| unknown.push((at, key.to_owned())));
        unknown.sort();
        let warning = |(at, key): &(usize, String)| {
            let line = line_at(text, *at);
            format!("{}:{line}: `{key}` means nothing here{}", path.display(), hint(key))
        };
        let warnings = unknown.iter().map(warning).collect();
        Ok((file, warnings))
    }
}

/// Tables whose keys are the user's own.
const USERS: [&str; 2] = ["build.env", "auto_run.env"];

/// The name of the table in a list of tables in which the value at `offset` stands, for a message about
/// anything but the name.
fn name_at(table: &DeTable<'_>, key: &str, offset: usize) -> String {
    if key.ends_with(".name") {
        return String::new();
    }
    let list = key.split('.').next().and_then(|list| table.get(list)?.as_ref().as_array());
    let around = list.into_iter().flat_map(|list| list.iter()).filter_map(|element| {
        element.get_ref().as_table().filter(|table| key_at(table, "", offset).is_some())
    });
    let name = around.filter_map(|table| table.get("name")?.as_ref().as_str()).next();
    name.map_or_else(String::new, |name| format!(" of \"{name}\""))
}

/// What a key takes, or the table that it is in.
fn expected(key: &str) -> &'static str {
    if USERS.iter().any(|table| key.strip_prefix(table).is_some_and(|it| it.starts_with('.'))) {
        return "a text, such as \"info\"";
    }
    let mut around = std::iter::successors(Some(key), |key| Some(key.rsplit_once('.')?.0));
    around
        .find_map(|key| KEYS.iter().find(|(known, _)| *known == key))
        .map_or("what `pitstop.toml` knows", |(_, expected)| expected)
}

/// Names of modules become names of files, such as `hot_ui-g3.so`.
fn is_file_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(fits)
}

/// The key whose value is at `offset`: the innermost one, its tables in front.
fn key_at(table: &DeTable<'_>, above: &str, offset: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let path = join(above, key.get_ref());
        let below = tables(value.get_ref()).find_map(|table| key_at(table, &path, offset));
        let covers = value.span().contains(&offset) || key.span().contains(&offset);
        below.or_else(|| covers.then_some(path))
    })
}

fn unknown_keys(table: &DeTable<'_>, above: &str, found: &mut impl FnMut(&str, usize)) {
    if USERS.contains(&above) {
        return;
    }
    for (key, value) in table {
        let path = join(above, key.get_ref());
        if KEYS.iter().any(|(known, _)| *known == path) {
            tables(value.get_ref()).for_each(|table| unknown_keys(table, &path, found));
        } else {
            found(&path, key.span().start);
        }
    }
}

/// The tables in a value: itself, or the elements of a list.
fn tables<'a, 'i>(value: &'a DeValue<'i>) -> impl Iterator<Item = &'a DeTable<'i>> {
    let elements = value.as_array().into_iter().flat_map(|array| array.iter());
    value.as_table().into_iter().chain(elements.filter_map(|element| element.get_ref().as_table()))
}

fn join(above: &str, key: &str) -> String {
    if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") }
}

/// The known key that is meant, if one is near enough.
fn hint(unknown: &str) -> String {
    nearest(unknown, KEYS.iter().map(|(key, _)| *key))
        .map_or_else(String::new, |key| format!("; do you mean `{key}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(PitstopFile, Vec<String>), String> {
        PitstopFile::parse(Path::new("pitstop.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn all_keys_are_read() {
        let (file, warnings) = parse(
            "frame_limit_ms = 100\non_state_loss = \"ask\"\nkept_generations = 0\n\
             build_dir = \"b\"\ncargo_args = [\"--offline\"]\nwatch = false\npoll_interval_ms = 10000\nauto_reload = false\n\
             [build]\nreplay = false\nthin_link = false\nshared = [\"engine\"]\ndebug_info = \"profile\"\n\
             [build.env]\nANY_THING = \"x\"\n\
             [[module]]\nname = \"a\"\n\
             [[module]]\nname = \"b-2\"\npackage = \"p\"\nstate_keys = [\"k\"]\nviews = [\"v\"]\ntrial = \"off\"\n",
        )
        .expect("a good file");
        assert_eq!(warnings, [""; 0]);
        assert_eq!(file.frame_limit_ms.map(std::num::NonZeroU64::get), Some(100));
        assert_eq!(file.on_state_loss, Some(OnStateLoss::Ask));
        assert_eq!(file.poll_interval_ms.map(std::num::NonZeroU64::get), Some(10_000));
        assert_eq!(file.build.env["ANY_THING"], "x");
        assert_eq!((file.build.replay, file.build.thin_link), (Some(false), Some(false)));
        assert_eq!(file.build.shared, ["engine"]);
        assert_eq!(file.build.debug_info, Some(DebugInfo::Profile));
        assert_eq!(file.modules[1].name.get_ref(), "b-2");
        assert_eq!(file.modules[1].views, ["v"]);
        assert_eq!((file.modules[0].trial, file.modules[1].trial), (None, Some(Trial::Off)));
        assert_eq!(parse("").expect("an empty file").0, PitstopFile::default());
    }

    #[test]
    fn f10_unknown_keys_are_warned_of_with_a_suggestion() {
        let text = "wacth = true\n\n[build]\nenvironment = 1\n[[module]]\nname = \"a\"\nstatekeys = []\n\
                    [build.env]\nwacth = \"fine\"\n";
        let (file, warnings) = parse(text).expect("warnings only");
        assert_eq!(file.watch, None);
        assert_eq!(
            warnings,
            [
                "pitstop.toml:1: `wacth` means nothing here; do you mean `watch`?",
                "pitstop.toml:4: `build.environment` means nothing here",
                "pitstop.toml:7: `module.statekeys` means nothing here; do you mean `module.state_keys`?",
            ]
        );
    }

    #[test]
    fn p33_bad_values_are_refused_with_file_line_and_key() {
        for (text, says) in [
            (
                "\nframe_limit_ms = \"fast\"",
                "pitstop.toml:2: `frame_limit_ms` must be a whole number of milliseconds above 0, such as `250` (",
            ),
            ("frame_limit_ms = 0", "pitstop.toml:1: `frame_limit_ms` must be"),
            ("frame_limit_ms = -1", "pitstop.toml:1: `frame_limit_ms` must be"),
            ("poll_interval_ms = 0", "pitstop.toml:1: `poll_interval_ms` must be a whole number"),
            (
                "on_state_loss = \"panic\"",
                "pitstop.toml:1: `on_state_loss` must be \"accept\", \"ask\" or \"reject\" (",
            ),
            ("kept_generations = 1.5", "pitstop.toml:1: `kept_generations` must be"),
            ("cargo_args = [\n1]", "pitstop.toml:2: `cargo_args` must be a list"),
            ("watch = 1", "pitstop.toml:1: `watch` must be `true` or `false` ("),
            ("build = 1", "pitstop.toml:1: `build` must be a table"),
            (
                "[build]\ndebug_info = \"all\"",
                "pitstop.toml:2: `build.debug_info` must be \"lines\" or \"profile\" (",
            ),
            (
                "[build.env]\nA = 1",
                "pitstop.toml:2: `build.env.A` must be a text, such as \"info\" (",
            ),
            ("module = 1", "pitstop.toml:1: `module` must be tables `[[module]]`"),
            (
                "\n[[module]]\npackage = \"x\"",
                "pitstop.toml:2: `module` must be tables `[[module]]`, each with a `name` (missing field `name`)",
            ),
            (
                "[[module]]\nname = \"../x\"",
                "pitstop.toml:2: `module.name` must be a text of letters",
            ),
            ("[[module]]\nname = \"\"", "pitstop.toml:2: `module.name` must be"),
            (
                "[[module]]\nname=\"a\"\n[[module]]\nname = \"a\"",
                "pitstop.toml:4: `module.name` must be",
            ),
            (
                "[[module]]\nname=\"a\"\nviews = \"v\"",
                "pitstop.toml:3: `module.views` of \"a\" must be a list of views",
            ),
            (
                "[[module]]\nname=\"a\"\ntrial = true",
                "pitstop.toml:3: `module.trial` of \"a\" must be \"on\" or \"off\" (",
            ),
            (
                "auto_run = 1",
                "pitstop.toml:1: `auto_run` must be tables `[[auto_run]]`, each with a `name`",
            ),
            (
                "[[auto_run]]\nbin = \"w\"",
                "pitstop.toml:1: `auto_run` must be tables `[[auto_run]]`, each with a `name` and either \
                 `bin` or `command` (missing field `name`)",
            ),
            (
                "[[auto_run]]\nname = \"w\"",
                "pitstop.toml:2: `auto_run` of \"w\" must be tables `[[auto_run]]`, each with a `name` and \
                 either `bin` or `command` (it has neither)",
            ),
            (
                "[[auto_run]]\nname = \"w\"\nbin = \"w\"\ncommand = \"w\"",
                "pitstop.toml:4: `auto_run.command` of \"w\" must be a program, without a `bin` beside it; \
                 its arguments go into `args` (both are there)",
            ),
            (
                "[[auto_run]]\nname = \" \"\nbin = \"w\"",
                "pitstop.toml:2: `auto_run.name` must be a text that no other program has",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\n[[auto_run]]\nname = \"a\"\nbin=\"b\"",
                "pitstop.toml:5: `auto_run.name` must be a text that no other program has",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\n[[auto_run]]\nname = \"b\"\nbin=\"b\"\n\
                 restart_signal = \"SIGSTOP\"",
                "pitstop.toml:7: `auto_run.restart_signal` of \"b\" must be the name of a signal that asks \
                 a program to end, such as \"SIGTERM\" (",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\nrestart_delay_ms = -1",
                "pitstop.toml:4: `auto_run.restart_delay_ms` of \"a\" must be a whole number",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\nstop_timeout_ms = \"long\"",
                "pitstop.toml:4: `auto_run.stop_timeout_ms` of \"a\" must be a whole number",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\nenabled = 1",
                "pitstop.toml:4: `auto_run.enabled` of \"a\" must be `true` or `false`",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\nargs = [1]",
                "pitstop.toml:4: `auto_run.args` of \"a\" must be a list of texts",
            ),
            (
                "[[auto_run]]\nname=\"a\"\nbin=\"a\"\nenv = { A = 1 }",
                "pitstop.toml:4: `auto_run.env.A` of \"a\" must be a text, such as \"info\" (",
            ),
            ("watch = true\nwatch = false", "pitstop.toml:2: duplicate key"),
            ("watch = ", "pitstop.toml:1: "),
            ("= 3", "pitstop.toml:1: "),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(says), "{text:?} gave: {error}");
        }
    }

    #[test]
    fn no_file_is_no_wish_and_an_unreadable_one_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (file, warnings) = PitstopFile::read(dir.path()).expect("no file is fine");
        assert_eq!((file, warnings.len()), (PitstopFile::default(), 0));
        fs::create_dir(dir.path().join("pitstop.toml")).expect("a directory in its place");
        let error = PitstopFile::read(dir.path()).expect_err("a directory").to_string();
        assert!(error.contains("pitstop.toml"), "{error}");
    }
}
