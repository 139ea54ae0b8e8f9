//! A cargo workspace in a temporary directory, with a space and letters beyond ASCII in its path.

use host::compile::DebugInfo;
use host::compile::{
    BuildConfig, BuildError, Builder, Built, Cancel, ReplayConfig, WrapperProgram,
};
use host::sources::workspace::ModuleTarget;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Long enough for any single step on a slow and busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Project {
    temp: TempDir,
    pub(crate) root: PathBuf,
}

impl Project {
    /// The workspace `wörk space`, whose root manifest lists `members`.
    pub(crate) fn new(members: &[&str]) -> Self {
        let temp = tempfile::tempdir().expect("create a temporary directory");
        let dir = temp.path().join("wörk space");
        fs::create_dir(&dir).expect("create the workspace");
        let root = fs::canonicalize(dir).expect("the workspace was just made");
        let project = Self { temp, root };
        project.write(
            "Cargo.toml",
            &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
        );
        project
    }

    /// A workspace with one module, `ui`, whose code is `code`.
    pub(crate) fn with_module(code: &str) -> Self {
        let project = Self::new(&["ui"]);
        project.package("ui", "ui", true, "");
        project.write("ui/src/lib.rs", code);
        project
    }

    /// Writes the manifest of the package `name` in `dir` and an empty `src/lib.rs`. `dir` may
    /// lead out of the workspace; `rest` is appended to the manifest.
    pub(crate) fn package(&self, dir: &str, name: &str, module: bool, rest: &str) {
        let kind = if module { "cdylib" } else { "rlib" };
        self.write(
            &format!("{dir}/Cargo.toml"),
            &format!(
                "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [{kind:?}]\n{rest}"
            ),
        );
        self.write(&format!("{dir}/src/lib.rs"), "");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        let mut whole = self.root.clone();
        for part in Path::new(path) {
            if part == ".." {
                whole.pop();
            } else {
                whole.push(part);
            }
        }
        whole
    }

    /// Saves by truncating and writing, and makes the directories that are missing.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        assert!(
            path.starts_with(self.temp.path()),
            "{} lies outside of the test's directory",
            path.display()
        );
        fs::create_dir_all(path.parent().expect("test files have a parent"))
            .expect("create directories");
        fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
    }

    /// One that runs cargo for every build.
    pub(crate) fn builder(&self, packages: &[&str]) -> Builder {
        Builder::new(self.config(packages))
    }

    /// One that makes cargo's calls of rustc again.
    pub(crate) fn replaying_builder(&self, packages: &[&str]) -> Builder {
        self.replaying_builder_by(packages, env!("CARGO_BIN_EXE_host").into())
    }

    /// The same with another program in the place of rustc.
    pub(crate) fn replaying_builder_by(&self, packages: &[&str], wrapper: PathBuf) -> Builder {
        let mut config = self.config(packages);
        config.target_dir = self.root.join("target/pitstop/replayed");
        config.replay = Some(ReplayConfig {
            wrapper: WrapperProgram::open(wrapper).expect("it is there"),
            thin_link: true,
            shared: Vec::new(),
            debug_info: DebugInfo::Lines,
            generations_dir: self.root.join("target/pitstop/generations"),
        });
        Builder::new(config)
    }

    fn config(&self, packages: &[&str]) -> BuildConfig {
        BuildConfig {
            workspace_root: self.root.clone(),
            target_dir: self.root.join("target/pitstop/build"),
            modules: packages.iter().copied().map(ModuleTarget::library).collect(),
            args: vec!["--offline".into()],
            env: Vec::new(),
            replay: None,
        }
    }
}

/// Asks again and again until `found` has an answer.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let ticks = crossbeam_channel::tick(Duration::from_millis(5));
    let start = Instant::now();
    loop {
        if let Some(answer) = found() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        ticks.recv().expect("a ticker never ends");
    }
}

pub(crate) fn build(builder: &mut Builder) -> Result<Built, BuildError> {
    builder.build(&Cancel::new(), &mut |_| {})
}

#[track_caller]
pub(crate) fn succeed(builder: &mut Builder) -> Built {
    build(builder).unwrap_or_else(|error| panic!("{error}: {:#?}", error.diagnostics()))
}
