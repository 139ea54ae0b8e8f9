//! The command line of the benchmarks; `cargo xtask bench` hands its own on.

use super::NAMES;
use std::path::PathBuf;

/// How to call the program.
pub const USAGE: &str = "usage: bench [reload | frame | swap | memory | idle | scale | state | cold]... \
                         [--peers] [--quick] [--json] [--plots DIR] [--markdown FILE]    \
                         (no name: all)";

/// What is wished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Benchmarks, in the order in which they are to run.
    pub names: Vec<String>,
    /// Other tools that do the same, too.
    pub with_peers: bool,
    /// A few rounds only.
    pub is_quick: bool,
    /// One JSON object a line.
    pub is_json: bool,
    /// Where plots are saved.
    pub plots: Option<PathBuf>,
    /// The document in which the results are a part.
    pub markdown: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments behind the program's name.
    ///
    /// # Errors
    /// With what to tell the user about the one that is wrong.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next().map(PathBuf::from);
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--peers" => options.with_peers = true,
                "--quick" => options.is_quick = true,
                "--json" => options.is_json = true,
                "--plots" => options.plots = Some(value()?),
                "--markdown" => options.markdown = Some(value()?),
                name if NAMES.contains(&name) => options.names.push(argument),
                _ => return Err(format!("no benchmark and no option: {argument}")),
            }
        }
        if options.names.is_empty() {
            options.names = NAMES.map(str::to_owned).to_vec();
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn without_names_all_of_them_run() {
        let options = parsed("--json").expect("this is right");
        assert_eq!(options.names, NAMES);
        assert!(options.is_json && !options.is_quick && !options.with_peers);
    }

    #[test]
    fn names_and_options_may_be_mixed() {
        let options = parsed("swap --plots images --quick reload --markdown a.md --peers");
        let expected = Options {
            names: vec!["swap".to_owned(), "reload".to_owned()],
            with_peers: true,
            is_quick: true,
            is_json: false,
            plots: Some("images".into()),
            markdown: Some("a.md".into()),
        };
        assert_eq!(options, Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [("nope", "nope"), ("--loud", "--loud"), ("--plots", "needs a value")] {
            let error = parsed(line).expect_err("this is wrong");
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn usage_and_cargo_xtask_know_every_benchmark() {
        let xtask = include_str!("../../../xtask/src/bench.rs");
        for name in NAMES {
            assert!(USAGE.contains(name) && xtask.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
