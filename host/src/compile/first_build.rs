//! What a build from nothing is about to do, before it does it.
//!
//! Owns: the question to cargo and the reading of its answer. Never: compiles anything.

use super::cargo::Cargo;
use super::{Cancel, process};
use crate::os::lines::Line;
use std::collections::BTreeSet;
use std::fmt;

/// What is built and downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstBuild {
    /// How many packages are compiled, those of the user included.
    pub packages: u32,
    /// What had to be downloaded, in cargo's words, such as `24 crates (2.1MiB)`.
    pub downloaded: Option<String>,
}

impl fmt::Display for FirstBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { packages, downloaded } = self;
        if let Some(downloaded) = downloaded {
            write!(f, "downloaded {downloaded}; ")?;
        }
        let packages = match packages {
            1 => "1 package".to_owned(),
            packages => format!("{packages} packages"),
        };
        write!(f, "the first build compiles {packages}; later ones only what was edited")
    }
}

/// Asks cargo, which downloads what is not there. Blocks until it ends. `None` when it does not answer: the build
/// will say why.
pub(super) fn ask(cargo: &Cargo, cancel: &Cancel) -> Option<FirstBuild> {
    let mut answer = Answer::default();
    let (command, root) = (cargo.tree(), cargo.root());
    let status = process::run(command, root, cancel, &mut |line| answer.take(&line)).ok()?;
    status.success().then(|| answer.first_build()).flatten()
}

#[derive(Default)]
struct Answer {
    packages: BTreeSet<String>,
    downloaded: Option<String>,
}

impl Answer {
    fn take(&mut self, line: &Line) {
        match line {
            Line::Out(line) if line.trim().is_empty() => {}
            Line::Out(line) => {
                // `name v1.2.3 (proc-macro) (*)`: the last says that it has been listed before.
                self.packages.insert(line.trim_end_matches(" (*)").to_owned());
            }
            // `  Downloaded 24 crates (2.1MiB) in 0.92s (largest was …)`; each crate has such a line without its time.
            Line::Err(line) => {
                let words = line.trim_start().strip_prefix("Downloaded ");
                if let Some((what, _)) = words.and_then(|words| words.split_once(" in ")) {
                    self.downloaded = Some(what.to_owned());
                }
            }
        }
    }

    fn first_build(self) -> Option<FirstBuild> {
        let packages = u32::try_from(self.packages.len()).ok().filter(|count| *count > 0)?;
        Some(FirstBuild { packages, downloaded: self.downloaded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[Line]) -> Option<String> {
        let mut answer = Answer::default();
        lines.iter().for_each(|line| answer.take(line));
        answer.first_build().map(|first| first.to_string())
    }

    #[test]
    fn each_package_counts_once() {
        let out = |line: &str| Line::Out(line.to_owned());
        let lines = [
            out("app v0.1.0 (/tmp/app)"),
            out("serde v1.0.229"),
            out("serde_derive v1.0.229 (proc-macro)"),
            out("serde v1.0.229 (*)"),
            out(""),
        ];
        let said = "the first build compiles 3 packages; later ones only what was edited";
        assert_eq!(of(&lines).as_deref(), Some(said));
    }

    #[test]
    fn downloads_are_told_in_cargos_words() {
        let err = |line: &str| Line::Err(line.to_owned());
        let lines = [
            err(" Downloading crates ..."),
            err("  Downloaded serde v1.0.229"),
            err("  Downloaded 24 crates (2.1MiB) in 0.92s (largest was `egui` at 1.0MiB)"),
            Line::Out("app v0.1.0 (/tmp/app)".to_owned()),
        ];
        let said = "downloaded 24 crates (2.1MiB); the first build compiles 1 package; \
                    later ones only what was edited";
        assert_eq!(of(&lines).as_deref(), Some(said));
        assert_eq!(of(&[err("error: no matching package")]), None);
    }
}
