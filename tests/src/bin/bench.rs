//! `cargo xtask bench`: see [`pitstop_tests::bench`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "results are printed")]

use pitstop_tests::bench::{NAMES, run};
use std::process::ExitCode;

const USAGE: &str = "usage: bench [frame | idle | state]... [--json]    (no name: all)";

fn main() -> ExitCode {
    let (options, mut names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    if options.iter().any(|option| option != "--json")
        || names.iter().any(|name| !NAMES.contains(&name.as_str()))
    {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    if names.is_empty() {
        names = NAMES.map(str::to_owned).to_vec();
    }
    for name in names {
        let shown = run(&name, &mut |report| {
            if options.is_empty() {
                println!("{report}");
            } else {
                println!("{}", report.json());
            }
        });
        if let Err(error) = shown {
            eprintln!("{name}: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
