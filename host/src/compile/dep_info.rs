//! The `.d` files in which cargo and rustc list what they read.
//!
//! Owns: that format. Consumes: its text. Produces: [`DepInfo`]. Never: reads the files listed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The inputs of one build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// Files that were read, as written in the file.
    pub files: BTreeSet<PathBuf>,
    /// Environment variables that were read at compile time, with their values then; `None` for
    /// one that was not set. Only rustc's own files have them.
    pub env: Vec<(String, Option<String>)>,
}

impl DepInfo {
    /// Understands the text of a `.d` file.
    ///
    /// It looks like a Makefile but is not one: a space in a name is written `\ `, every other
    /// backslash is itself, and there are comments with a meaning.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                info.env.push(match variable.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(unescape_value(value))),
                    None => (variable.to_owned(), None),
                });
            } else if !line.starts_with('#')
                && let Some((_target, files)) = line.split_once(": ")
            {
                info.files.extend(split_names(files).map(PathBuf::from));
            }
        }
        info
    }

    /// Reads the file that cargo puts beside `library` and resolves its names against `root`.
    ///
    /// # Errors
    /// Those of reading a text file.
    pub fn beside(library: &Path, root: &Path) -> io::Result<Self> {
        Self::read(&library.with_extension("d"), root)
    }

    /// Reads a `.d` file and resolves the names in it against `dir`.
    ///
    /// # Errors
    /// Those of reading a text file.
    pub fn read(path: &Path, dir: &Path) -> io::Result<Self> {
        let mut info = Self::parse(&fs::read_to_string(path)?);
        info.files = info.files.iter().map(|file| resolve(&dir.join(file))).collect();
        Ok(info)
    }
}

/// Makes `a/src/../../b/x.txt` comparable with what the file system's events will call it. The
/// last part stays as it is: if it is a link, it is the link that may be replaced.
fn resolve(path: &Path) -> PathBuf {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return path.to_owned();
    };
    fs::canonicalize(dir).map_or_else(|_| path.to_owned(), |dir| dir.join(name))
}

fn split_names(list: &str) -> impl Iterator<Item = String> {
    let mut words = list.split(' ').filter(|word| !word.is_empty());
    std::iter::from_fn(move || {
        let mut name = words.next()?.to_owned();
        while name.ends_with('\\') {
            name.pop();
            name.push(' ');
            name.push_str(words.next().unwrap_or_default());
        }
        Some(name)
    })
}

fn unescape_value(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k16_every_form_of_dep_info_is_understood() {
        type Row = (
            &'static str,
            &'static [&'static str],
            &'static [(&'static str, Option<&'static str>)],
        );
        let table: [Row; 7] = [
            ("/t/libui.so: /w/src/a.rs /w/src/lib.rs\n", &["/w/src/a.rs", "/w/src/lib.rs"], &[]),
            (
                "/t/my\\ libs/libui.so: /w/my\\ ui/src/../../x\\ \\ y.txt\n",
                &["/w/my ui/src/../../x  y.txt"],
                &[],
            ),
            (
                "C:\\t\\ui.dll: C:\\w\\src\\lib.rs D:\\my\\ words.txt\n",
                &["C:\\w\\src\\lib.rs", "D:\\my words.txt"],
                &[],
            ),
            (
                "t/ui.d: src/lib.rs é/ü.txt\n\nt/libui.so: src/lib.rs\n\nsrc/lib.rs:\né/ü.txt:\n",
                &["src/lib.rs", "é/ü.txt"],
                &[],
            ),
            (
                "t/ui.d: src/lib.rs\n\n# env-dep:UNSET\n# env-dep:SET=a=b\\n\\\\c\n# env-dep:EMPTY=\n",
                &["src/lib.rs"],
                &[("UNSET", None), ("SET", Some("a=b\n\\c")), ("EMPTY", Some(""))],
            ),
            (
                "t/ui.d: src/lib.rs\n# checksum:blake3=00 file_len:12 src/lib.rs\n",
                &["src/lib.rs"],
                &[],
            ),
            ("", &[], &[]),
        ];
        for (text, files, env) in table {
            let expected = DepInfo {
                files: files.iter().map(PathBuf::from).collect(),
                env: env
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
                    .collect(),
            };
            assert_eq!(DepInfo::parse(text), expected, "{text}");
        }
    }
}
