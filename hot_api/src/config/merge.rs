//! The merged tree of values, and where each of them comes from.

use super::error::ConfigError;
use crate::services::Refusal;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What the files and the environment come to.
///
/// ```
/// use hot_api::config::Configuration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temporary = tempfile::tempdir()?;
/// # let dir = temporary.path();
/// std::fs::write(dir.join("app.toml"), "[server]\nport = 8080\nhost = 'localhost'")?;
/// let environment = [("APP__SERVER__PORT".into(), "9090".into())];
/// let configuration = Configuration::read_with(dir, environment)?;
///
/// assert_eq!(configuration.values()["server"]["port"], 9090);
/// let host = configuration.origin("server.host").expect("the file has it");
/// assert_eq!(host.to_string(), "app.toml:3");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    values: Map<String, Value>,
    /// By dotted key, as serde's paths are written: of tables, of what is in them, and of elements.
    origins: BTreeMap<String, Origin>,
    /// Variables of the `.env` files that are no keys.
    variables: BTreeMap<String, String>,
    variable_sources: BTreeMap<String, Source>,
}

/// Where a value comes from; see [`Configuration::origin`].
///
/// ```
/// use hot_api::config::{Origin, Source};
///
/// let origin = Origin { source: Source::File("app.toml"), line: Some(3) };
/// assert_eq!(origin.to_string(), "app.toml:3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What says it.
    pub source: Source,
    /// 1-based line, in a file.
    pub line: Option<u32>,
}

/// What can say a value.
///
/// ```
/// use hot_api::config::Source;
///
/// let environment = Source::Environment { variable: "APP__TOKEN".to_owned() };
/// assert!(environment.is_secret() && !Source::File("app.toml").is_secret());
/// assert_eq!(environment.to_string(), "environment (APP__TOKEN)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One of the four files.
    File(&'static str),
    /// A variable of one of the two `.env` files.
    Dotenv {
        /// The file.
        file: &'static str,
        /// The variable's name.
        variable: String,
    },
    /// A variable of the real environment.
    Environment {
        /// Its name.
        variable: String,
    },
}

impl Source {
    /// Whether the value may be a secret, which nobody is shown.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => f.write_str(name),
            Self::Dotenv { file, variable } => write!(f, "{file} ({variable})"),
            Self::Environment { variable } => write!(f, "environment ({variable})"),
        }
    }
}

/// One value, for people to read.
///
/// ```
/// use hot_api::config::Configuration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// let environment = [("APP__TOKEN".into(), "hunter2".into())];
/// let entries = Configuration::read_with(dir.path(), environment)?.entries();
/// assert_eq!(entries[0].key, "token");
/// assert!(!entries[0].value.contains("hunter2"), "it may be a secret");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its dotted key; a variable is named after `env `.
    pub key: String,
    /// The value as JSON has it; masked where it may be a secret.
    pub value: String,
    /// What says it, with its line.
    pub source: String,
}

/// Stands for a value that may be a secret.
pub(super) const MASK: &str = "••••••";

impl Configuration {
    /// The merged values.
    #[must_use]
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// The variables of the `.env` files that are no keys.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Every value with what says it, by key; what may be a secret is masked.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.list("", &self.values, &mut entries);
        let variables = self.variable_sources.iter().map(|(name, source)| Entry {
            key: format!("env {name}"),
            value: MASK.to_owned(),
            source: source.to_string(),
        });
        entries.extend(variables);
        entries
    }

    fn list(&self, prefix: &str, table: &Map<String, Value>, entries: &mut Vec<Entry>) {
        for (name, value) in table {
            let key = joined(prefix, name);
            match value {
                Value::Object(inner) if !inner.is_empty() => self.list(&key, inner, entries),
                value => {
                    let origin = self.origins.get(&key);
                    let is_secret = origin.is_none_or(|origin| origin.source.is_secret());
                    let value = if is_secret { MASK.to_owned() } else { value.to_string() };
                    let source = origin.map(ToString::to_string).unwrap_or_default();
                    entries.push(Entry { key, value, source });
                }
            }
        }
    }

    /// Where the value of `key` comes from, or the nearest table around it.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        let mut key = key;
        loop {
            if let Some(origin) = self.origins.get(key) {
                return Some(origin);
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }

    /// What a module could not read, with the place that says it. Nothing of a secret value is in it.
    #[must_use]
    pub fn explain(&self, refusal: &Refusal) -> ConfigError {
        let Refusal { key, message } = refusal;
        let key = if key == "." { "" } else { key };
        let origin = self.origin(key);
        let hidden = self.without_secrets(key, message);
        let is_secret = origin.is_some_and(|origin| origin.source.is_secret());
        let message = match message.split_once(", expected") {
            // What could not be found in it may be there all the same.
            Some((_, expected)) if is_secret && hidden == *message => {
                format!("this value cannot be used, expected{expected}")
            }
            None if is_secret && hidden == *message => "this value cannot be used".to_owned(),
            _ => hidden,
        };
        self.error_at(key, message)
    }

    /// An error about `key`, with the place that says it.
    fn error_at(&self, key: &str, message: String) -> ConfigError {
        match self.origin(key) {
            Some(Origin { source, line }) => ConfigError::at(source, *line, key, message),
            None => ConfigError { source_name: None, line: None, key: key.to_owned(), message },
        }
    }

    /// `message` without the values below `key` that may be secret, in the forms in which serde shows a value.
    fn without_secrets(&self, key: &str, message: &str) -> String {
        let concerns =
            |other: &str| key.is_empty() || is_within(other, key) || is_within(key, other);
        let secret = self.origins.iter().filter(|(_, origin)| origin.source.is_secret());
        let values = secret.filter(|(other, _)| concerns(other));
        let mut leaves = Vec::new();
        values
            .filter_map(|(other, _)| self.value(other))
            .for_each(|it| collect_leaves(it, &mut leaves));
        // Longer ones first: one may be a part of another.
        leaves.sort_by_key(|leaf| std::cmp::Reverse(leaf.len()));
        leaves.iter().fold(message.to_owned(), |message, leaf| {
            let message = message.replace(&format!("{leaf:?}"), MASK);
            let message = message.replace(&format!("`{leaf}`"), MASK);
            // A short one is a part of too many words.
            if leaf.len() < BARE_LENGTH_MIN {
                message
            } else {
                message.replace(leaf.as_str(), MASK)
            }
        })
    }

    /// What to say of a key that nobody knows, when these are known.
    #[must_use]
    pub fn unknown_key(&self, key: &str, known: &[String]) -> ConfigError {
        let known = known.iter().map(String::as_str);
        let message = match nearest(key, known) {
            Some(nearest) => format!("unknown key; did you mean `{nearest}`?"),
            None => "unknown key; no module reads it".to_owned(),
        };
        self.error_at(key, message)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split(['.', '[']).map(|part| part.trim_end_matches(']'));
        let first = self.values.get(parts.next()?)?;
        parts.try_fold(first, |value, part| match value {
            Value::Object(table) => table.get(part),
            Value::Array(elements) => elements.get(part.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Puts `value` at `key`, given by its parts; tables become one.
    ///
    /// # Errors
    /// When something on the way is no table.
    pub(super) fn put(
        &mut self,
        key: &[String],
        value: Value,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        let (name, tables) = key.split_last().expect("a key has a part");
        let mut table = &mut self.values;
        let mut path = String::new();
        for part in tables {
            path = joined(&path, part);
            self.origins.entry(path.clone()).or_insert_with(|| origin.clone());
            let inner = table.entry(part.clone()).or_insert_with(|| Value::Object(Map::default()));
            table = match inner {
                Value::Object(inner) => inner,
                _ => {
                    let says = self.origins.get(&path).map(ToString::to_string);
                    let says = says.unwrap_or_default();
                    let message = format!("`{path}` is no table in {says}; rename one of the two");
                    let Origin { source, line } = origin;
                    return Err(ConfigError::at(source, *line, &key.join("."), message));
                }
            };
        }
        let path = joined(&path, name);
        match (table.get_mut(name), value) {
            (Some(Value::Object(_)), Value::Object(_)) => {}
            (_, value) => {
                // Its own is written below.
                self.origins.retain(|other, _| !is_within(other, &path));
                table.insert(name.clone(), value);
            }
        }
        self.origins.insert(path, origin.clone());
        Ok(())
    }

    /// Notes where an element of an array comes from.
    pub(super) fn note(&mut self, key: String, origin: Origin) {
        self.origins.insert(key, origin);
    }

    /// The parts of a dotted key as the values spell them: upper and lower case make no difference.
    pub(super) fn spelled(&self, key: &[String]) -> Vec<String> {
        let mut table = Some(&self.values);
        let spell = |part: &String| {
            let here = table;
            let known = here.and_then(|here| {
                here.keys()
                    .find(|known| *known == part)
                    .or_else(|| here.keys().find(|known| known.eq_ignore_ascii_case(part)))
            });
            let name = known.unwrap_or(part).clone();
            table = here.and_then(|here| here.get(&name)).and_then(Value::as_object);
            name
        };
        key.iter().map(spell).collect()
    }

    pub(super) fn set_variable(&mut self, name: String, value: String, source: Source) {
        self.variable_sources.insert(name.clone(), source);
        self.variables.insert(name, value);
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.source),
            None => write!(f, "{}", self.source),
        }
    }
}

/// The known key that is most like this one, if one is near enough to be meant.
///
/// ```
/// use hot_api::config::nearest;
///
/// assert_eq!(nearest("prot", ["host", "port"]), Some("port"));
/// assert_eq!(nearest("colour", ["host", "port"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(key, known);
    let nearest = known.into_iter().min_by_key(distance)?;
    (distance(&nearest) <= (nearest.len() / 3).max(1)).then_some(nearest)
}

/// Whether `key` is `table`, or something in it.
fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Secrets that are looked for without quotes as well.
const BARE_LENGTH_MIN: usize = 4;

/// The texts of all single values in `value`.
fn collect_leaves(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Object(table) => table.values().for_each(|value| collect_leaves(value, leaves)),
        Value::Array(elements) => elements.iter().for_each(|value| collect_leaves(value, leaves)),
        Value::String(text) => leaves.push(text.clone()),
        value => leaves.push(value.to_string()),
    }
}

pub(super) fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
