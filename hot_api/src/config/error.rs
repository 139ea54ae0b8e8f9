//! What is wrong with a configuration, and where.

use super::merge::Source;

/// Why a configuration cannot be used.
///
/// ```
/// use hot_api::config::Configuration;
///
/// # let temporary = tempfile::tempdir().unwrap();
/// # let dir = temporary.path();
/// std::fs::write(dir.join("app.toml"), "title = 'Plan'\nzoom = inf")?;
/// let error = Configuration::read_with(dir, []).unwrap_err();
/// assert_eq!((error.line, error.key.as_str()), (Some(2), "zoom"));
/// assert!(error.to_string().starts_with("app.toml:2: zoom: "), "{error}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct ConfigError {
    /// The file, or the variable, that says what cannot be; `None` where nothing says it.
    pub source_name: Option<String>,
    /// 1-based line in it, where that is known.
    pub line: Option<u32>,
    /// The dotted key, empty where it is not about one.
    pub key: String,
    /// What is wrong with it, and what is expected.
    pub message: String,
}

impl ConfigError {
    pub(super) fn of_file(name: &str, message: String) -> Self {
        Self { source_name: Some(name.to_owned()), line: None, key: String::new(), message }
    }

    pub(super) fn at(source: &Source, line: Option<u32>, key: &str, message: String) -> Self {
        Self { source_name: Some(source.to_string()), line, key: key.to_owned(), message }
    }

    /// `app.toml:3: server.port: `, as far as it is known.
    fn place(&self) -> String {
        let mut place = self.source_name.clone().unwrap_or_default();
        if let Some(line) = self.line {
            place.push_str(&format!(":{line}"));
        }
        // A place is one line, whatever is in a key.
        let parts =
            [place, self.key.clone()].map(|part| part.replace(char::is_control, "\u{fffd}"));
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| part + ": ").collect()
    }
}

/// The 1-based line in which byte `offset` of `text` lies; the last one when it lies behind the end.
///
/// ```
/// assert_eq!(hot_api::config::line_at("a = 1\nb = 2\n", 6), 2);
/// ```
#[must_use]
pub fn line_at(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let breaks = before.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}
