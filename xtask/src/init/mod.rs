//! How an eframe application is edited so that it can be reloaded.
//!
//! Owns: the command, and the two edits, of the manifest and of a crate root. Consumes: their texts. Produces: new
//! texts, and diffs of them. Never: changes a byte beside what it adds, or anything before a yes; files are read and
//! written by the command alone.

mod captures;
mod command;
mod diff;
mod export;
mod imports;
mod layout;
mod manifest;
mod place;
mod source;
#[cfg(test)]
mod tests;

#[cfg(test)]
use crate::api_source::Source;
pub(crate) use command::Init;

use diff::unified;
use export::{has_export, with_export};
#[cfg(test)]
use manifest::ManifestError;
use manifest::with_dependency;
#[cfg(test)]
use place::for_library;
use place::{Place, place};
use source::{Creator, NoCreator, creator};
