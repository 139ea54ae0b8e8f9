//! One TOML file, merged value by value. The one door to `toml` of this crate.

use super::error::{ConfigError, line_at};
use super::merge::{Configuration, Origin, Source, joined};
use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file that is being merged.
struct Reading<'a> {
    source: Source,
    text: &'a str,
}

impl Configuration {
    /// Merges the file `name`, whose content is `text`.
    ///
    /// # Errors
    /// When it is no TOML, or says what cannot be passed on.
    pub(super) fn merge_toml(&mut self, name: &'static str, text: &str) -> Result<(), ConfigError> {
        let source = Source::File(name);
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| line_at(text, span.start));
            let message = format!("{}; fix it and save again", error.message());
            ConfigError::at(&source, line, "", message)
        })?;
        let reading = Reading { source, text };
        self.merge_table(&reading, &mut Vec::new(), table.get_ref())
    }

    fn merge_table(
        &mut self,
        reading: &Reading<'_>,
        path: &mut Vec<String>,
        table: &DeTable<'_>,
    ) -> Result<(), ConfigError> {
        for (name, value) in table {
            path.push(name.get_ref().to_string());
            let origin = reading.origin(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => {
                    self.put(path, Value::Object(Map::default()), &origin)?;
                    self.merge_table(reading, path, inner)?;
                }
                _ => {
                    let key = path.join(".");
                    let read = reading.value(&key, value)?;
                    self.put(path, read, &origin)?;
                    self.note_elements(reading, &key, value);
                }
            }
            path.pop();
        }
        Ok(())
    }

    fn note_elements(&mut self, reading: &Reading<'_>, key: &str, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let key = format!("{key}[{index}]");
                    self.note(key.clone(), reading.origin(element.span().start));
                    self.note_elements(reading, &key, element);
                }
            }
            DeValue::Table(table) => {
                for (name, value) in table {
                    let key = joined(key, name.get_ref());
                    self.note(key.clone(), reading.origin(name.span().start));
                    self.note_elements(reading, &key, value);
                }
            }
            _ => {}
        }
    }
}

impl Reading<'_> {
    fn origin(&self, offset: usize) -> Origin {
        Origin { source: self.source.clone(), line: Some(line_at(self.text, offset)) }
    }

    fn value(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        read(value.get_ref()).map_err(|message| {
            let Origin { source, line } = self.origin(value.span().start);
            ConfigError::at(&source, line, key, message)
        })
    }
}

/// A value by itself, as a variable has it; `None` when it is no TOML.
pub(super) fn parse_value(text: &str) -> Option<Result<Value, String>> {
    let value = DeValue::parse(text).ok()?;
    Some(read(value.get_ref()))
}

/// # Errors
/// What cannot be passed on.
fn read(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(integer) => {
            let number = i64::from_str_radix(integer.as_str(), integer.radix());
            let number = number.map_err(|_| "this number does not fit into 64 bits".to_owned())?;
            Value::Number(number.into())
        }
        DeValue::Float(float) => {
            let number: Option<f64> = float.as_str().parse().ok();
            let number = number.and_then(Number::from_f64).ok_or_else(|| {
                "`inf` and `nan` cannot be configured; write a number, or leave the key out"
                    .to_owned()
            })?;
            Value::Number(number)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(elements) => {
            let elements = elements.iter().map(|element| read(element.get_ref()));
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let entries = table
                .iter()
                .map(|(name, value)| Ok((name.get_ref().to_string(), read(value.get_ref())?)));
            Value::Object(entries.collect::<Result<Map<_, _>, String>>()?)
        }
    })
}
