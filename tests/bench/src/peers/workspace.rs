//! The cargo workspace of the peers: for each setting a library with the module's source and a
//! program that reloads it.

use super::{SETTINGS, Settings};
use crate::cargo_build::bench_dir;
use crate::sources::{Sources, state};
use anyhow::{Context as _, ensure};
use pitstop_tests::project::root_manifest;
use pitstop_tests::repo;
use pitstop_tests::shell_env::without_our_cargo;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const UI: &str = include_str!("../../fixtures/peers/ui.rs");
const APP: &str = include_str!("../../fixtures/peers/app.rs");

/// What cargo makes of it has to fit the hot-lib-reloader that the results name.
const HOT_LIB_RELOADER: &str = "0.8.2";
const CARGO_WATCH: &str = "8.5.3";

/// The workspace, built once.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Writes all files and builds everything; the first time this fetches and compiles egui,
    /// hot-lib-reloader and cargo-watch.
    ///
    /// # Errors
    /// When something cannot be written, fetched or built.
    pub fn prepare(sources: &Sources) -> anyhow::Result<Self> {
        let this = Self { root: bench_dir().join("peers") };
        this.write(sources).with_context(|| this.root.display().to_string())?;
        let mut cargo = cargo();
        finished(cargo.args(["build", "--workspace"]).current_dir(&this.root))?;
        for settings in SETTINGS {
            // Alone it may have other features than with the rest.
            let mut cargo = self::cargo();
            finished(cargo.args(["build", "-p", settings.library]).current_dir(&this.root))?;
        }
        if !cargo_watch().exists() {
            let mut cargo = self::cargo();
            cargo.args(["install", "cargo-watch", "--locked", "--version", CARGO_WATCH]);
            finished(cargo.arg("--root").arg(tools()).current_dir(&this.root))?;
        }
        Ok(this)
    }

    /// Its directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The program that reloads the library of these settings.
    #[must_use]
    pub fn program(&self, settings: Settings) -> PathBuf {
        self.lib_dir().join(format!("{}_app", settings.library))
    }

    fn lib_dir(&self) -> PathBuf {
        self.root.join("target").join("debug")
    }

    fn write(&self, sources: &Sources) -> anyhow::Result<()> {
        let libraries = SETTINGS.map(|settings| settings.library);
        let apps = libraries.map(|library| format!("{library}_app"));
        let members: Vec<&str> =
            ["data"].into_iter().chain(libraries).chain(apps.iter().map(String::as_str)).collect();
        self.save("Cargo.toml", &root_manifest(&members))?;
        if !self.root.join("Cargo.lock").exists() {
            // The very egui that everything else here is measured with.
            fs::copy(repo().join("Cargo.lock"), self.root.join("Cargo.lock"))?;
        }
        let serde = "serde = { version = \"1\", features = [\"derive\"] }\n";
        self.save("data/Cargo.toml", &manifest("data", serde))?;
        self.save("data/src/lib.rs", state())?;
        for settings in SETTINGS {
            let library = settings.library;
            let dylib = manifest(library, &format!("data = {{ path = \"../data\" }}\n{}", egui()?));
            self.save(
                &format!("{library}/Cargo.toml"),
                &format!("{dylib}\n[lib]\ncrate-type = [\"rlib\", \"dylib\"]\n"),
            )?;
            self.save(&format!("{library}/src/lib.rs"), UI)?;
            for (path, text) in &sources.files {
                self.save(&format!("{library}/src/{path}"), text)?;
            }
            let dependencies = format!(
                "data = {{ path = \"../data\" }}\n{library} = {{ path = \"../{library}\" }}\n\
                 hot-lib-reloader = \"={HOT_LIB_RELOADER}\"\n"
            );
            let name = format!("{library}_app");
            self.save(&format!("{name}/Cargo.toml"), &manifest(&name, &dependencies))?;
            let source = self.root.join(library).join("src").join("lib.rs");
            let app = APP
                .replace("LIBRARY", library)
                .replace("LIB_DIR", &self.lib_dir().display().to_string())
                .replace("DEBOUNCE", &settings.debounce_ms.to_string())
                .replace("SOURCE", &source.display().to_string());
            self.save(&format!("{name}/src/main.rs"), &app)?;
        }
        Ok(())
    }

    /// Leaves a file alone that is as it should be: cargo goes by times.
    ///
    /// # Errors
    /// As for writing a file.
    pub fn save(&self, path: &str, text: &str) -> std::io::Result<()> {
        let path = self.root.join(path);
        if fs::read_to_string(&path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&self.root))?;
        fs::write(path, text)
    }
}

/// cargo-watch, where it is or will be.
#[must_use]
pub fn cargo_watch() -> PathBuf {
    tools().join("bin").join("cargo-watch")
}

fn tools() -> PathBuf {
    bench_dir().join("tools")
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{dependencies}"
    )
}

/// The line of Pitstop's own manifest.
fn egui() -> anyhow::Result<String> {
    let own = fs::read_to_string(repo().join("Cargo.toml"))?;
    let line = own.lines().find(|line| line.starts_with("egui = "));
    Ok(format!("{}\n", line.context("the workspace's manifest says which egui")?))
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_our_cargo(&mut command);
    command.stdin(Stdio::null());
    command
}

fn finished(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} (which may need the network) fails:\n{said}");
    Ok(())
}
