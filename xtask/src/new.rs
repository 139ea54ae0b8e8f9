//! `cargo pitstop new`: a project that builds, tests, reloads and releases.

use crate::api_source::{ApiSource, Source};
use crate::eframe_requirement;
use crate::output::say;
use anyhow::{Context as _, bail};
use clap::Args;
use host::os::own_command;
use host::start::cli::Exit;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The files of a project and their texts, in which `@NAME@` and the like are replaced.
const FILES: [(&str, &str); 13] = [
    ("Cargo.toml", include_str!("../templates/Cargo.toml.in")),
    (".cargo/config.toml", include_str!("../templates/.cargo/config.toml.in")),
    (".gitignore", include_str!("../templates/gitignore.in")),
    ("README.md", include_str!("../templates/README.md.in")),
    ("pitstop.toml", include_str!("../templates/pitstop.toml.in")),
    ("hot_ui/Cargo.toml", include_str!("../templates/hot_ui/Cargo.toml.in")),
    ("hot_ui/src/lib.rs", include_str!("../templates/hot_ui/src/lib.rs.in")),
    ("hot_ui/src/main.rs", include_str!("../templates/hot_ui/src/main.rs.in")),
    ("state/Cargo.toml", include_str!("../templates/state/Cargo.toml.in")),
    ("state/src/lib.rs", include_str!("../templates/state/src/lib.rs.in")),
    ("tests/Cargo.toml", include_str!("../templates/tests/Cargo.toml.in")),
    ("tests/src/lib.rs", include_str!("../templates/tests/src/lib.rs.in")),
    ("tests/tests/app.rs", include_str!("../templates/tests/tests/app.rs.in")),
];

/// Make a project of the same shape as Pitstop's demo, which builds and hot-reloads
#[derive(Args, Debug)]
pub(crate) struct New {
    /// Directory to make; its name becomes the application's
    #[arg(value_name = "DIR")]
    dir: PathBuf,

    #[command(flatten)]
    source: ApiSource,
}

impl New {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let dir = std::path::absolute(&self.dir)?;
        let name = name_of(&dir)?;
        let is_empty = fs::read_dir(&dir).map_or(true, |mut entries| entries.next().is_none());
        if !is_empty {
            bail!("{} is there already, and not empty; name another directory", dir.display());
        }
        let source = self.source.resolve()?;
        for (file, text) in FILES {
            let path = dir.join(file);
            let parent = path.parent().unwrap_or(&dir);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, filled(text, &name, &source)))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let command = own_command();
        say(&format!("{} is there; start it with `{command} dev` in it", self.dir.display()))?;
        Ok(Exit::Done.into())
    }
}

/// The application's name, which is that of its program, of a directory of its users', and of its window.
fn name_of(dir: &Path) -> anyhow::Result<String> {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_fine = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_fine {
        bail!(
            "`{name}` cannot be the name of a program: cargo wants a letter, and then letters, digits, `-` and `_`"
        );
    }
    if ["hot_ui", "state", "tests", "hot_api"].contains(&name) {
        bail!("a package of the project is called `{name}`; choose another name");
    }
    // Directories of cargo's own, where programs lie.
    if ["build", "deps", "examples", "incremental"].contains(&name) {
        bail!("cargo does not allow a program to be called `{name}`; choose another name");
    }
    Ok(name.to_owned())
}

/// A text of the project.
fn filled(text: &str, name: &str, source: &Source) -> String {
    let eframe = eframe_requirement();
    let (dependency, install) = match source {
        Source::Path(dir) => {
            let tool = dir.parent().unwrap_or(dir).join("xtask");
            (
                format!("path = {}", quoted(dir)),
                format!("--locked --path {} --bin cargo-pitstop", tool.display()),
            )
        }
        Source::Git { url, at } => {
            let (mut dependency, mut install) = (
                format!("git = \"{url}\", version = \"{eframe}\""),
                format!("--locked --git {url}"),
            );
            if let Some((kind, name)) = at {
                dependency += &format!(", {kind} = \"{name}\"");
                install += &format!(" --{kind} {name}");
            }
            (dependency, install + " --bin cargo-pitstop xtask")
        }
        Source::Version(version) => {
            (format!("version = \"{version}\""), "cargo-pitstop".to_owned())
        }
    };
    let home = match source {
        Source::Git { url, .. } => url.clone(),
        Source::Path(dir) => dir.parent().unwrap_or(dir).display().to_string(),
        Source::Version(_) => "https://docs.rs/hot_api".to_owned(),
    };
    [
        ("@NAME@", name),
        ("@SOURCE@", &dependency),
        ("@INSTALL@", &install),
        ("@HOME@", &home),
        ("@EFRAME@", &eframe),
    ]
    .iter()
    .fold(text.to_owned(), |text, (mark, with)| text.replace(mark, with))
}

/// A path as TOML writes it.
fn quoted(path: &Path) -> String {
    toml::Value::from(path.to_string_lossy().into_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a04_every_mark_is_filled_in_and_names_that_cargo_refuses_are_refused() {
        let sources = [
            Source::Path("/a \"b\"/hot_api".into()),
            Source::Git {
                url: "https://host/r".to_owned(),
                at: Some(("branch".to_owned(), "new".to_owned())),
            },
            Source::Version("0.37.0".to_owned()),
        ];
        for source in &sources {
            for (file, text) in FILES {
                let text = filled(text, "my-app", source);
                assert!(!text.contains('@'), "{file}: {text}");
                if file.ends_with(".toml") {
                    text.parse::<toml::Table>().unwrap_or_else(|error| panic!("{file}: {error}"));
                }
            }
        }
        assert_eq!(name_of(Path::new("/w/my-app")).expect("a name"), "my-app");
        for name in ["", "1st", "a b", "ä", "state", "tests"] {
            assert!(name_of(&Path::new("/w").join(name)).is_err() || name.is_empty(), "{name}");
        }
    }
}
