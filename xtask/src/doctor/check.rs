//! One thing that is there or not.
//!
//! Owns: the form of a line. Consumes: findings. Produces: text. Never: looks at the machine.

use std::fmt;

/// A finding about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    what: String,
    finding: Finding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    Fine { detail: String },
    Absent { detail: String, fix: String, required: bool },
}

/// What a finding means for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There.
    Fine,
    /// Not there, and something works less well.
    Lacking,
    /// Not there, and nothing works.
    Missing,
}

impl Check {
    pub(super) fn fine(what: &str, detail: impl Into<String>) -> Self {
        Self { what: what.to_owned(), finding: Finding::Fine { detail: detail.into() } }
    }

    /// `detail` says what is wrong, `fix` what to type.
    pub(super) fn lacking(what: &str, detail: impl Into<String>, fix: &str) -> Self {
        Self::absent(what, detail.into(), fix, false)
    }

    pub(super) fn missing(what: &str, detail: impl Into<String>, fix: &str) -> Self {
        Self::absent(what, detail.into(), fix, true)
    }

    fn absent(what: &str, detail: String, fix: &str, required: bool) -> Self {
        let fix = fix.to_owned();
        Self { what: what.to_owned(), finding: Finding::Absent { detail, fix, required } }
    }

    pub(super) fn verdict(&self) -> Verdict {
        match self.finding {
            Finding::Fine { .. } => Verdict::Fine,
            Finding::Absent { required: false, .. } => Verdict::Lacking,
            Finding::Absent { required: true, .. } => Verdict::Missing,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.verdict() {
            Verdict::Fine => "ok",
            Verdict::Lacking => "optional",
            Verdict::Missing => "MISSING",
        };
        write!(f, "{word:<8}  {:<16}", self.what)?;
        match &self.finding {
            Finding::Fine { detail } => write!(f, "  {detail}"),
            Finding::Absent { detail, fix, .. } => {
                write!(f, "  {detail}\n{:28}to fix: {fix}", "")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_what_and_how_to_fix_it() {
        for (check, verdict, text) in [
            (Check::fine("cargo", "1.95.0"), Verdict::Fine, "ok        cargo             1.95.0"),
            (
                Check::missing("linker", "no cc", "apt-get install gcc"),
                Verdict::Missing,
                "MISSING   linker            no cc\n                            to fix: apt-get install gcc",
            ),
            (
                Check::lacking("$EDITOR", "not set", "export EDITOR=vi"),
                Verdict::Lacking,
                "optional  $EDITOR           not set\n                            to fix: export EDITOR=vi",
            ),
        ] {
            assert_eq!(check.verdict(), verdict);
            assert_eq!(check.to_string(), text);
        }
    }
}
