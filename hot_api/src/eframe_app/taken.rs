//! What new code made of the texts that old code had saved.
//!
//! The texts are the application's own business; eframe writes RON. What a code has not taken shows in what it would
//! save in their place: values by their paths, as far as the texts have any. No text is changed.

use crate::state::{Note, Notes, Reason, Report};
use std::collections::BTreeMap;

/// Brackets inside brackets; a text that goes deeper is one value.
const DEPTH_MAX: usize = 64;

/// Longer texts are one value: taking one apart takes longer than a frame.
const BYTES_MAX: usize = 1 << 20;

/// Adds to the report of a restore what became of the texts that old code had saved, by what the new code would save
/// at once. `unread` is what eframe says of texts that it could not read, by their names: it reads each whole or not at all.
pub(super) fn add_to(
    report: &mut Report,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    unread: &BTreeMap<String, String>,
) {
    let mut lists = Lists::default();
    for (key, old) in before {
        match now.get(key) {
            Some(new) => lists.compare(key, old, new, unread.get(key).map(String::as_str)),
            None => lists.dropped.push(note(key.clone(), Reason::Removed)),
        }
    }
    let added = now.keys().filter(|key| !before.contains_key(*key));
    lists.defaulted.extend(added.map(|key| note(key.clone(), Reason::Added)));
    lists.add_to(report);
}

#[derive(Default)]
struct Lists {
    kept: u64,
    defaulted: Vec<Note>,
    dropped: Vec<Note>,
    converted: Vec<Note>,
    refused: u64,
}

impl Lists {
    /// `why_unread` is eframe's reason when it could not read the text.
    fn compare(&mut self, key: &str, old: &str, new: &str, why_unread: Option<&str>) {
        if old == new {
            self.kept += 1;
            return;
        }
        let (old, new) = (values_of(key, old), values_of(key, new));
        for (path, was) in &old {
            match new.get(path) {
                Some(is) if is == was => self.kept += 1,
                Some(is) => match why_unread {
                    // It was read, so the application has then changed it itself.
                    None => {
                        let (from, to) = ((*was).to_owned(), (*is).to_owned());
                        self.converted.push(note(path.clone(), Reason::Converted { from, to }));
                    }
                    Some(why) => {
                        self.refused += 1;
                        self.defaulted.push(note(path.clone(), Reason::Refused(why.to_owned())));
                    }
                },
                None => {
                    let why = why_unread.map(|why| Reason::Discarded(why.to_owned()));
                    self.dropped.push(note(path.clone(), why.unwrap_or(Reason::Removed)));
                }
            }
        }
        let added = new.keys().filter(|path| !old.contains_key(*path));
        self.defaulted.extend(added.map(|path| note(path.clone(), Reason::Added)));
    }

    fn add_to(self, report: &mut Report) {
        let lost = self.refused + self.dropped.len() as u64;
        let and = |notes: &mut Notes, more: Vec<Note>| {
            let before = std::mem::take(notes);
            let unlisted =
                before.total.saturating_sub(before.listed.iter().map(|it| it.count).sum());
            *notes = before.listed.into_iter().chain(more).collect();
            notes.total += unlisted;
        };
        report.kept = self.kept;
        and(&mut report.defaulted, self.defaulted);
        and(&mut report.dropped, self.dropped);
        and(&mut report.converted, self.converted);
        report.lost += lost;
    }
}

fn note(path: String, reason: Reason) -> Note {
    Note { path, reason, count: 1 }
}

/// The values of a text by their paths; the whole text where it is no RON, or long.
fn values_of<'a>(key: &str, text: &'a str) -> BTreeMap<String, &'a str> {
    if text.len() > BYTES_MAX {
        return BTreeMap::from([(key.to_owned(), text)]);
    }
    let mut values = Values { rest: text, found: BTreeMap::new(), depth: 0 };
    if values.value(key).is_some() && values.rest.trim().is_empty() {
        return values.found;
    }
    BTreeMap::from([(key.to_owned(), text)])
}

/// Reads RON from its beginning. What is none gives `None`.
struct Values<'a> {
    rest: &'a str,
    found: BTreeMap<String, &'a str>,
    depth: usize,
}

impl<'a> Values<'a> {
    fn value(&mut self, path: &str) -> Option<()> {
        self.skip_blanks();
        if let Some(text) = self.text() {
            self.found.insert(path.to_owned(), text);
            return Some(());
        }
        let word = self.word();
        if !word.is_empty() {
            self.found.insert(path.to_owned(), word);
            self.skip_blanks();
            // The content of a variant.
            return if self.rest.starts_with('(') { self.group(path) } else { Some(()) };
        }
        self.group(path)
    }

    fn group(&mut self, path: &str) -> Option<()> {
        let open = self.rest.chars().next()?;
        let close = match open {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            _ => return None,
        };
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        self.rest = &self.rest[1..];
        let mut index = 0;
        loop {
            self.skip_blanks();
            if self.take(close) {
                self.depth -= 1;
                return Some(());
            }
            match open {
                '(' => match self.field() {
                    Some(name) => self.value(&format!("{path}.{name}"))?,
                    None => self.value(&format!("{path}.{index}"))?,
                },
                '[' => self.value(&format!("{path}[{index}]"))?,
                _ => {
                    let key = self.key()?;
                    self.value(&format!("{path}[{key}]"))?;
                }
            }
            index += 1;
            self.skip_blanks();
            if !self.take(',') && !self.rest.starts_with(close) {
                return None;
            }
        }
    }

    /// The key of a map and the colon behind it.
    fn key(&mut self) -> Option<&'a str> {
        let before = self.rest;
        let known = std::mem::take(&mut self.found);
        let read = self.value("");
        self.found = known;
        read?;
        let key = before[..before.len() - self.rest.len()].trim();
        self.skip_blanks();
        self.take(':').then_some(key)
    }

    /// The name of a field and the colon behind it.
    fn field(&mut self) -> Option<&'a str> {
        let before = self.rest;
        let name = self.word();
        self.skip_blanks();
        if !name.is_empty() && self.take(':') {
            return Some(name);
        }
        self.rest = before;
        None
    }

    /// A name or a number.
    fn word(&mut self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '#');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// A text or a character, in its quotes.
    fn text(&mut self) -> Option<&'a str> {
        let body = self.rest.trim_start_matches(['b', 'r', '#']);
        let prefix = &self.rest[..self.rest.len() - body.len()];
        let quote = body.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let is_raw = prefix.contains('r');
        let end = if is_raw {
            let close = format!("{quote}{}", "#".repeat(prefix.matches('#').count()));
            body[1..].find(&close)? + 1 + close.len()
        } else {
            let mut is_escaped = false;
            let close = body[1..].find(|c| {
                let is_close = c == quote && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_close
            })?;
            close + 2
        };
        let (text, rest) = self.rest.split_at(prefix.len() + end);
        self.rest = rest;
        Some(text)
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a03_values_of_ron_have_paths_and_other_texts_are_one_value() {
        for (text, expected) in [
            ("3", "a=3"),
            (r#"(label:"say \"(x)\"",value:-2.5)"#, r#"a.label="say \"(x)\"" a.value=-2.5"#),
            ("[1,(x:'\\''),None]", "a[0]=1 a[1].x='\\'' a[2]=None"),
            ("Some(Dark)", "a=Some a.0=Dark"),
            ("Move(x:1)", "a=Move a.x=1"),
            (r##"(r#"a"b"#,{"k":1,2:[]})"##, r##"a.0=r#"a"b"# a.1["k"]=1"##),
            (r#"{"json":true}"#, r#"a["json"]=true"#),
            ("no ron", "a=no ron"),
            ("(half:", "a=(half:"),
            ("(a:1)(b:2)", "a=(a:1)(b:2)"),
            ("\"open", "a=\"open"),
            ("", "a="),
        ] {
            let values = values_of("a", text);
            let shown: Vec<String> =
                values.iter().map(|(path, value)| format!("{path}={value}")).collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(values_of("a", &deep), BTreeMap::from([("a".to_owned(), deep.as_str())]));
    }

    fn compared(before: &[(&str, &str)], now: &[(&str, &str)], unread: Option<&str>) -> Report {
        let unread = unread.map(|why| ("app".to_owned(), why.to_owned())).into_iter().collect();
        let mut report = Report::default();
        add_to(&mut report, &texts(before), &texts(now), &unread);
        report
    }

    #[test]
    fn a03_what_new_code_does_not_take_is_told_by_path() {
        let old = r#"(label:"mine",count:3)"#;
        let unread = Some("1:22: Unexpected missing field `size`");
        for (new, unread, summary, lost) in [
            (old, None, "1 kept, 0 defaulted, 0 dropped, 0 converted", 0),
            // The application counts its starts, with a field more.
            (
                r#"(label:"mine",count:4,size:1)"#,
                None,
                "1 kept, 1 defaulted, 0 dropped, 1 converted\n\
                 app.size: added, took its default\napp.count: 3 became 4",
                0,
            ),
            (
                r#"(label:"mine")"#,
                None,
                "1 kept, 0 defaulted, 1 dropped, 0 converted\napp.count: not in the new type, dropped",
                1,
            ),
            // A field without a serde default: eframe reads nothing at all.
            (
                r#"(label:"Hello",count:0,size:1)"#,
                unread,
                "0 kept, 3 defaulted, 0 dropped, 0 converted\n\
                 app.count: 1:22: Unexpected missing field `size`; took its default\n\
                 app.label: 1:22: Unexpected missing field `size`; took its default\n\
                 app.size: added, took its default",
                2,
            ),
            // What the default does not have is in the type all the same.
            (
                r#"(label:"mine",size:1)"#,
                unread,
                "1 kept, 1 defaulted, 1 dropped, 0 converted\n\
                 app.size: added, took its default\n\
                 app.count: 1:22: Unexpected missing field `size`; dropped",
                1,
            ),
        ] {
            let report = compared(&[("app", old)], &[("app", new)], unread);
            assert_eq!((report.to_string().as_str(), report.lost), (summary, lost), "{new}");
        }
        let report = compared(&[("a", "1"), ("b", "2")], &[("b", "2"), ("c", "3")], None);
        assert_eq!((report.kept, report.defaulted.total, report.dropped.total), (1, 1, 1));
        let long = "x".repeat(BYTES_MAX + 1);
        let report = compared(&[("a", &long)], &[("a", "y")], None);
        assert_eq!(report.converted.total, 1, "one value");
    }
}
