//! The test executables of the workspace, and the tests in them.

use super::tier::Group;
use crate::project::Project;
use anyhow::{Context, bail};
use host::os::command_line::shown;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Which compiler builds the tests, and where to.
#[derive(Clone, Debug, Default)]
pub(super) struct Toolchain {
    /// For rustup; the workspace's own when `None`. It has a target directory of its own.
    pub(super) name: Option<&'static str>,
}

impl Toolchain {
    /// For headings.
    pub(super) fn words(&self) -> String {
        self.name.map_or_else(String::new, |name| format!(" on {name}"))
    }

    /// The command that builds all tests.
    pub(super) fn shown(&self, project: &Project) -> String {
        shown(&self.build(project))
    }

    /// A cargo of this toolchain.
    pub(super) fn cargo(&self, project: &Project, subcommand: &str) -> Command {
        let Some(name) = self.name else {
            let mut cargo = project.cargo();
            cargo.arg(subcommand);
            return cargo;
        };
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&project.root).arg(format!("+{name}")).arg(subcommand);
        self.choose_for(&mut cargo);
        cargo.arg("--target-dir").arg(project.root.join("target").join(name));
        cargo
    }

    /// Has a program, and the builds that it starts, use this toolchain: what the cargo that runs this program
    /// has set is another's.
    pub(super) fn choose_for(&self, command: &mut Command) {
        if let Some(name) = self.name {
            command.env_remove("CARGO").env_remove("RUSTC").env("RUSTUP_TOOLCHAIN", name);
        }
    }

    fn build(&self, project: &Project) -> Command {
        let mut cargo = self.cargo(project, "test");
        cargo.args(["--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
        cargo
    }
}

/// A program with tests in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Executable {
    pub(super) path: PathBuf,
    /// The package's directory, in which tests run.
    pub(super) dir: PathBuf,
    /// The target's name, such as `e2e`.
    pub(super) name: String,
    /// Whether it is made of a library or a program, with the tests in it.
    pub(super) is_unit: bool,
}

/// Tests of one executable that belong to one group.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) executable: Executable,
    pub(super) group: Group,
    pub(super) tests: Vec<String>,
}

/// Builds all tests; `None` when they do not compile, which cargo has explained.
pub(super) fn build(
    project: &Project,
    toolchain: &Toolchain,
) -> anyhow::Result<Option<Vec<Executable>>> {
    let mut cargo = toolchain.build(project);
    cargo.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = cargo.output().with_context(|| format!("cannot start `{}`", shown(&cargo)))?;
    if !output.status.success() {
        return Ok(None);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let executables: Vec<Executable> = messages.lines().filter_map(executable).collect();
    if executables.is_empty() {
        bail!("`{}` named no test executables", shown(&cargo));
    }
    Ok(Some(executables))
}

/// The executable that a message of cargo's names.
fn executable(message: &str) -> Option<Executable> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let path = message["executable"].as_str().filter(|_| is_test)?;
    let target = &message["target"];
    let kind = target["kind"][0].as_str()?;
    let manifest = message["manifest_path"].as_str()?;
    Some(Executable {
        path: path.into(),
        dir: Path::new(manifest).parent()?.to_owned(),
        name: target["name"].as_str()?.to_owned(),
        is_unit: kind != "test",
    })
}

/// The tests whose names contain `filter`, by executable and group.
pub(super) fn select(executables: &[Executable], filter: Option<&str>) -> anyhow::Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for executable in executables {
        for test in list(executable)? {
            if filter.is_some_and(|filter| !test.contains(filter)) {
                continue;
            }
            let group = Group::of(&executable.name, executable.is_unit, &test);
            let known = runs
                .iter_mut()
                .find(|run| run.group == group && run.executable.path == executable.path);
            match known {
                Some(run) => run.tests.push(test),
                None => {
                    let executable = executable.clone();
                    runs.push(Run { executable, group, tests: vec![test] });
                }
            }
        }
    }
    Ok(runs)
}

fn list(executable: &Executable) -> anyhow::Result<Vec<String>> {
    let mut command = Command::new(&executable.path);
    command.args(["--list", "--format", "terse"]).current_dir(&executable.dir);
    let output = command.output().with_context(|| executable.path.display().to_string())?;
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_messages_name_the_executables() {
        let message = |test: bool, kind: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/tests/Cargo.toml","target":{{"kind":["{kind}"],"name":"e2e"}},"profile":{{"test":{test}}},"executable":{executable}}}"#
            )
        };
        let expected = |is_unit| {
            let (path, dir) = ("/t/e2e-1".into(), "/w/tests".into());
            Some(Executable { path, dir, name: "e2e".into(), is_unit })
        };
        for (line, found) in [
            (message(true, "test", "\"/t/e2e-1\""), expected(false)),
            (message(true, "lib", "\"/t/e2e-1\""), expected(true)),
            (message(true, "bin", "\"/t/e2e-1\""), expected(true)),
            (message(true, "lib", "null"), None),
            (message(false, "bin", "\"/t/e2e-1\""), None),
            (r#"{"reason":"build-finished","success":true}"#.to_owned(), None),
            ("warning: no JSON".to_owned(), None),
        ] {
            assert_eq!(executable(&line), found, "{line}");
        }
    }
}
