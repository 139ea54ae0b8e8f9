//! Opens a place in the user's editor.
//!
//! Owns: how each editor is told a line and a column. Consumes: `VISUAL`, `EDITOR`, `TERMINAL`,
//! `PATH`. Never: waits for the editor.

use crate::os::child_env;
use parking_lot::Mutex;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Why no editor was opened.
#[derive(Debug, thiserror::Error)]
enum EditorError {
    #[error(
        "no editor is known for {}:{line}: set EDITOR (or VISUAL) to the command of yours, such \
         as `code` or `zed`, and start the host anew", file.display()
    )]
    Unset { file: PathBuf, line: u32 },
    #[error(
        "{variable} is `{command}`, which has a quote without an end: correct it and start the host \
         anew"
    )]
    Quotes { variable: &'static str, command: String },
    #[error(
        "`{editor}` needs a terminal and none was found: set TERMINAL to the command of yours, or \
         EDITOR to an editor with a window, and start the host anew"
    )]
    NoTerminal { editor: String },
    #[error(
        "`{}` from EDITOR could not be started: {source}; check that it is installed and on PATH",
        program.to_string_lossy()
    )]
    Start { program: OsString, source: std::io::Error },
}

/// The editors that were started and have not ended; looked after whenever the next one starts,
/// so that none stays behind as a zombie.
static STARTED: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Starts the user's editor at a place, and returns at once.
///
/// # Errors
///
/// The text to show: what is missing, and how to fix it.
pub(super) fn open(file: &Path, line: u32, column: u32) -> Result<(), String> {
    start(file, line, column).map_err(|error| error.to_string())
}

fn start(file: &Path, line: u32, column: u32) -> Result<(), EditorError> {
    let setting = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let command = setting("VISUAL")
        .or_else(|| setting("EDITOR"))
        .ok_or_else(|| EditorError::Unset { file: file.to_owned(), line })?;
    let terminal = || match setting("TERMINAL") {
        Some(command) => terminal_words(&command),
        None => Ok(terminal_on_path().map(|program| vec![program, "-e".into()])),
    };
    let words = in_terminal(command_for(&command, file, line, column)?, terminal)?;
    let child = spawn(&words)?;
    let mut started = STARTED.lock();
    started.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    started.push(child);
    Ok(())
}

/// Puts a terminal around an editor that has no window of its own.
fn in_terminal(
    mut words: Vec<OsString>,
    terminal: impl FnOnce() -> Result<Option<Vec<OsString>>, EditorError>,
) -> Result<Vec<OsString>, EditorError> {
    if needs_terminal(&words[0]) {
        let editor = || EditorError::NoTerminal { editor: words[0].to_string_lossy().into() };
        words.splice(0..0, terminal()?.ok_or_else(editor)?);
    }
    Ok(words)
}

/// The words of a terminal that come before the command in it. A command that ends with the flag of
/// its terminal is taken as it is.
fn terminal_words(command: &str) -> Result<Option<Vec<OsString>>, EditorError> {
    let quotes = || EditorError::Quotes { variable: "TERMINAL", command: command.to_owned() };
    let mut words = split(command).ok_or_else(quotes)?;
    let Some(program) = words.first() else { return Ok(None) };
    let flag = match name(program).as_str() {
        "gnome-terminal" | "kgx" | "ptyxis" => "--",
        _ => "-e",
    };
    if !words.last().is_some_and(|last| last == "-e" || last == "-x" || last == "--") {
        words.push(flag.into());
    }
    Ok(Some(words))
}

fn spawn(words: &[OsString]) -> Result<Child, EditorError> {
    let (program, arguments) = words.split_first().expect("an editor is at least one word");
    let mut process = Command::new(program);
    process.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    child_env::without_internal(&mut process);
    // A group of its own: Ctrl+C for the host does not end the editor.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut process, 0);
    process.spawn().map_err(|source| EditorError::Start { program: program.clone(), source })
}

/// The words to run: the editor's own, then the place in the form it understands.
fn command_for(
    editor: &str,
    file: &Path,
    line: u32,
    column: u32,
) -> Result<Vec<OsString>, EditorError> {
    let quotes = || EditorError::Quotes { variable: "EDITOR", command: editor.to_owned() };
    let mut words = split(editor).ok_or_else(quotes)?;
    let Some(program) = words.first() else {
        return Err(EditorError::Unset { file: file.to_owned(), line });
    };
    let with_place = || {
        let mut place = file.as_os_str().to_owned();
        place.push(format!(":{line}:{column}"));
        place
    };
    let path = || file.as_os_str().to_owned();
    let place = match name(program).as_str() {
        "code" | "code-insiders" | "codium" | "vscodium" | "cursor" | "windsurf" | "positron" => {
            vec!["--goto".into(), with_place()]
        }
        "zed" | "zeditor" | "subl" | "sublime_text" | "hx" | "helix" | "lapce" => {
            vec![with_place()]
        }
        "vi" | "vim" | "nvim" | "gvim" | "mvim" | "nvim-qt" => {
            vec![format!("+{line}").into(), path()]
        }
        "emacs" | "emacsclient" | "kak" | "micro" | "gedit" | "gnome-text-editor" => {
            vec![format!("+{line}:{column}").into(), path()]
        }
        "nano" => vec![format!("+{line},{column}").into(), path()],
        "kate" | "idea" | "rustrover" | "clion" | "pycharm" | "webstorm" | "goland" | "studio"
        | "phpstorm" | "rider" => {
            let (line, column) = (line.to_string(), column.to_string());
            vec!["--line".into(), line.into(), "--column".into(), column.into(), path()]
        }
        _ => vec![path()],
    };
    words.extend(place);
    Ok(words)
}

fn needs_terminal(program: &OsStr) -> bool {
    let name = name(program);
    matches!(name.as_str(), "vi" | "vim" | "nvim" | "hx" | "helix" | "kak" | "micro" | "nano")
}

/// The name by which an editor is known: no directory, no `.exe`, no `64` of an installer.
fn name(program: &OsStr) -> String {
    let name = program.to_string_lossy().to_lowercase();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = [".exe", ".cmd", ".bat", ".sh"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    name.strip_suffix("64").unwrap_or(name).to_owned()
}

fn terminal_on_path() -> Option<OsString> {
    const TERMINAL: &str = "x-terminal-emulator";
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).any(|folder| folder.join(TERMINAL).is_file());
    found.then(|| OsString::from(TERMINAL))
}

/// Splits at spaces outside quotes; a backslash stays what it is, as paths on Windows need it.
/// `None` when a quote has no end.
fn split(command: &str) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in command.chars() {
        match (character, quote) {
            (end, Some(start)) if end == start => quote = None,
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (space, None) if space.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then(|| words.into_iter().map(OsString::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(editor: &str) -> Vec<String> {
        let words = command_for(editor, Path::new("/w/my app/lib.rs"), 12, 5);
        let words = words.expect("a command").into_iter();
        words.map(|word| word.into_string().expect("valid text")).collect()
    }

    #[test]
    fn each_editor_is_told_the_place_in_its_own_form() {
        let file = "/w/my app/lib.rs";
        let place = "/w/my app/lib.rs:12:5";
        for (editor, expected) in [
            ("code", vec!["code", "--goto", place]),
            ("code --wait", vec!["code", "--wait", "--goto", place]),
            ("/usr/bin/codium", vec!["/usr/bin/codium", "--goto", place]),
            ("cursor", vec!["cursor", "--goto", place]),
            (
                r#""C:\Program Files\Code.exe" -n"#,
                vec![r"C:\Program Files\Code.exe", "-n", "--goto", place],
            ),
            ("zed", vec!["zed", place]),
            ("subl -n", vec!["subl", "-n", place]),
            ("hx", vec!["hx", place]),
            ("vim", vec!["vim", "+12", file]),
            ("nvim", vec!["nvim", "+12", file]),
            ("vi", vec!["vi", "+12", file]),
            ("emacs", vec!["emacs", "+12:5", file]),
            ("emacsclient -n", vec!["emacsclient", "-n", "+12:5", file]),
            ("kak", vec!["kak", "+12:5", file]),
            ("nano", vec!["nano", "+12,5", file]),
            ("rustrover", vec!["rustrover", "--line", "12", "--column", "5", file]),
            ("idea64.exe", vec!["idea64.exe", "--line", "12", "--column", "5", file]),
            ("my-editor", vec!["my-editor", file]),
        ] {
            assert_eq!(words(editor), expected, "EDITOR={editor}");
        }
    }

    #[test]
    fn editors_without_a_window_need_a_terminal() {
        for (editor, needs) in
            [("vim", true), ("/usr/bin/nvim", true), ("gvim", false), ("zed", false)]
        {
            assert_eq!(needs_terminal(OsStr::new(editor)), needs, "{editor}");
        }
    }

    #[test]
    fn a_terminal_is_put_around_what_needs_one() {
        let vim = || vec![OsString::from("vim"), OsString::from("lib.rs")];
        let words = in_terminal(vim(), || terminal_words("xterm")).expect("a terminal");
        assert_eq!(words, ["xterm", "-e", "vim", "lib.rs"]);
        let error = in_terminal(vim(), || Ok(None)).expect_err("no terminal").to_string();
        assert!(error.contains("set TERMINAL"), "{error}");
        let zed = in_terminal(vec!["zed".into()], || panic!("asked for a terminal"));
        assert_eq!(zed.expect("a window of its own"), ["zed"]);
    }

    #[test]
    fn g24_a_terminal_may_have_arguments() {
        for (terminal, expected) in [
            ("xterm", &["xterm", "-e"][..]),
            ("alacritty --title 'my editor'", &["alacritty", "--title", "my editor", "-e"]),
            ("/usr/bin/gnome-terminal --wait", &["/usr/bin/gnome-terminal", "--wait", "--"]),
            ("wezterm start --", &["wezterm", "start", "--"]),
            ("konsole -e", &["konsole", "-e"]),
        ] {
            let words = terminal_words(terminal).expect("a command").expect("a program");
            assert_eq!(words, expected, "TERMINAL={terminal}");
        }
        let error = terminal_words("'xterm").expect_err("no end").to_string();
        assert!(error.contains("TERMINAL is `'xterm`"), "{error}");
    }

    #[test]
    fn what_cannot_be_run_says_what_to_set() {
        let error = |editor| {
            let result = command_for(editor, Path::new("lib.rs"), 12, 5);
            result.expect_err("nothing to run").to_string()
        };
        assert!(error(" ").contains("set EDITOR"), "{}", error(" "));
        assert!(error("'code").contains("a quote without an end"), "{}", error("'code"));
        let missing = spawn(&["pitstop-no-such-editor".into()]).expect_err("no such program");
        assert!(missing.to_string().contains("check that it is installed"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn the_editor_really_gets_its_words() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("words");
        let editor = format!("sh -c 'echo \"$0\" \"$1\" > {}' code", out.display());
        let words = command_for(&editor, Path::new("my lib.rs"), 12, 5).expect("a command");
        let mut child = spawn(&words).expect("sh starts");
        assert!(child.wait().expect("sh ends").success(), "sh failed");
        let seen = std::fs::read_to_string(out).expect("sh wrote its words");
        assert_eq!(seen, "code my lib.rs\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_reaches_the_editor_unchanged() {
        use std::os::unix::ffi::OsStrExt as _;
        let file = Path::new(OsStr::from_bytes(b"/w/\xff.rs"));
        let words = command_for("zed", file, 1, 2).expect("a command");
        assert_eq!(words[1].as_bytes(), b"/w/\xff.rs:1:2");
    }
}
