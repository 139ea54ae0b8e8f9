//! A cargo workspace in a temporary directory: `ui` (the module), `data` (its state), `unrelated`.
//!
//! Owns: the directory, and what its builds leave in the shared build directory. Produces: saved
//! files. Never: runs a host.
//!
//! All projects build into one directory, so that egui is compiled once for all of them. Cargo
//! names a `cdylib` after its package alone, so two projects with a package `ui` would overwrite
//! each other's library: every package has a name of its own (`ui_<pid>_<n>`). The *module* is
//! called `ui` all the same, because `pitstop.toml` tells the two apart, and code says `data`.

use crate::repo;
use host::compile::{BuildConfig, Builder, Built, Cancel};
use host::sources::workspace::ModuleTarget;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

const UI: &str = include_str!("../fixtures/ui.rs");
const DATA: &str = include_str!("../fixtures/data.rs");
const EFRAME_APP: &str = include_str!("../fixtures/eframe_app.rs");

/// Features of eframe that applications of their own have; all of them the same, so that it is compiled once.
const EFRAME_FEATURES: &str = "[\"default_fonts\", \"glow\", \"persistence\", \"x11\"]";

/// Above anything that a loaded machine makes of a frame.
const PITSTOP_TOML: &str = "frame_limit_ms = 20_000\ncargo_args = [\"--offline\"]\n";

/// A workspace that a host can run and a test can edit; dropping it removes it.
#[derive(Debug)]
pub struct Project {
    // First, so that it is gone when the shared directory is tidied.
    temp: Option<TempDir>,
    root: PathBuf,
    id: String,
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// One module, `ui`, drawn by `fixtures/ui.rs` on the state of `fixtures/data.rs`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_modules(&["ui"])
    }

    /// Several modules with the code of `fixtures/ui.rs` each, and one state crate.
    #[must_use]
    pub fn with_modules(modules: &[&str]) -> Self {
        let project = Self::empty();
        let members: Vec<&str> = modules.iter().copied().chain(["data", "unrelated"]).collect();
        project.save("Cargo.toml", &root_manifest(&members));
        fs::copy(repo().join("Cargo.lock"), project.path("Cargo.lock")).expect("the lock file");
        project.save(".gitignore", "/target\n/ignored\n");
        let build_dir = build_dir();
        let mut toml = format!("{PITSTOP_TOML}build_dir = {build_dir:?}\n");
        for module in modules {
            let package = project.package(module);
            toml += &format!("[[module]]\nname = {module:?}\npackage = {package:?}\n");
            project.add_module(module);
        }
        project.save("pitstop.toml", &toml);
        let api = repo().join("hot_api");
        let serde = "serde = { version = \"1\", features = [\"derive\"] }";
        project.add_library("data", &format!("hot_api = {{ path = {api:?} }}\n{serde}\n"));
        project.save("data/src/lib.rs", DATA);
        project.add_library("unrelated", "");
        project.save("unrelated/src/lib.rs", "pub fn nobody_calls_this() {}\n");
        project
    }

    /// A package of its own with an eframe application in `src/main.rs` alone (`fixtures/eframe_app.rs`), which has
    /// moved in with three lines; no `pitstop.toml`.
    ///
    /// # Panics
    /// When its directory cannot be written to.
    #[must_use]
    pub fn eframe_app() -> Self {
        let project = Self::empty();
        let api = repo().join("hot_api");
        let profile = root_manifest(&[]);
        let (_, profile) =
            profile.split_once("\n\n").expect("the profile comes after the workspace");
        let manifest = format!(
            "{}[dependencies]\neframe = {{ version = \"0.37\", default-features = false, features = {EFRAME_FEATURES} }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n\
             hot_api = {{ path = {api:?}, optional = true, features = [\"eframe\"] }}\n\n{profile}",
            project.manifest_head("app")
        );
        project.save("Cargo.toml", &manifest);
        project.save(".gitignore", "/target\n/written.txt\n");
        project.save("src/main.rs", EFRAME_APP);
        project.share_builds();
        project
    }

    /// A copy of an application of `tests/apps`, as it is, in a workspace of its own.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[must_use]
    pub fn copy_of_app(name: &str) -> Self {
        let project = Self::empty();
        let own = fs::read_to_string(repo().join("Cargo.toml")).expect("the workspace's manifest");
        let (from, to) = (own.find("[workspace.package]"), own.find("[workspace.lints"));
        let shared = from.zip(to).map(|(from, to)| &own[from..to]).expect("both are there");
        let shared = ["hot_api", "host", "hot_ui", "state", "xtask"].iter().fold(
            shared.to_owned(),
            |text, dir| {
                text.replace(&format!("path = {dir:?}"), &format!("path = {:?}", repo().join(dir)))
            },
        );
        let members = root_manifest(&[name]);
        project.save("Cargo.toml", &format!("{members}\n{shared}\n[workspace.lints]\n"));
        let source = repo().join("tests/apps").join(name);
        for file in ["Cargo.toml", "src/main.rs", "src/lib.rs"] {
            if let Ok(text) = fs::read_to_string(source.join(file)) {
                project.save(&format!("{name}/{file}"), &text);
            }
        }
        project.share_builds();
        project
    }

    /// A directory that does not exist yet, for a workspace that a command makes there. Its builds are shared as those
    /// of all projects once [`Self::share_builds`] was called.
    #[must_use]
    pub fn to_be_made(name: &str) -> Self {
        let mut project = Self::empty();
        project.root = project.root.join(name);
        project
    }

    /// Has hot builds go where they are shared with all other projects of tests, by the default setting.
    ///
    /// # Panics
    /// When the link cannot be made.
    pub fn share_builds(&self) {
        fs::copy(repo().join("Cargo.lock"), self.path("Cargo.lock")).expect("the lock file");
        fs::create_dir_all(self.path("target/pitstop")).expect("a directory");
        fs::create_dir_all(build_dir()).expect("a directory");
        let link = self.path("target/pitstop/build");
        std::os::unix::fs::symlink(build_dir(), link).expect("a link");
    }

    fn empty() -> Self {
        static PROJECTS: AtomicU32 = AtomicU32::new(0);
        let count = PROJECTS.fetch_add(1, Ordering::Relaxed);
        let temp = crate::clean::temp_dir();
        let root = fs::canonicalize(temp.path()).expect("it was just made");
        let id = format!("{}_{count}", std::process::id());
        Self { temp: Some(temp), root, id }
    }

    /// The workspace's directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file of the workspace.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The real name of a package that tests call by its directory.
    #[must_use]
    pub fn package(&self, dir: &str) -> String {
        format!("{dir}_{}", self.id)
    }

    /// The file's text.
    #[must_use]
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Saves a file in one step, as careful editors do: beside it, and then over it.
    #[track_caller]
    pub fn save(&self, path: &str, text: &str) {
        let path = self.path(path);
        let dir = path.parent().expect("files of a project have a parent");
        let beside = dir.join(".saving~");
        fs::create_dir_all(dir)
            .and_then(|()| fs::write(&beside, text))
            .and_then(|()| fs::rename(&beside, &path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Changes a file's text and [saves](Self::save) it.
    ///
    /// # Panics
    /// When the change changes nothing: then a test means something that is no longer there.
    #[track_caller]
    pub fn edit(&self, path: &str, change: impl FnOnce(&str) -> String) {
        let before = self.read(path);
        let after = change(&before);
        assert_ne!(before, after, "the edit of {path} found nothing to change");
        self.save(path, &after);
    }

    /// Replaces a piece of text.
    #[track_caller]
    pub fn replace(&self, path: &str, old: &str, new: &str) {
        self.edit(path, |text| text.replace(old, new));
    }

    /// Has new code be loaded at once: for tests of what becomes of a host whose code ends or hangs it.
    #[track_caller]
    pub fn without_trials(&self) {
        self.replace("pitstop.toml", "[[module]]\n", "[[module]]\ntrial = \"off\"\n");
    }

    /// Gives the code of a module another name, by which the state tells who has drawn.
    #[track_caller]
    pub fn rename(&self, module: &str, name: &str) {
        self.edit(&format!("{module}/src/lib.rs"), |text| renamed(text, name));
    }

    /// Compiles one of the modules, without a host.
    ///
    /// # Panics
    /// When it does not compile.
    #[must_use]
    #[track_caller]
    pub fn build(&self) -> Built {
        build(&self.root, &build_dir(), &[&self.package("ui")])
    }

    /// Removes what builds of this project have left in a target directory.
    pub fn remove_from(&self, target_dir: &Path) {
        for dir in output_dirs(target_dir) {
            let Ok(entries) = fs::read_dir(dir) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if belongs_to(&name, &self.id) {
                    // Another test's cargo may be looking at the directory; what stays is small.
                    let _left = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
                }
            }
        }
    }

    fn add_module(&self, dir: &str) {
        let api = repo().join("hot_api");
        let data = self.package("data");
        let manifest = format!(
            "{}[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n[dependencies]\n\
             hot_api = {{ path = {api:?} }}\n\
             data = {{ path = \"../data\", package = {data:?} }}\n",
            self.manifest_head(dir)
        );
        self.save(&format!("{dir}/Cargo.toml"), &manifest);
        self.save(&format!("{dir}/src/lib.rs"), UI);
    }

    fn add_library(&self, dir: &str, dependencies: &str) {
        let manifest = format!("{}[dependencies]\n{dependencies}", self.manifest_head(dir));
        self.save(&format!("{dir}/Cargo.toml"), &manifest);
    }

    fn manifest_head(&self, dir: &str) -> String {
        let name = self.package(dir);
        format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n")
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        drop(self.temp.take());
        // Nobody will ask for these libraries again, and each is ten megabytes.
        self.remove_from(&build_dir());
    }
}

/// Where builds of a project leave files that are named after its packages.
#[must_use]
pub fn output_dirs(target_dir: &Path) -> Vec<PathBuf> {
    let by_cargo = ["", "deps", "incremental", ".fingerprint", "build"];
    let by_replay = ["", "out", "incremental", "captured"];
    let by_cargo = by_cargo.map(|dir| target_dir.join("debug").join(dir));
    let by_replay = by_replay.map(|dir| target_dir.join("replay").join(dir));
    by_cargo.into_iter().chain(by_replay).collect()
}

/// The process whose project a file with such a name is from: `libui_<pid>_<n>.so`.
pub(crate) fn owner_of(name: &str) -> Option<u32> {
    let mut parts = name.split('_').skip(1);
    let pid = parts.next()?.parse().ok()?;
    parts.next()?.starts_with(|next: char| next.is_ascii_digit()).then_some(pid)
}

/// Whether a file is called `…_<id>`, followed by nothing that would make it another id.
fn belongs_to(name: &str, id: &str) -> bool {
    let needle = format!("_{id}");
    name.find(&needle).is_some_and(|at| {
        !name[at + needle.len()..].starts_with(|next: char| next.is_ascii_digit())
    })
}

/// Code of a module under another name.
#[must_use]
pub fn renamed(code: &str, name: &str) -> String {
    let line = code.lines().find(|line| line.starts_with("const NAME")).unwrap_or_default();
    code.replace(line, &format!("const NAME: &str = {name:?};"))
}

/// Packages of Pitstop's profile that a module of the tests does without.
const ABSENT: [&str; 18] = [
    "accesskit_consumer",
    "blake3",
    "egui_demo_lib",
    "egui_extras",
    "egui_glow",
    "egui_plot",
    "egui_tiles",
    "fdeflate",
    "flate2",
    "fontique",
    "glifo",
    "image",
    "miniz_oxide",
    "object",
    "parlance",
    "png",
    "ron",
    "simd-adler32",
];

/// A workspace of these members, with the profile that Pitstop's own manifest has.
///
/// # Panics
/// When that manifest cannot be read, or has another form.
#[must_use]
pub fn root_manifest(members: &[&str]) -> String {
    let own = fs::read_to_string(repo().join("Cargo.toml")).expect("the workspace's manifest");
    let (from, to) = (own.find("[profile.dev.package.\"*\"]"), own.find("[profile.release]"));
    let profile = from.zip(to).map(|(from, to)| {
        // Cargo complains of a package that is not there.
        let parts = own[from..to].split_inclusive("\n\n");
        parts
            .filter(|part| !ABSENT.iter().any(|name| part.contains(&format!(".package.{name}]"))))
            .collect::<String>()
    });
    let profile = profile.expect("the dev profile stands before the release profile");
    format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n{profile}")
}

/// Where the hot builds of all projects go.
#[must_use]
pub fn build_dir() -> PathBuf {
    crate::host_binary::target_dir().join("pitstop-tests").join("build")
}

/// Compiles packages of a workspace as a host does.
///
/// # Panics
/// When they do not compile.
#[must_use]
#[track_caller]
pub fn build(root: &Path, target_dir: &Path, packages: &[&str]) -> Built {
    let config = BuildConfig {
        workspace_root: root.to_path_buf(),
        target_dir: target_dir.to_path_buf(),
        modules: packages.iter().copied().map(ModuleTarget::library).collect(),
        args: vec!["--offline".into()],
        env: Vec::new(),
        replay: None,
    };
    let built = Builder::new(config).build(&Cancel::new(), &mut |_| {});
    built.unwrap_or_else(|error| {
        let shown: String = error.diagnostics().into_iter().map(|line| line.rendered).collect();
        panic!("{error}\n{shown}")
    })
}
