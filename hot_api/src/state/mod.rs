//! State that outlives the code that made it.
//!
//! # Theory of operation
//!
//! The host keeps bytes; only a module gives them meaning. On their way the bytes take three forms:
//!
//! ```text
//! State --to_bytes--> named bytes --Section--> Snapshot --encode--> bytes in memory or on disk
//! State <--restore--- Tree <-------Section---- Snapshot <--decode-- the same, checked
//! ```
//!
//! - **Named bytes** ([`to_bytes`], [`Tree::decode`]) describe themselves: every value carries its
//!   kind and every field its name, so code with another schema can read them. Capturing writes
//!   them in one pass without building a tree; each name is written once. Why this is no crate's form:
//!   `docs/state-format.md`.
//! - A [`Tree`] is the same value in memory. Whoever looks at a state without knowing its type
//!   works on trees: migrations, reports, the inventory, the host.
//! - A [`Snapshot`] is the envelope around the sections of one module, refused as a whole when a
//!   single bit is wrong.
//!
//! [`restore()`] merges an old tree into a type that may have changed since. It never fails: it
//! deserialises leniently, and where serde still objects it learns one repair and starts over.
//! Lenient means that the deserialiser, which sees each request before serde sees a value, answers
//! a request that the old value cannot serve from the new type's default. What only serde can
//! find (a missing field, an unknown variant, a value that a hand-written `Deserialize` refuses)
//! costs one more pass. Most of what is learnt holds for a path with wildcards (`tasks[].due`), so
//! the number of passes follows the schema; where it follows the data, passes skip what earlier ones
//! have read. `repairs.rs` has the rules.
//!
//! Before the merge, [`migrate()`] brings the tree to today's version of the state, where the author
//! has changed the meaning of something: a table of pure steps, each from one version to the next.
//!
//! ```
//! use hot_api::state::{capture, restore};
//! # use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize)]
//! struct Old {
//!     title: String,
//!     width: u8,
//! }
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct New {
//!     title: String,
//!     width: u32,
//!     tags: Vec<String>,
//! }
//!
//! let old = capture(&Old { title: "Plan".to_owned(), width: 80 })?;
//! let new = restore::<New>(&old);
//! assert_eq!((new.value.title.as_str(), new.value.width), ("Plan", 80));
//! assert_eq!(new.report.defaulted.lines(), ["tags: added, took its default"]);
//! # Ok::<(), hot_api::state::CaptureError>(())
//! ```
//!
//! Owns: the tree, its encoding, the envelope, migrations, the merge and its report. Consumes: bytes, and types
//! that speak serde. Produces: bytes, values and a [`Report`]. Never: reads or writes a file, knows
//! egui, or crosses the boundary as anything but bytes.

#[cfg(feature = "module")]
pub(crate) mod any_state;
mod binary;
mod capture;
mod decode;
mod edit;
mod encode;
mod envelope;
mod fields;
mod from_tree;
pub mod golden;
mod int;
mod json;
mod migrate;
mod node;
mod parts;
mod path;
mod place;
mod read_error;
mod repairs;
mod report;
mod restore;
pub mod schema;
mod serializer;
mod snapshot_ref;
mod snapshot_writer;
mod state_codec;
mod state_spec;
mod tree;

#[cfg(test)]
mod tests;

pub use binary::{BinaryError, from_binary, to_binary, write_binary};
pub use capture::{CaptureError, capture, to_bytes};
pub use decode::{DecodeError, DecodeFault};
pub use edit::EditError;
pub use envelope::{Codec, FORMAT_VERSION, Section, Snapshot, SnapshotError};
pub use from_tree::from_tree;
pub use int::Int;
pub use migrate::{MigrateError, Migration, migrate};
pub use path::{Path, Segment};
pub use read_error::{ReadError, Trouble};
pub use report::{Note, Notes, Reason, Report};
pub use restore::{Restored, restore};
pub use snapshot_ref::{SectionRef, SnapshotRef};
pub use snapshot_writer::SnapshotWriter;
pub use state_codec::StateCodec;
pub use state_spec::StateSpec;
pub use tree::{Name, Tree};

/// Name of the section of a [`Snapshot`] with the author's state.
pub const STATE_SECTION: &str = "state";
/// Name of the section that says what the state is made of.
pub const SCHEMA_SECTION: &str = "schema";

/// How many containers (lists, structs, options, variants…) may stand inside one another. Capturing
/// and decoding recurse once a level, so this bounds the stack that a state, or a hostile file,
/// can use; it is what `serde_json` allows.
pub const MAX_DEPTH: usize = 128;
