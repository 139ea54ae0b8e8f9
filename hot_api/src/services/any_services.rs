//! The services of a module without its type.

use super::context::Env;
use super::messages::Messages;
use super::payload::{Listed, Payload, Read, Refusal};
use super::threads::Threads;
use super::{Service, Services};
use crate::host::Host;
use crate::state::schema::{Format, Schema};
use serde_json::{Map, Value};
use std::any::Any;
use std::sync::Arc;

/// The author's configuration, and what was read of the values.
type ReadConfig = Result<(Box<dyn Any>, Read), Refusal>;

/// What `export_module!(Ui, services)` knows of a type. Nobody writes this name.
#[doc(hidden)]
pub struct ServicesType {
    /// Reads a configuration; the box holds the author's.
    pub(crate) read: fn(Map<String, Value>) -> ReadConfig,
    /// The author's list, of the author's object and a configuration that `read` has returned.
    pub(crate) list: fn(&dyn Any, &dyn Any) -> Vec<Service>,
}

impl std::fmt::Debug for ServicesType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServicesType")
    }
}

impl ServicesType {
    /// Of this module.
    #[must_use]
    pub const fn of<M: Services>() -> Self {
        Self {
            read: |values| {
                let mut ignored = Vec::new();
                let config: M::Config = {
                    let mut note = |path: serde_ignored::Path<'_>| ignored.push(dotted(&path));
                    let values = serde_ignored::Deserializer::new(Value::Object(values), &mut note);
                    serde_path_to_error::deserialize(values).map_err(|error| Refusal {
                        key: error.path().to_string(),
                        message: error.inner().to_string(),
                    })?
                };
                let known = if ignored.is_empty() { Vec::new() } else { known::<M::Config>() };
                Ok((Box::new(config), Read { ignored, known }))
            },
            list: |module, config| {
                let module: &M = module.downcast_ref().expect("the module is the exported one");
                module.services(config.downcast_ref().expect("`read` has made it"))
            },
        }
    }
}

/// The services of one instance: none when its module has none.
pub(crate) struct AnyServices {
    of: Option<&'static ServicesType>,
    threads: Arc<Threads>,
    /// The newest list, until it is started.
    listed: Option<(Vec<Service>, Env)>,
}

impl AnyServices {
    pub(crate) fn new(of: Option<&'static ServicesType>, threads: Arc<Threads>) -> Self {
        Self { of, threads, listed: None }
    }

    pub(crate) fn messages(&self) -> &Messages {
        self.threads.messages()
    }

    /// Asks one of them to end.
    #[cfg(feature = "standalone")]
    pub(crate) fn request_stop(&self, name: &str) {
        self.threads.request_stop(Some(name));
    }

    /// Has the author's object list its services for a configuration. Nothing that runs is touched.
    ///
    /// # Errors
    /// When the configuration cannot be read, or the list is none.
    pub(crate) fn list(
        &mut self,
        module: &dyn Any,
        payload: Payload,
    ) -> Result<Vec<Listed>, Refusal> {
        let Some(of) = self.of else { return Ok(Vec::new()) };
        let (config, _) = (of.read)(payload.values)?;
        let services = (of.list)(module, &*config);
        check_names(&services)?;
        let listed =
            |service: &Service| Listed { name: service.name.clone(), active: service.active };
        let names = services.iter().map(listed).collect();
        self.listed = Some((services, Env { of_files: Arc::new(payload.env) }));
        Ok(names)
    }

    /// Starts those of the newest list that are active, or of these the one of this name; the list is used up.
    /// `false` without a list.
    pub(crate) fn start(&mut self, only: Option<&str>, run: u64, host: Host) -> bool {
        let Some((mut services, env)) = self.listed.take() else { return false };
        services.retain(|service| service.active && only.is_none_or(|name| name == service.name));
        self.threads.start(services, run, &env, host);
        true
    }
}

/// # Errors
/// A name that is empty, is there twice, or is none for a thread.
fn check_names(services: &[Service]) -> Result<(), Refusal> {
    let mut names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    let refused = |message: String| Err(Refusal { key: String::new(), message });
    if let Some(name) = names.iter().find(|name| name.contains('\0')) {
        return refused(format!("{name:?} is no name for a service: leave the NUL out"));
    }
    if names.first().is_some_and(|name| name.is_empty()) {
        return refused("a service has no name; give each a name of its own".to_owned());
    }
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            refused(format!("two services are called `{}`; give each a name of its own", pair[0]))
        }
        None => Ok(()),
    }
}

/// The keys of a type, as far as they can be traced.
fn known<T: serde::de::DeserializeOwned>() -> Vec<String> {
    let mut keys = Vec::new();
    if let Ok(schema) = Schema::of::<T>() {
        collect("", schema.root(), &mut keys);
    }
    keys
}

fn collect(prefix: &str, format: &Format, keys: &mut Vec<String>) {
    match format {
        Format::Struct(fields) => {
            for (name, format) in fields {
                let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                collect(&key, format, keys);
                keys.push(key);
            }
        }
        Format::Option(inner) => collect(prefix, inner, keys),
        _ => {}
    }
}

/// `a.b` of the path of a key that nobody has read.
fn dotted(path: &serde_ignored::Path<'_>) -> String {
    path.to_string().split('.').filter(|part| *part != "?").collect::<Vec<_>>().join(".")
}
