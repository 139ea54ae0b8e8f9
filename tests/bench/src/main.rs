//! `cargo xtask bench`: see [`bench`].
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "results are printed")]

use anyhow::Context as _;
use bench::machine::Machine;
use bench::options::{Options, USAGE};
use bench::report::Report;
use bench::run::{Figure, Finding, Run};
use bench::{markdown, memory, peers, run_one};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Processes of the benchmarks' own.
    match arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some((memory::ALONE, rest)) => {
            return done(memory::alone(rest).map(|measured| println!("{measured}")));
        }
        Some((peers::AS_CHILD, rest)) => return done(Err(peers::as_child(rest))),
        _ => {}
    }
    match Options::parse(arguments) {
        Ok(options) => done(run_all(&options)),
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn done(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_all(options: &Options) -> anyhow::Result<()> {
    for name in &options.names {
        let (mut reports, mut figures) = (Vec::new(), Vec::new());
        let mut found = |finding: Finding| match finding {
            Finding::Report(report) => {
                if options.is_json {
                    println!("{}", report.json());
                } else {
                    println!("{report}");
                }
                reports.push(report);
            }
            Finding::Figure(figure) => figures.push(figure),
        };
        let mut run = Run::new(&mut found);
        run.is_quick = options.is_quick;
        run.with_peers = options.with_peers;
        run_one(name, &mut run).with_context(|| name.clone())?;
        let figures = match &options.plots {
            Some(dir) => save(dir, figures).with_context(|| dir.display().to_string())?,
            None => Vec::new(),
        };
        if let Some(path) = &options.markdown {
            write_part(path, name, &reports, &figures)
                .with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Returns the titles of the figures, and where they are.
fn save(dir: &Path, figures: Vec<Figure>) -> io::Result<Vec<(String, PathBuf)>> {
    fs::create_dir_all(dir)?;
    let saved = figures.into_iter().map(|Figure { file, title, svg }| {
        let path = dir.join(file);
        fs::write(&path, svg).map(|()| (title, path))
    });
    saved.collect()
}

fn write_part(
    path: &Path,
    name: &str,
    reports: &[Report],
    figures: &[(String, PathBuf)],
) -> io::Result<()> {
    let document = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        document => document?,
    };
    let now = host::journal::unix_ms();
    let figures = figures.iter();
    let figures: Vec<(String, String)> =
        figures.map(|(title, file)| (title.clone(), markdown::place(path, file))).collect();
    let fragment = markdown::fragment(name, reports, &figures, &Machine::here(), now);
    fs::write(path, markdown::with_part(&document, name, &fragment))
}
