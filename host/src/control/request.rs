//! What can be asked on the socket, and the form of an answer.
//!
//! Owns: the wire form of [`Request`] and [`Reply`]. Consumes: one line. Produces: one line.
//! Never: I/O. Names and forms are an outside contract: add, do not change.

use super::ControlError;
use crate::engine::ReloadOutcome;
use crate::journal::event::{Diagnostic, Generation, Trigger};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// One line to the host. Unknown fields are refused: a mistyped `module` would otherwise reload
/// everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Reload one module, or all.
    Reload {
        /// Its name; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        /// Answer with the outcome rather than at once.
        #[serde(default)]
        wait: bool,
        /// What the journal shall name as the cause.
        #[serde(default = "by_command")]
        trigger: Trigger,
    },
    /// Go back to a kept generation.
    Rollback {
        /// Its name; the only one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        /// The generation; the one before the current when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Generation>,
    },
    /// What `status.json` says, at this moment.
    Status {},
    /// Take the state out of a module.
    Snapshot {
        /// Its name; the only one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        /// Where to put it, an absolute path; the answer carries a place of the host's choice
        /// when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        out: Option<PathBuf>,
    },
    /// Give a module a state that was taken out before.
    Restore {
        /// Its name; the only one when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        module: Option<String>,
        /// The snapshot, an absolute path.
        file: PathBuf,
    },
    /// The journal: a reply whose `entries` says how many follow at once, then one entry a line.
    Events {
        /// Go on with what happens, until the client closes the connection. Further requests on
        /// this connection are not read.
        #[serde(default)]
        follow: bool,
        /// Only entries whose `t_us` is greater. Times are unique within a run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<u64>,
    },
    /// Start a program of `[[auto_run]]`, also one that is not enabled.
    StartProcess {
        /// Its name.
        name: String,
    },
    /// Ask a program of `[[auto_run]]` to end; no build starts it again. The second time it is killed.
    StopProcess {
        /// Its name.
        name: String,
    },
    /// End the host.
    Stop {},
}

fn by_command() -> Trigger {
    Trigger::Command
}

impl Request {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with it, in words for whoever sent it.
    pub fn decode(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|error| {
            format!("not a request ({error}); send one JSON object a line, such as {{\"cmd\":\"status\"}}")
        })
    }
}

/// One line from the host: `{"ok":true,…}` or `{"ok":false,"error":"…","diagnostics":[…]}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether what was asked for has been done.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the compiler said, when that is why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// What was asked for: `modules`, `status`, `rollback`, `snapshot`, `restore` or
    /// `entries`.
    #[serde(flatten)]
    pub body: Map<String, Value>,
}

impl Reply {
    /// Done, with nothing more to say.
    #[must_use]
    pub fn done() -> Self {
        Self { ok: true, error: None, diagnostics: Vec::new(), body: Map::new() }
    }

    /// Done, with a result.
    #[must_use]
    pub fn with(key: &str, value: Value) -> Self {
        let mut reply = Self::done();
        reply.body.insert(key.to_owned(), value);
        reply
    }

    /// Not done.
    #[must_use]
    pub fn failed(error: String) -> Self {
        Self { ok: false, error: Some(error), ..Self::done() }
    }

    /// The line, with its end.
    pub(super) fn encode(&self) -> String {
        let line = serde_json::to_string(self);
        line.expect("a reply is made of JSON values and text") + "\n"
    }
}

impl From<ReloadOutcome> for Reply {
    fn from(outcome: ReloadOutcome) -> Self {
        let error = outcome.error();
        let modules = match serde_json::to_value(&outcome.modules) {
            Ok(modules) => modules,
            Err(error) => return Self::failed(format!("the outcome cannot be told: {error}")),
        };
        let diagnostics = outcome.diagnostics();
        Self { ok: error.is_none(), error, diagnostics, ..Self::with("modules", modules) }
    }
}

impl From<ControlError> for Reply {
    fn from(error: ControlError) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_all_their_forms() {
        let reload = |module: Option<&str>, wait, trigger| Request::Reload {
            module: module.map(str::to_owned),
            wait,
            trigger,
        };
        for (line, request) in [
            (r#"{"cmd":"reload"}"#, reload(None, false, Trigger::Command)),
            (r#"{"cmd":"reload","wait":true}"#, reload(None, true, Trigger::Command)),
            (
                r#"{"cmd":"reload","module":null,"wait":false}"#,
                reload(None, false, Trigger::Command),
            ),
            (
                r#" { "trigger" : "save" , "module" : "ui" , "cmd" : "reload" } "#,
                reload(Some("ui"), false, Trigger::Save),
            ),
            (
                r#"{"cmd":"rollback","to":4}"#,
                Request::Rollback { module: None, to: Some(Generation(4)) },
            ),
            (r#"{"cmd":"status"}"#, Request::Status {}),
            (r#"{"cmd":"stop"}"#, Request::Stop {}),
            (
                r#"{"cmd":"start_process","name":"w"}"#,
                Request::StartProcess { name: "w".to_owned() },
            ),
            (r#"{"cmd":"stop_process","name":"w"}"#, Request::StopProcess { name: "w".to_owned() }),
            (
                r#"{"cmd":"snapshot","out":"/x"}"#,
                Request::Snapshot { module: None, out: Some("/x".into()) },
            ),
            (
                r#"{"cmd":"restore","module":"ui","file":"/x"}"#,
                Request::Restore { module: Some("ui".to_owned()), file: "/x".into() },
            ),
            (r#"{"cmd":"events","since":7}"#, Request::Events { follow: false, since: Some(7) }),
        ] {
            assert_eq!(Request::decode(line.as_bytes()).as_ref(), Ok(&request), "{line}");
            let encoded = serde_json::to_vec(&request).expect("a request is JSON");
            assert_eq!(Request::decode(&encoded).as_ref(), Ok(&request), "{line} back and forth");
        }
    }

    #[test]
    fn hostile_lines_are_refused_in_words() {
        let deep = "[".repeat(100_000);
        for (line, says) in [
            (&b"hello"[..], "expected value"),
            (b"", "EOF"),
            (b"{}", "missing field `cmd`"),
            (b"[]", "missing field `cmd`"),
            (b"null", "invalid type"),
            (br#"{"cmd":"reboot"}"#, "unknown variant `reboot`"),
            (br#"{"cmd":"reload","modul":"ui"}"#, "unknown field `modul`"),
            (br#"{"cmd":"reload","wait":"yes"}"#, "expected a boolean"),
            (br#"{"cmd":"rollback","to":-1}"#, "invalid value"),
            (br#"{"cmd":"rollback","to":99999999999999999999}"#, "invalid"),
            (br#"{"cmd":"status"} {"cmd":"stop"}"#, "trailing characters"),
            (br#"{"cmd":"stop","now":true}"#, "unknown field `now`"),
            (br#"{"cmd":"stop_process"}"#, "missing field `name`"),
            (b"{\"cmd\":\"\xff\"}", "invalid unicode"),
            (b"\0\0\0", "expected value"),
            (deep.as_bytes(), ""),
        ] {
            let error = Request::decode(line).expect_err("no request");
            assert!(error.contains(says), "{error}");
            assert!(error.contains("one JSON object a line"), "{error}");
        }
    }

    #[test]
    fn replies_have_the_agreed_form() {
        assert_eq!(Reply::done().encode(), "{\"ok\":true}\n");
        assert_eq!(Reply::with("entries", 3.into()).encode(), "{\"ok\":true,\"entries\":3}\n");
        let failed = Reply::failed("no\nmore".into());
        assert_eq!(failed.encode(), "{\"ok\":false,\"error\":\"no\\nmore\"}\n");
        let read: Reply = serde_json::from_str(&failed.encode()).expect("reads back");
        assert_eq!(read, failed);
    }
}
