//! Services, and the configuration that they run with.
//!
//! Owns: what `service_*`, `services_*` and `config_*` entries change on the board. Their form is that of the status
//! file as well.

use super::Board;
use crate::journal::event::{ConfigValue, Entry, Event};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// What a service is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// It has a thread, and has not said that it is ready.
    Starting,
    /// It is ready.
    Running,
    /// It was asked to end.
    Stopping,
    /// It has ended.
    #[default]
    Stopped,
    /// It has ended with an error, or was not ready in time.
    Failed,
    /// It has not ended in time, and was left behind.
    LeftBehind,
    /// It is not to run.
    Inactive,
}

/// A service of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceBoard {
    /// The module.
    pub module: String,
    /// Its name in it.
    pub name: String,
    /// What it is at.
    pub state: ServiceState,
    /// When it was ready, in milliseconds since 1970-01-01 UTC, while it runs.
    pub started_unix_ms: Option<u64>,
    /// How many times it has become ready, without the first time.
    pub restarts: u32,
    /// What it has failed with last.
    pub last_error: Option<String>,
}

impl ServiceBoard {
    /// What it is at, in words.
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self.state {
            ServiceState::Starting => "starting",
            ServiceState::Running => "running",
            ServiceState::Stopping => "stopping",
            ServiceState::Stopped => "stopped",
            ServiceState::Failed => "failed",
            ServiceState::LeftBehind => "left behind",
            ServiceState::Inactive => "inactive",
        }
    }
}

/// The application's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigBoard {
    /// The values that services have.
    pub values: Vec<ConfigValue>,
    /// Why what the files say now cannot be used, if it cannot.
    pub error: Option<String>,
}

impl Board {
    pub(super) fn services_apply(&mut self, entry: &Entry) {
        let module = entry.module.as_deref().unwrap_or_default();
        match &entry.event {
            Event::ConfigLoaded { values, .. } | Event::ConfigReloaded { values, .. } => {
                self.config = Some(ConfigBoard { values: values.clone(), error: None });
            }
            Event::ConfigFailed { message } => {
                self.config.get_or_insert_default().error = Some(message.clone());
            }
            Event::ServiceStarting { name } => {
                self.service(module, name).state = ServiceState::Starting;
            }
            Event::ServiceStarted { name, .. } => {
                let service = self.service(module, name);
                let was_before = service.started_unix_ms.replace(entry.unix_ms).is_some();
                service.restarts += u32::from(was_before);
                service.state = ServiceState::Running;
                service.last_error = None;
            }
            Event::ServiceStopping { name } => {
                self.service(module, name).state = ServiceState::Stopping;
            }
            Event::ServiceStopped { name, forced, error, .. } => {
                let service = self.service(module, name);
                service.state = match (forced, error) {
                    (true, _) => ServiceState::LeftBehind,
                    (false, Some(_)) => ServiceState::Failed,
                    (false, None) => ServiceState::Stopped,
                };
                if error.is_some() {
                    service.last_error.clone_from(error);
                }
            }
            Event::ServicesStarted { names, inactive, .. } => {
                let is_there = |name: &String| names.contains(name) || inactive.contains(name);
                self.services.retain(|it| it.module != module || is_there(&it.name));
                for name in inactive {
                    self.service(module, name).state = ServiceState::Inactive;
                }
            }
            _ => {}
        }
    }

    fn service(&mut self, module: &str, name: &str) -> &mut ServiceBoard {
        let known = |it: &ServiceBoard| (it.module.as_str(), it.name.as_str()).cmp(&(module, name));
        let at = self.services.binary_search_by(known).unwrap_or_else(|at| {
            let (module, name) = (module.to_owned(), name.to_owned());
            self.services.insert(at, ServiceBoard { module, name, ..ServiceBoard::default() });
            at
        });
        &mut self.services[at]
    }
}
