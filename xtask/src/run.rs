//! `cargo xtask run`: the application's own executable.

use crate::launch::Launcher;
use crate::metadata::{Metadata, Target, metadata};
use crate::program;
use crate::project::Project;
use anyhow::{Context, bail};
use clap::Args;
use host::start::cli::DevArgs;
use host::start::settings::{EnvSettings, PitstopFile, Settings};
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Run the application's own executable: no host, no hot reload
#[derive(Args, Debug)]
#[command(after_help = "\
It is the program of the first module's package (from pitstop.toml, else hot_ui), built with the
features that the program requires.")]
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
        let package = &settings.modules[0].package;
        let program = Program::of(package, &metadata(project)?)?;
        let launcher = Launcher::new()?;
        let cargo = program.build(project, self.release);
        match program::build(&launcher, cargo, &program.name)? {
            Ok(path) => Ok(launcher.run(Command::new(path).args(self.args), |_| {})?.code()),
            Err(ended) => Ok(ended.code()),
        }
    }
}

/// The executable of a package.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    package: String,
    name: String,
    features: Vec<String>,
}

impl Program {
    /// The one that `default-run` names, or that is named like the package, or the only one.
    fn of(package: &str, metadata: &Metadata) -> anyhow::Result<Self> {
        let found = metadata.packages.iter().find(|known| known.name == package);
        let Some(found) = found else {
            bail!("this workspace has no package {package}; which is meant stands in pitstop.toml")
        };
        let is_program = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        let programs: Vec<&Target> = found.targets.iter().filter(is_program).collect();
        let wanted = found.default_run.as_deref().unwrap_or(package);
        let program = match programs.as_slice() {
            [] => bail!(
                "package {package} has no executable of its own; add a src/main.rs that runs \
                 `hot_api::ModuleApp` under eframe (README.md, \"Release\")"
            ),
            [only] => *only,
            several => *several.iter().find(|target| target.name == wanted).with_context(|| {
                format!("package {package} has several executables; name one as `default-run`")
            })?,
        };
        Ok(Self {
            package: package.to_owned(),
            name: program.name.clone(),
            features: program.required_features.clone(),
        })
    }

    /// A release build is that of the package alone. Before, what the workspace has compiled already is used:
    /// cargo would compile egui once more for the features of the package alone.
    fn build(&self, project: &Project, release: bool) -> Command {
        let mut cargo = match release {
            false => program::of_workspace(project, &self.name),
            true => {
                let mut cargo = project.cargo();
                cargo.args(["build", "--release", "--package", &self.package, "--bin", &self.name]);
                cargo
            }
        };
        for feature in &self.features {
            cargo.arg("--features").arg(format!("{}/{feature}", self.package));
        }
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn program(package: &Value) -> Result<Program, String> {
        let metadata = serde_json::from_value(json!({ "packages": [package] })).expect("metadata");
        Program::of("ui", &metadata).map_err(|error| error.to_string())
    }

    #[test]
    fn g31_the_program_and_its_features_are_those_of_the_manifest() {
        let library = json!({"name": "ui", "kind": ["cdylib", "rlib"]});
        let bin = |name: &str, features: &[&str]| json!({"name": name, "kind": ["bin"], "required-features": features});
        let package = |default_run: Value, targets: &[Value]| {
            let mut targets = targets.to_vec();
            targets.push(library.clone());
            json!({"name": "ui", "default_run": default_run, "targets": targets})
        };
        for (package, name, features) in [
            (package(Value::Null, &[bin("app", &["app"])]), "app", &["app"][..]),
            (package(Value::Null, &[bin("other", &[]), bin("ui", &["a", "b"])]), "ui", &["a", "b"]),
            (package(json!("other"), &[bin("other", &[]), bin("ui", &["a"])]), "other", &[]),
        ] {
            let program = program(&package).expect("there is one");
            assert_eq!(program.name, name, "{package}");
            assert_eq!(program.features, features, "{package}");
        }
        for (package, says) in [
            (package(Value::Null, &[]), "add a src/main.rs"),
            (package(Value::Null, &[bin("a", &[]), bin("b", &[])]), "default-run"),
            (json!({"name": "another", "targets": []}), "no package ui"),
        ] {
            let error = program(&package).expect_err("there is none");
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn g31_the_command_names_the_program_and_nothing_of_the_host() {
        let program =
            Program { package: "ui".into(), name: "app".into(), features: vec!["app".into()] };
        for (release, expected) in [
            (true, "build --release --package ui --bin app --features ui/app"),
            (false, "build --workspace --bin app --features ui/app"),
        ] {
            let cargo = program.build(&Project { root: "/".into() }, release);
            let words: Vec<_> = cargo.get_args().filter_map(|word| word.to_str()).collect();
            assert_eq!(words.join(" "), expected);
        }
    }
}
