//! What building needs: cargo, rustc, a linker.
//!
//! Owns: the judgement of versions. Consumes: the tools' own words and the manifest. Produces:
//! checks. Never: builds.

use super::Checks;
use super::check::Check;
use crate::project::Project;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub(super) fn checks(project: &Project) -> Checks {
    let wanted = fs::read_to_string(project.root.join("Cargo.toml"))
        .ok()
        .and_then(|manifest| rust_version(&manifest));
    // hot_api needs as new a compiler as this does.
    let own = env!("CARGO_PKG_RUST_VERSION");
    let wanted = wanted.filter(|wanted| numbers(wanted) > numbers(own)).or(Some(own.to_owned()));
    let rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    vec![
        version("cargo", project.cargo(), wanted.as_deref()),
        version("rustc", rustc, wanted.as_deref()),
        linker(),
    ]
}

fn version(tool: &str, mut command: Command, wanted: Option<&str>) -> Check {
    let output = command.arg("--version").output();
    let said = output.ok().filter(|o| o.status.success()).map(|o| o.stdout).unwrap_or_default();
    judge_version(tool, &String::from_utf8_lossy(&said), wanted)
}

/// `said` is what `cargo --version` and the like print.
fn judge_version(tool: &str, said: &str, wanted: Option<&str>) -> Check {
    let Some(found) = said.split_whitespace().nth(1) else {
        return Check::missing(tool, "not found", "install Rust from https://rustup.rs");
    };
    match wanted {
        Some(wanted) if numbers(found) < numbers(wanted) => {
            let detail = format!("{found} is older than {wanted}, which the workspace needs");
            Check::missing(tool, detail, "rustup update")
        }
        _ => Check::fine(tool, found),
    }
}

/// `1.95.0-nightly` as something to compare.
fn numbers(version: &str) -> Vec<u32> {
    let plain = version.split(['-', '+']).next().unwrap_or(version);
    let mut numbers: Vec<u32> = plain.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.resize(3, 0);
    numbers
}

/// `rust-version` of a manifest: the workspace's, or the package's.
fn rust_version(manifest: &str) -> Option<String> {
    let table: toml::Table = manifest.parse().ok()?;
    let of =
        |table: &toml::Table| Some(table.get("package")?.get("rust-version")?.as_str()?.to_owned());
    table.get("workspace").and_then(toml::Value::as_table).and_then(of).or_else(|| of(&table))
}

fn linker() -> Check {
    let found = ["cc", "gcc", "clang"].into_iter().find_map(in_path);
    match found {
        Some(path) => Check::fine("linker", path.display().to_string()),
        None if cfg!(target_os = "windows") => {
            Check::fine("linker", "not looked for; Visual Studio's build tools bring it")
        }
        None if cfg!(target_os = "macos") => {
            Check::missing("linker", "no cc in PATH", "xcode-select --install")
        }
        None => {
            Check::missing("linker", "no cc in PATH", "apt-get install build-essential (Debian)")
        }
    }
}

/// A program that could be started by its bare name.
pub(super) fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Verdict;

    #[test]
    fn versions_are_compared_by_number() {
        for (said, wanted, verdict) in [
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", Some("1.95"), Verdict::Fine),
            ("rustc 1.100.0", Some("1.95"), Verdict::Fine),
            ("rustc 1.9.0", Some("1.95"), Verdict::Missing),
            ("rustc 1.95.0-nightly (x)", Some("1.95.0"), Verdict::Fine),
            ("rustc 1.94.1", Some("1.95"), Verdict::Missing),
            ("rustc 1.2.3", None, Verdict::Fine),
            ("", Some("1.95"), Verdict::Missing),
        ] {
            assert_eq!(judge_version("tool", said, wanted).verdict(), verdict, "{said} {wanted:?}");
        }
    }

    #[test]
    fn the_wanted_version_stands_in_the_manifest() {
        for (manifest, version) in [
            ("[workspace.package]\nrust-version = \"1.95\"", Some("1.95")),
            ("[package]\nname = \"x\"\nrust-version = \"1.80.1\"", Some("1.80.1")),
            ("[workspace]\nmembers = []", None),
            ("not toml", None),
        ] {
            assert_eq!(rust_version(manifest).as_deref(), version, "{manifest}");
        }
    }
}
