//! One crate that can be compiled again.
//!
//! Owns: what a captured call says about files. Consumes: [`Captured`]. Produces: [`Unit`], and for
//! a module the call that a hot build makes instead. Never: runs anything.

use super::DebugInfo;
use super::arguments::Arguments;
use super::captured::{Captured, stem_of};
use super::output::Output;
use super::shared::Shared;
use crate::compile::DepInfo;
use crate::sources::rust_files::{is_in_code, rust_files};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::io;
use std::path::{Path, PathBuf};

/// The name by which a module refers to the shared library; see `hot_api::export_module!`.
pub(super) const SHARED_CRATE: &str = "pitstop_shared";

/// A crate of the workspace, as cargo compiles it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) captured: Captured,
    pub(super) arguments: Arguments,
    /// Its files' names without `lib` and extension.
    pub(super) stem: String,
    out_dir: PathBuf,
}

impl Unit {
    /// # Errors
    /// Those of reading a file that holds a call of rustc.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let captured = Captured::read(path)?;
        let arguments = captured.arguments();
        let out_dir = arguments.first("--out-dir").map(|dir| captured.dir.join(dir));
        let stem = stem_of(&arguments);
        match (stem, out_dir) {
            (Some(stem), Some(out_dir)) => Ok(Self { captured, arguments, stem, out_dir }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "no call that compiles a crate")),
        }
    }

    /// The package it belongs to.
    pub(super) fn package(&self) -> &str {
        self.captured.variable("CARGO_PKG_NAME").unwrap_or(&self.stem)
    }

    /// The crate's name, for people.
    pub(super) fn crate_name(&self) -> &str {
        self.arguments.first("--crate-name").unwrap_or(&self.stem)
    }

    /// The libraries that it is compiled against.
    pub(super) fn needs(&self) -> impl Iterator<Item = PathBuf> {
        self.arguments.externs().map(|(_, path)| self.captured.dir.join(path))
    }

    /// Whether `library` is one of the files that it makes.
    pub(super) fn makes(&self, library: &Path) -> bool {
        let name = library.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = name.strip_prefix("lib").or(name.strip_prefix(DLL_PREFIX)).unwrap_or(name);
        name == self.stem && library.parent() == Some(&self.out_dir)
    }

    /// The library that others link.
    pub(super) fn rlib(&self) -> PathBuf {
        self.out_dir.join(format!("lib{}.rlib", self.stem))
    }

    /// Every library that it may make; which ones depends on its kind.
    pub(super) fn products(&self) -> [PathBuf; 3] {
        let metadata = self.out_dir.join(format!("lib{}.rmeta", self.stem));
        [self.rlib(), metadata, self.library()]
    }

    /// Where rustc lists what it read.
    pub(super) fn dep_info(&self) -> PathBuf {
        self.out_dir.join(format!("{}.d", self.stem))
    }

    /// The files that the last compilation read, as absolute names.
    ///
    /// # Errors
    /// Those of reading a text file.
    pub(super) fn sources(&self) -> io::Result<Vec<PathBuf>> {
        Ok(DepInfo::read(&self.dep_info(), &self.captured.dir)?.files.into_iter().collect())
    }

    /// Whether a file beside its root, or below, has a `#[global_allocator]`. Linked against a shared library, which has
    /// the system's, what one allocates the other would free.
    pub(super) fn chooses_an_allocator(&self) -> bool {
        let root = self.arguments.source().map(|root| self.captured.dir.join(root));
        let Some(dir) = root.as_deref().and_then(Path::parent) else { return false };
        rust_files(dir).any(|path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            is_in_code(&text, "global_allocator")
        })
    }

    /// The module as a hot build compiles it: the loadable library alone, with incremental data of its
    /// own, and linked against `shared`.
    pub(super) fn as_module(
        &self,
        dir: &Path,
        shared: Option<&Shared>,
        debug_info: DebugInfo,
    ) -> Self {
        let out_dir = Output::of(&self.stem, dir).dir().to_owned();
        let mut arguments = self
            .arguments
            .clone()
            .without("--crate-type")
            .without("--emit")
            .without("--out-dir")
            .with("--crate-type", "cdylib")
            .with("--emit", "dep-info,link")
            .with("--out-dir", &out_dir.to_string_lossy());
        if !self.arguments.all("--crate-type").any(|kind| kind == "cdylib") {
            // Whoever wrote it has another use for it as well, which is not compiled here: `main`, for one.
            arguments = arguments
                .without("--cap-lints")
                .with("--cap-lints", "warn")
                .with("-A", "dead_code");
        }
        if self.arguments.codegen("incremental").is_some() {
            let own = dir.join("incremental");
            arguments = arguments
                .without_codegen("incremental")
                .with("-C", &format!("incremental={}", own.display()));
        }
        let is_more_than_lines =
            matches!(self.arguments.codegen("debuginfo"), Some("1" | "limited" | "2" | "full"));
        if debug_info == DebugInfo::Lines && is_more_than_lines {
            arguments =
                arguments.without_codegen("debuginfo").with("-C", "debuginfo=line-tables-only");
        }
        if let Some(shared) = shared {
            arguments = arguments
                .with("--sysroot", &shared.sysroot.to_string_lossy())
                .with("--extern", &format!("{SHARED_CRATE}={}", shared.library.path.display()))
                .with("--cfg", SHARED_CRATE)
                .with("--check-cfg", &format!("cfg({SHARED_CRATE})"))
                .with("-C", "prefer-dynamic")
                .with("-C", &format!("link-arg={}", shared.beside_itself));
        }
        let captured = self.captured.with(&arguments);
        Self { captured, arguments, stem: self.stem.clone(), out_dir }
    }

    /// The loadable library that it makes.
    pub(super) fn library(&self) -> PathBuf {
        self.out_dir.join(format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.stem))
    }
}
