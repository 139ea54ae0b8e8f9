//! A real host that carries a large state over.

use crate::host_process::RELOADED;
use crate::told::Told;
use crate::{HostProcess, Project};
use anyhow::Context as _;
use hot_api::state::schema::Schema;
use records::Records;

/// Reloads of a module with a large state.
#[derive(Debug)]
pub struct Reloads {
    /// The state's type is as it was: the binary codec carries it.
    pub unchanged: Vec<Told>,
    /// It has one field more each time: it goes by name.
    pub changed: Vec<Told>,
}

impl Reloads {
    /// A host with a module that makes this state, an expression, in its first frame; reloaded
    /// `count` times in either way.
    ///
    /// # Errors
    /// When the journal lacks the reloads.
    pub fn with(make: &str, count: usize) -> anyhow::Result<Self> {
        let project = project(make);
        let mut host = HostProcess::start(&project);
        for _ in 0..count {
            host.reload_ok("ui");
        }
        let field = "    /// What was typed.\n";
        for reload in 0..count {
            let other = format!("    pub extra_{reload}: u8,\n{field}");
            host.check(|| project.replace("data/src/lib.rs", field, &other), &RELOADED);
        }
        let mut of = |codec: &str| {
            let mut told = Told::all(&mut host);
            told.retain(|told| told.state.codec == codec);
            (!told.is_empty()).then_some(told).with_context(|| {
                format!("no reload with the {codec} codec; the host said\n{}", host.words())
            })
        };
        Ok(Self { unchanged: of("binary")?, changed: of("named")? })
    }
}

/// What one of [`Records`] comes to in the binary codec, in bytes.
///
/// # Errors
/// When it cannot be captured.
pub fn bytes_of_a_record() -> anyhow::Result<usize> {
    const MANY: usize = 1_000;
    let schema = Schema::of::<Records>()?;
    Ok(hot_api::state::to_binary(&Records::of(MANY), &schema)?.len() / MANY)
}

/// A workspace whose state is what `make` makes, in a crate that is optimised.
#[must_use]
#[track_caller]
pub fn project(make: &str) -> Project {
    let project = Project::new();
    let records = crate::repo().join("tests/records");
    project.edit("data/Cargo.toml", |toml| format!("{toml}records = {{ path = {records:?} }}\n"));
    let package = project.package("data");
    project.edit("Cargo.toml", |toml| {
        format!("{toml}\n[profile.dev.package.{package}]\nopt-level = 2\n")
    });
    let kind = make.rsplit_once("::").map_or(make, |(kind, _)| kind);
    let field = "    /// How often `logic` ran.\n";
    project.replace("data/src/lib.rs", field, &format!("    pub large: Option<{kind}>,\n{field}"));
    let made = format!("if self.large.is_none() {{ self.large = Some({make}); }}");
    project.replace("data/src/lib.rs", "// in sign", &made);
    project
}
