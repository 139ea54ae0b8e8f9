//! A command line in words.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// How a command line reads in a message, as one would type it: the program without its path.
#[must_use]
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: impl Into<OsString>) -> String {
    let word = word.into().to_string_lossy().into_owned();
    if word.is_empty() || word.contains(char::is_whitespace) { format!("{word:?}") } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_shown_as_one_would_type_them() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["run", "--", "a b", ""]);
        assert_eq!(shown(&command), "cargo run -- \"a b\" \"\"");
    }
}
