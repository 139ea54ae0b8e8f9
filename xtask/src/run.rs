//! `cargo xtask run`: the application's own executable.

use crate::launch::Launcher;
use crate::program;
use crate::project::Project;
use anyhow::Context;
use clap::Args;
use host::sources::workspace::{Bin, Workspace};
use host::start::cli::DevArgs;
use host::start::settings::{EnvSettings, PitstopFile, Settings};
use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Run the application's own executable: no host, no hot reload
#[derive(Args, Debug)]
#[command(after_help = "\
It is the program of the first module's package (from pitstop.toml, else of the current directory, else the only
one that exports a module), built with the features that the program requires.")]
pub(crate) struct Run {
    /// Optimised, as users get it
    #[arg(long)]
    release: bool,

    /// Arguments for the application
    #[arg(last = true)]
    args: Vec<OsString>,
}

impl Run {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let (file, _warnings) = PitstopFile::read(&project.root)?;
        let settings = Settings::resolve(&DevArgs::default(), &EnvSettings::default(), &file);
        let workspace = Workspace::load(&project.root)?;
        let modules = settings.modules_in(&workspace, &env::current_dir()?)?;
        let bin = bin_of(&modules[0].package, &workspace)?;
        let launcher = Launcher::new()?;
        let cargo = build(&bin, project, self.release);
        match program::build(&launcher, cargo, &bin.name)? {
            Ok(path) => Ok(launcher.run_in_terminal(Command::new(path).args(self.args))?.code()),
            Err(ended) => Ok(ended.code()),
        }
    }
}

/// The executable of a package.
fn bin_of(package: &str, workspace: &Workspace) -> anyhow::Result<Bin> {
    workspace.bin_of(package)?.with_context(|| {
        format!(
            "package {package} has no executable of its own; add a src/main.rs that runs \
             `hot_api::ModuleApp` under eframe (README.md, \"Release\")"
        )
    })
}

/// A release build is that of the package alone. Before, what the workspace has compiled already is used:
/// cargo would compile egui once more for the features of the package alone.
fn build(bin: &Bin, project: &Project, release: bool) -> Command {
    let mut cargo = match release {
        false => program::of_workspace(project, &bin.name),
        true => {
            let mut cargo = project.cargo();
            cargo.args(["build", "--release", "--package", &bin.package, "--bin", &bin.name]);
            cargo
        }
    };
    for feature in &bin.features {
        cargo.arg("--features").arg(format!("{}/{feature}", bin.package));
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is found in a package `ui` with this manifest and these files.
    fn found(manifest: &str, files: &[&str]) -> Result<Bin, String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let package = "[package]\nname = \"ui\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
        let manifest = format!("{package}{manifest}\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n");
        fs::create_dir_all(dir.path().join("src/bin")).expect("a directory");
        fs::write(dir.path().join("Cargo.toml"), manifest).expect("a manifest");
        for file in ["src/lib.rs"].iter().chain(files) {
            fs::write(dir.path().join(file), "").expect("a file");
        }
        let workspace = Workspace::load(dir.path()).map_err(|error| error.to_string())?;
        bin_of("ui", &workspace).map_err(|error| error.to_string())
    }

    #[test]
    fn g31_the_program_and_its_features_are_those_of_the_manifest() {
        let bin = |name: &str, features: &str| {
            format!(
                "[[bin]]\nname = \"{name}\"\npath = \"src/bin/{name}.rs\"\nrequired-features = [{features}]\n"
            )
        };
        let features = "[features]\na = []\nb = []\n";
        let (app, other) = (bin("app", "\"a\""), bin("other", ""));
        let both = bin("ui", "\"a\", \"b\"");
        for (manifest, files, name, wanted) in [
            (format!("{features}{app}"), &["src/bin/app.rs"][..], "app", &["a"][..]),
            (
                format!("{features}{other}{both}"),
                &["src/bin/other.rs", "src/bin/ui.rs"],
                "ui",
                &["a", "b"],
            ),
            (
                format!("default-run = \"other\"\n{features}{other}{both}"),
                &["src/bin/other.rs", "src/bin/ui.rs"],
                "other",
                &[],
            ),
        ] {
            let bin = found(&manifest, files).expect("there is one");
            assert_eq!((bin.package.as_str(), bin.name.as_str()), ("ui", name), "{manifest}");
            assert_eq!(bin.features, wanted, "{manifest}");
            assert!(bin.path.ends_with(format!("target/debug/{name}")), "{}", bin.path.display());
        }
        for (files, says) in
            [(&[][..], "add a src/main.rs"), (&["src/bin/a.rs", "src/bin/b.rs"], "default-run")]
        {
            let error = found("", files).expect_err("there is none");
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn g31_the_command_names_the_program_and_nothing_of_the_host() {
        let (package, name) = ("ui".to_owned(), "app".to_owned());
        let bin = Bin { package, name, features: vec!["app".into()], path: "/app".into() };
        for (release, expected) in [
            (true, "build --release --package ui --bin app --features ui/app"),
            (false, "build --workspace --bin app --features ui/app"),
        ] {
            let cargo = build(&bin, &Project { root: "/".into() }, release);
            let words: Vec<_> = cargo.get_args().filter_map(|word| word.to_str()).collect();
            assert_eq!(words.join(" "), expected);
        }
    }
}
