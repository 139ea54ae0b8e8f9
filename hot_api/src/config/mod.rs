//! The application's configuration: four files and the environment, merged.
//!
//! Owns: which files count, what overrides what, and where each value comes from. Consumes: a directory and
//! an environment. Produces: [`Configuration`]s, and errors that name file, line and key. Never: watches a
//! file, changes the environment, or knows what a value means; modules do.
//!
//! Later ones override earlier ones: `app.toml`, `app.local.toml`, then `APP__…` variables of `.env`, of
//! `.env.local`, and of the real environment. `APP__SERVER__PORT` is the key `server.port`. Every other
//! variable of the two `.env` files is none of the configuration, and can be looked up by services.

mod dotenv;
mod error;
mod merge;
mod overrides;
mod toml_file;

pub use error::{ConfigError, line_at};
pub use merge::{Configuration, Entry, Origin, Source, nearest};

use crate::services::Payload;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files that count, in the order in which they override each other.
pub const FILES: [&str; 4] = ["app.toml", "app.local.toml", ".env", ".env.local"];

/// For how long the files have to be the same before they are read, where nobody says otherwise: editors that save
/// several files do so within this time.
pub const DEBOUNCE: Duration = Duration::from_millis(300);

/// The paths of those [`FILES`] that exist in `dir`.
///
/// ```
/// # let temporary = tempfile::tempdir().unwrap();
/// # let dir = temporary.path();
/// std::fs::write(dir.join("app.toml"), "port = 8080")?;
/// assert_eq!(hot_api::config::files_in(dir), [dir.join("app.toml")]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn files_in(dir: &Path) -> Vec<PathBuf> {
    FILES.iter().map(|name| dir.join(name)).filter(|file| file.exists()).collect()
}

impl Configuration {
    /// Reads the files of `dir`, and the variables of this process. Files that are not there say nothing. Blocks until
    /// they are read; nothing is kept between two calls.
    ///
    /// # Errors
    /// A file that cannot be read or understood, or a variable that overrides what it cannot.
    pub fn read(dir: &Path) -> Result<Self, ConfigError> {
        Self::read_with(dir, std::env::vars_os())
    }

    /// As [`Self::read`], with another environment.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_with(
        dir: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let [app, local, env, env_local] = FILES;
        let mut merged = Self::default();
        for name in [app, local] {
            if let Some(text) = text_of(dir, name)? {
                merged.merge_toml(name, &text)?;
            }
        }
        for name in [env, env_local] {
            if let Some(text) = text_of(dir, name)? {
                merged.apply_file(dotenv::parse(name, &text)?)?;
            }
        }
        merged.apply_environment(environment)?;
        Ok(merged)
    }

    /// What modules get of it.
    #[must_use]
    pub fn payload(&self) -> Payload {
        Payload { values: self.values().clone(), env: self.variables().clone() }
    }
}

/// `None` for a file that is not there.
fn text_of(dir: &Path, name: &'static str) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(dir.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::of_file(name, error.to_string())),
    }
}

#[cfg(test)]
mod tests;
