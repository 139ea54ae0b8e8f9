//! The library that holds what a module rarely changes.
//!
//! Owns: which crates are in it, and when it is out of date. Consumes: the libraries that cargo has
//! made. Produces: [`Shared`]. Never: loads it.
//!
//! Linking egui, serde and std into a module takes longer than compiling the edit. So they are linked
//! once, into one dynamic library, and the module against that. Each *generation* then gets a copy of
//! the library under a name of its own ([`crate::module::companion`]): statics stay per generation (`ABI-6`),
//! and a thread or thread-local that keeps code in memory keeps its own generation and no other.
//!
//! The library refers back to the module that is loaded with it. The loader notes that as a
//! dependency: what pins one of the two pins both, and the host's look at the process map tells the truth.

use super::arguments::Arguments;
use super::captured::Captured;
use super::run::{self, Ran};
use super::sysroot;
use super::unit::SHARED_CRATE;
use crate::compile::artifact::hash_file;
use crate::compile::stamp::Stamps;
use crate::compile::{Cancel, SharedLibrary};
use crate::os::whole_file;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A shared library that modules can be linked against.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) library: SharedLibrary,
    /// The toolchain without its own shared std.
    pub(super) sysroot: PathBuf,
    /// Makes the loader look beside the module.
    pub(super) beside_itself: &'static str,
    /// What it was made of.
    parts: Stamps,
}

/// Whether modules can be linked in this way on this system.
pub(super) const SUPPORTED: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

impl Shared {
    /// Links `parts` into one library below `dir`, unless that is there already. `like` is a module's
    /// call, whose options for code and linker hold here as well.
    ///
    /// # Errors
    /// In words for the user; modules are linked without it then.
    pub(super) fn make(
        like: &Captured,
        toolchain: &Path,
        parts: &BTreeSet<PathBuf>,
        dir: &Path,
        cancel: &Cancel,
    ) -> Result<Self, String> {
        let said = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| format!("{what}: {error}")
        };
        let arguments = like.arguments();
        if arguments.codegen("lto").is_some_and(|lto| !matches!(lto, "off" | "no" | "false")) {
            return Err("the profile asks for link-time optimisation".to_owned());
        }
        fs::create_dir_all(dir).map_err(said("its directory"))?;
        let sysroot = sysroot::without_shared_std(toolchain, dir).map_err(said("the sysroot"))?;
        let base = base(&arguments).with("--sysroot", &sysroot.to_string_lossy());
        let key = key(like, &base, parts).map_err(said("one of its parts"))?;
        let home = dir.join("shared").join(&key[..16]);
        let path = home.join(crate::module::companion::UNNAMED);
        if !path.is_file() {
            let out = whole_file::beside(&path).map_err(said("its directory"))?;
            fs::create_dir_all(&out).map_err(said("its directory"))?;
            let made = link(like, base, parts, &out, cancel)
                .and_then(|made| fs::rename(made, &path).map_err(said("its file")));
            // A directory that stays is written into by the next attempt.
            let _left = fs::remove_dir_all(&out);
            made?;
        }
        let library = SharedLibrary::read(path).map_err(said("its file"))?;
        let parts = Stamps::of_products(parts.iter().cloned());
        Ok(Self { library, sysroot, beside_itself: beside_itself(&arguments), parts })
    }

    /// Removes it once another has taken its place.
    pub(super) fn remove_unless(&self, now: &Self) {
        let home = self.library.path.parent().filter(|_| self.library.path != now.library.path);
        if let Some(home) = home {
            // What stays only takes room.
            let _left = fs::remove_dir_all(home);
        }
    }

    /// Whether one of its parts has been compiled again.
    pub(super) fn is_outdated(&self) -> bool {
        self.parts.changed().is_some() || !self.library.path.is_file() || !self.sysroot.is_dir()
    }
}

/// What the module's call says about code and linker.
fn base(arguments: &Arguments) -> Arguments {
    let mut base = arguments.clone().without_source().without_lints();
    for option in
        ["--crate-name", "--crate-type", "--emit", "--out-dir", "--cfg", "--check-cfg", "--extern"]
    {
        base = base.without(option);
    }
    for key in
        ["metadata", "extra-filename", "incremental", "debuginfo", "split-debuginfo", "strip"]
    {
        base = base.without_codegen(key);
    }
    base
}

fn beside_itself(arguments: &Arguments) -> &'static str {
    let calls_the_linker_itself = arguments
        .codegen("linker-flavor")
        .is_some_and(|flavor| flavor.starts_with("ld") || flavor == "gnu-lld");
    if calls_the_linker_itself { "-rpath=$ORIGIN" } else { "-Wl,-rpath,$ORIGIN" }
}

/// Changes with everything that the library depends on.
fn key(like: &Captured, base: &Arguments, parts: &BTreeSet<PathBuf>) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    };
    add(&like.program);
    add(env!("CARGO_PKG_VERSION"));
    base.to_vec().iter().for_each(|arg| add(arg));
    for part in parts {
        add(&part.to_string_lossy());
        add(&hash_file(part)?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn link(
    like: &Captured,
    base: Arguments,
    parts: &BTreeSet<PathBuf>,
    out: &Path,
    cancel: &Cancel,
) -> Result<PathBuf, String> {
    let source = out.join("shared.rs");
    fs::write(&source, code(parts.len())).map_err(|error| format!("its source: {error}"))?;
    let mut arguments = base
        .with_source(&source.to_string_lossy())
        .with("--crate-name", SHARED_CRATE)
        .with("--crate-type", "dylib")
        .with("--emit", "link")
        .with("--out-dir", &out.to_string_lossy())
        .with("-C", "debuginfo=0")
        .with("-C", "strip=debuginfo")
        // The library's own functions are its own; without it each call would look for another.
        .with("-C", "link-arg=-Wl,-Bsymbolic")
        .with("-C", "metadata=shared")
        .with("-C", &format!("extra-filename={}", crate::module::companion::UNNAMED_SUFFIX));
    for (n, part) in parts.iter().enumerate() {
        arguments = arguments.with("--extern", &format!("part_{n}={}", part.display()));
    }
    let Ran { status, diagnostics, text } =
        run::run(&like.with(&arguments), cancel).map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(out.join(crate::module::companion::UNNAMED));
    }
    let mut words = text.join("\n");
    diagnostics.iter().for_each(|diagnostic| words.push_str(&diagnostic.rendered));
    Err(words)
}

/// A crate that is nothing but its parts, and a reference to the module that it is loaded with.
fn code(parts: usize) -> String {
    let mut code = String::from("#![allow(warnings)]\n");
    for n in 0..parts {
        let _infallible = writeln!(code, "pub extern crate part_{n};");
    }
    code.push_str(
        "unsafe extern \"C\" { static PITSTOP_MODULE: u8; }\n\
         struct Anchor(*const u8);\n\
         unsafe impl Sync for Anchor {}\n\
         #[used] static ANCHOR: Anchor = Anchor(unsafe { &raw const PITSTOP_MODULE });\n",
    );
    code
}
