//! What crosses the boundary about configuration and services: JSON, which both sides may extend.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The configuration as modules get it.
///
/// ```
/// use hot_api::services::Payload;
///
/// let mut payload = Payload::default();
/// payload.values.insert("port".to_owned(), 8080.into());
/// assert_eq!(Payload::from_bytes(&payload.to_bytes())?, payload);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The merged values.
    pub values: Map<String, Value>,
    /// Variables of the `.env` files that are no keys.
    pub env: BTreeMap<String, String>,
}

impl Payload {
    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("values with names as keys are JSON")
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// What a module has read of a configuration. What a module leaves out is empty:
///
/// ```
/// use hot_api::services::Read;
///
/// let read: Read = serde_json::from_str(r#"{ "ignored": ["server.prot"] }"#)?;
/// assert_eq!((read.ignored, read.known.len()), (vec!["server.prot".to_owned()], 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Dotted keys that it does not know.
    #[serde(default)]
    pub ignored: Vec<String>,
    /// The dotted keys that it knows, as far as its type says so.
    #[serde(default)]
    pub known: Vec<String>,
}

/// Why a module cannot use a configuration.
///
/// ```
/// use hot_api::services::Refusal;
///
/// let refusal: Refusal = serde_json::from_str(r#"{ "message": "missing field `server`" }"#)?;
/// assert_eq!(refusal.key, "", "no key is wrong: one is missing");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The dotted key; empty where it is about no key.
    #[serde(default)]
    pub key: String,
    /// What is wrong, and what is expected.
    pub message: String,
}

/// A service, as the module lists it.
///
/// ```
/// use hot_api::services::Listed;
///
/// let listed: Vec<Listed> = serde_json::from_str(r#"[{ "name": "clock", "active": true }]"#)?;
/// assert_eq!(listed[0].name, "clock");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it is to run.
    pub active: bool,
}
