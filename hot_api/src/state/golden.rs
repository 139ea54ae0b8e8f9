//! Golden snapshots: a state of every schema version that was ever merged, as files.
//!
//! Owns: their place and names, and what it means that the newest one fits. Consumes: today's state
//! type, its version and its migrations. Produces: errors that say which command to run. Never: in a
//! running application; this is for the tests of a state's crate.

use super::schema::Untraceable;
use super::{
    Codec, MigrateError, Restored, SCHEMA_SECTION, STATE_SECTION, Section, Snapshot, SnapshotError,
    StateSpec, migrate,
};
use std::io::{self, Write};
use std::path::PathBuf;

/// The command that writes the file of today's version.
const COMMAND: &str = "cargo xtask snapshot --golden";

/// The golden files of one state type, for a test beside it.
///
/// ```
/// use hot_api::{StateSpec, state::golden::Golden};
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct App {
///     title: String,
/// }
///
/// static STATE: StateSpec<App> = StateSpec::new();
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if cfg!(miri) { return Ok(()) }
/// # let dir = tempfile::tempdir()?;
/// # let golden = dir.path().join("golden");
/// let golden = Golden { dir: golden, spec: &STATE }; // such as `state/tests/golden`
/// // Once for each version, by `cargo xtask snapshot --golden`:
/// golden.write(&App { title: "Plan".to_owned() })?;
/// // Ever after, in the test:
/// golden.check()?;
/// assert_eq!(golden.read(1)?.value.title, "Plan");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Golden<T: 'static> {
    /// Where they are: `v1.snapshot`, `v2.snapshot` and so on.
    pub dir: PathBuf,
    /// Today's version, and the steps to it.
    pub spec: &'static StateSpec<T>,
}

/// Golden files that do not fit today's code, or cannot be read or written. Its text says what to do.
///
/// ```
/// use hot_api::{StateSpec, state::golden::{Golden, GoldenError}};
///
/// static STATE: StateSpec<u32> = StateSpec::new();
///
/// # if cfg!(miri) { return }
/// let golden = Golden { dir: "no/such/directory".into(), spec: &STATE };
/// assert!(matches!(golden.check(), Err(GoldenError::Missing { version: 1, .. })));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// A version has no file.
    #[error(
        "{} is missing; write it with the code of version {version}, for today's version with \
         `{COMMAND}`", path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The schema is another one than when the version's file was written.
    #[error(
        "the schema has changed since {} was written:\n{}\nAdd a migration from {version} and run `{COMMAND}`. If version {version} has not left your machine yet, \
         delete the file and run the command.", path.display(), .diff.join("\n")
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its version, which is today's.
        version: u32,
        /// What has changed, a line each.
        diff: Vec<String>,
    },
    /// The file is there already.
    #[error(
        "{} is there already, and a golden file is never written twice; add a migration, or \
         delete it if that version has not left your machine", path.display()
    )]
    Frozen {
        /// The file.
        path: PathBuf,
    },
    /// The file says that it is of another version, or has no state.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The state's type has no schema.
    #[error(transparent)]
    Schema(#[from] Untraceable),
    /// The system's words.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl<T> Golden<T> {
    /// The file of a version.
    #[must_use]
    pub fn path(&self, version: u32) -> PathBuf {
        self.dir.join(format!("v{version}.snapshot"))
    }

    /// Reads the file of a version as today's state, through all migrations.
    ///
    /// # Errors
    /// When it is missing, damaged, or a migration fails.
    pub fn read(&self, version: u32) -> Result<Restored<T>, GoldenError> {
        let snapshot = self.snapshot(version)?;
        let wrong = |reason: String| GoldenError::Content { path: self.path(version), reason };
        let section =
            snapshot.section(STATE_SECTION).ok_or_else(|| wrong("no state in it".into()))?;
        let mut tree = section.tree().map_err(|error| wrong(error.to_string()))?;
        let migrated = migrate(&mut tree, version, self.spec.migrations())
            .map_err(|error: MigrateError| wrong(error.to_string()))?;
        let mut restored = self.spec.codec().restore(&tree);
        restored.report.migrated = migrated;
        Ok(restored)
    }

    /// Whether every version has its file, and the schema is still the one of today's version.
    ///
    /// # Errors
    /// [`GoldenError::Missing`], [`GoldenError::Changed`] with what to do; or a file is damaged.
    pub fn check(&self) -> Result<(), GoldenError> {
        for version in 1..self.spec.schema_version() {
            self.snapshot(version)?;
        }
        let version = self.spec.schema_version();
        let frozen = self.snapshot(version)?;
        let today = self.spec.codec().schema()?;
        let old = frozen.section(SCHEMA_SECTION).and_then(|section| section.as_ref().schema());
        if old.as_ref() == Some(&today) {
            return Ok(());
        }
        let diff = old.map_or_else(|| vec!["~ it has no schema".into()], |old| today.diff(&old));
        Err(GoldenError::Changed { path: self.path(version), version, diff })
    }

    /// Writes the file of today's version; never over another.
    ///
    /// # Errors
    /// [`GoldenError::Frozen`] when it is there; or the state cannot be captured or written.
    pub fn write(&self, example: &T) -> Result<PathBuf, GoldenError> {
        let path = self.path(self.spec.schema_version());
        let codec = self.spec.codec();
        let schema = codec.schema()?;
        let wrong = |error: SnapshotError| GoldenError::Content {
            path: path.clone(),
            reason: error.to_string(),
        };
        let snapshot = Snapshot {
            module: "golden".to_owned(),
            schema_version: self.spec.schema_version(),
            fingerprint: Some(schema.fingerprint()),
            sections: vec![
                Section {
                    name: STATE_SECTION.to_owned(),
                    codec: Codec::Named,
                    payload: codec.to_bytes(example).map_err(|error| wrong(error.into()))?,
                },
                Section::capture(SCHEMA_SECTION, &schema).map_err(wrong)?,
            ],
        };
        let written = std::fs::create_dir_all(&self.dir)
            .and_then(|()| std::fs::File::create_new(&path))
            .and_then(|mut file| file.write_all(&snapshot.encode()));
        match written {
            Ok(()) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(GoldenError::Frozen { path })
            }
            Err(source) => Err(GoldenError::File { path, source }),
        }
    }

    fn snapshot(&self, version: u32) -> Result<Snapshot, GoldenError> {
        let path = self.path(version);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(GoldenError::Missing { path, version });
            }
            Err(source) => return Err(GoldenError::File { path, source }),
        };
        let snapshot = Snapshot::decode(&bytes).map_err(|error| GoldenError::Content {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        if snapshot.schema_version == version {
            return Ok(snapshot);
        }
        let reason = format!("it is of version {}", snapshot.schema_version);
        Err(GoldenError::Content { path, reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Migration;
    use serde::{Deserialize, Serialize};

    static FIRST: StateSpec<First> = StateSpec::new();
    /// The types of version 2 without a migration.
    static CHANGED: StateSpec<Second> = StateSpec::new();
    static SECOND: StateSpec<Second> =
        StateSpec::new()
            .with_migrations(&[Migration::new(1, "a is b", |tree| tree.rename("a", "b"))]);

    #[derive(Default, Serialize, Deserialize)]
    struct First {
        a: u8,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Second {
        b: u8,
        c: u8,
    }

    #[test]
    fn m16_a_changed_schema_needs_a_version_and_a_file() {
        let dir = std::env::temp_dir().join(format!("pitstop-golden-{}", std::process::id()));
        let first = Golden { dir: dir.clone(), spec: &FIRST };
        let without = Golden { dir: dir.clone(), spec: &CHANGED };
        let second = Golden { dir: dir.clone(), spec: &SECOND };
        let missing = first.check().expect_err("no file").to_string();
        let path = first.write(&First { a: 7 }).expect("written");
        let whole = first.check();
        let frozen = first.write(&First { a: 8 }).expect_err("a file").to_string();
        let changed = without.check().expect_err("no version").to_string();
        let next = second.check().expect_err("no file of version 2").to_string();
        let read = second.read(1).expect("migrated");
        second.write(&Second { b: 1, c: 2 }).expect("written");
        let both = second.check();
        std::fs::remove_dir_all(&dir).expect("it was made by this test");

        assert!(missing.contains(COMMAND) && missing.contains("v1.snapshot"), "{missing}");
        assert!(whole.is_ok() && both.is_ok(), "{whole:?} {both:?}");
        assert!(frozen.contains(&path.display().to_string()), "{frozen}");
        assert!(frozen.contains("never written twice"), "{frozen}");
        assert!(changed.contains("- a: u8\n+ b: u8\n+ c: u8"), "{changed}");
        assert!(
            changed.contains("Add a migration from 1") && changed.contains(COMMAND),
            "{changed}"
        );
        assert!(next.contains("v2.snapshot") && next.contains(COMMAND), "{next}");
        assert_eq!(read.value, Second { b: 7, c: 0 });
        assert_eq!(read.report.migrated, ["1→2: a is b"]);
    }
}
