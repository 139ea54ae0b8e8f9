//! `cargo xtask bench`: how fast it is, against a baseline measured in the same run.

use crate::launch::Launcher;
use crate::program;
use crate::project::Project;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const NAMES: [&str; 8] = ["reload", "frame", "swap", "memory", "idle", "scale", "state", "cold"];

/// Run benchmarks, each a ratio against its baseline measured in the same run
#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// What to measure [default: all]
    #[arg(value_parser = NAMES)]
    names: Vec<String>,

    /// Beside `reload`, measure hot-lib-reloader with cargo-watch, installed below `target`
    #[arg(long)]
    peers: bool,

    /// A few rounds only, to see whether it works
    #[arg(long)]
    quick: bool,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,

    /// Draw the results as SVG files into a directory
    #[arg(long, value_name = "DIR")]
    plots: Option<PathBuf>,

    /// Write the results into a document, between the marks of each benchmark
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl Bench {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let launcher = Launcher::new()?;
        match program::build(&launcher, program::of_workspace(project, "bench"), "bench")? {
            Ok(bench) => Ok(launcher.run(Command::new(bench).args(self.arguments()))?.code()),
            Err(ended) => Ok(ended.code()),
        }
    }

    /// The same wishes, for the program that measures.
    fn arguments(self) -> Vec<OsString> {
        let Self { names, peers, quick, json, plots, markdown } = self;
        let flags = [(peers, "--peers"), (quick, "--quick"), (json, "--json")];
        let paths = [("--plots", plots), ("--markdown", markdown)];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.into());
        let paths = paths.into_iter().filter_map(|(flag, path)| Some([flag.into(), path?.into()]));
        names.into_iter().map(OsString::from).chain(flags).chain(paths.flatten()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        bench: Bench,
    }

    fn arguments(line: &str) -> Result<Vec<OsString>, clap::Error> {
        let line = std::iter::once("bench").chain(line.split_whitespace());
        Line::try_parse_from(line).map(|line| line.bench.arguments())
    }

    #[test]
    fn every_wish_is_handed_on() {
        let wishes = "reload swap --peers --quick --json --plots images --markdown a.md";
        let expected: Vec<&str> = wishes.split_whitespace().collect();
        assert_eq!(arguments(wishes).expect("this is right"), expected);
        assert!(arguments("").expect("all of them").is_empty());
    }

    #[test]
    fn a_benchmark_that_there_is_not_is_refused_before_anything_is_built() {
        let error = arguments("relaod").expect_err("there is none");
        assert!(error.to_string().contains("reload"), "{error}");
    }
}
