//! Variables that stand for keys.

use super::dotenv::Variable;
use super::error::ConfigError;
use super::merge::{Configuration, Origin, Source};
use super::toml_file::parse_value;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// What the name of such a variable begins with, and what is between the parts of its key.
const PREFIX: &str = "APP__";
const SEPARATOR: &str = "__";

impl Configuration {
    /// Takes over the variables of an `.env` file.
    ///
    /// # Errors
    /// A variable whose key is none, or stands for what it cannot.
    pub(super) fn apply_file(&mut self, variables: Vec<Variable>) -> Result<(), ConfigError> {
        // Of two with one name the later counts, whatever the first one is.
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        for (name, (text, origin)) in variables {
            match name.strip_prefix(PREFIX) {
                Some(key) => self.apply(key, text, &origin)?,
                None => self.set_variable(name, text, origin.source),
            }
        }
        Ok(())
    }

    /// Takes over the variables of the real environment that are keys.
    ///
    /// # Errors
    /// As for [`Self::apply_file`].
    pub(super) fn apply_environment(
        &mut self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(), ConfigError> {
        let mut keys = BTreeMap::new();
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let source = Source::Environment { variable: name.to_owned() };
            let value = value.into_string().map_err(|_| {
                let message = "this variable is no UTF-8; set it anew, or unset it".to_owned();
                ConfigError::at(&source, None, "", message)
            })?;
            keys.insert(key.to_owned(), (value, Origin { source, line: None }));
        }
        keys.into_iter().try_for_each(|(key, (text, origin))| self.apply(&key, text, &origin))
    }

    fn apply(&mut self, key: &str, text: String, origin: &Origin) -> Result<(), ConfigError> {
        let parts: Vec<String> = key.split(SEPARATOR).map(str::to_lowercase).collect();
        if parts.iter().any(|part| part.is_empty() || part.contains(['.', '[', ']'])) {
            let message = format!(
                "this name stands for no key; write it as `{PREFIX}SERVER{SEPARATOR}PORT` for \
                 `server.port`"
            );
            return Err(ConfigError::at(&origin.source, origin.line, "", message));
        }
        let value = match parse_value(&text) {
            Some(Ok(value)) => value,
            // As it stands: what is no TOML is text.
            Some(Err(_)) | None => Value::String(text),
        };
        self.put_value(&self.spelled(&parts), value, origin)
    }

    /// Puts a value at `key`, a table entry by entry.
    fn put_value(
        &mut self,
        key: &[String],
        value: Value,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        let Value::Object(table) = value else { return self.put(key, value, origin) };
        self.put(key, Value::Object(Map::default()), origin)?;
        for (name, value) in table {
            let key: Vec<String> = key.iter().cloned().chain([name]).collect();
            self.put_value(&key, value, origin)?;
        }
        Ok(())
    }
}
