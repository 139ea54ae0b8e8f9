//! What new code made of the texts that old code had saved.
//!
//! The texts are the application's own business; eframe writes RON. What a code has not taken shows in what it would
//! save in their place: values by their paths, as far as the texts have any. No text is changed.

use crate::state::{Note, Notes, Reason, Report};
use std::collections::BTreeMap;

/// Brackets inside brackets; a text that goes deeper is one value.
const DEPTH_MAX: usize = 64;

/// Compares what was saved with what the new code would save at once.
pub(super) fn report(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Report {
    let mut lists = Lists::default();
    for (key, old) in before {
        match now.get(key) {
            Some(new) => lists.compare(key, old, new),
            None => lists.dropped.push(note(key.clone(), Reason::Removed)),
        }
    }
    let added = now.keys().filter(|key| !before.contains_key(*key));
    lists.defaulted.extend(added.map(|key| note(key.clone(), Reason::Added)));
    lists.into_report()
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
    fn compare(&mut self, key: &str, old: &str, new: &str) {
        let (old, new) = (values_of(key, old), values_of(key, new));
        let is_same_shape = old.keys().eq(new.keys());
        for (path, was) in &old {
            match new.get(path) {
                Some(is) if is == was => self.kept += 1,
                // The type is the same, so it was read; the application has then changed it itself.
                Some(is) if is_same_shape => {
                    let (from, to) = ((*was).to_owned(), (*is).to_owned());
                    self.converted.push(note(path.clone(), Reason::Converted { from, to }));
                }
                Some(_) => {
                    self.refused += 1;
                    let why = Reason::Refused("not taken by the new code".to_owned());
                    self.defaulted.push(note(path.clone(), why));
                }
                None => self.dropped.push(note(path.clone(), Reason::Removed)),
            }
        }
        let added = new.keys().filter(|path| !old.contains_key(*path));
        self.defaulted.extend(added.map(|path| note(path.clone(), Reason::Added)));
    }

    fn into_report(self) -> Report {
        let lost = self.refused + self.dropped.len() as u64;
        Report {
            kept: self.kept,
            defaulted: self.defaulted.into_iter().collect::<Notes>(),
            dropped: self.dropped.into_iter().collect(),
            converted: self.converted.into_iter().collect(),
            lost,
            ..Report::default()
        }
    }
}

fn note(path: String, reason: Reason) -> Note {
    Note { path, reason, count: 1 }
}

/// The values of a text by their paths; the whole text where it is no RON.
fn values_of<'a>(key: &str, text: &'a str) -> BTreeMap<String, &'a str> {
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

    #[test]
    fn a03_what_new_code_does_not_take_is_told_by_path() {
        let old = r#"(label:"mine",count:3)"#;
        for (new, summary, lost) in [
            (old, "2 kept, 0 defaulted, 0 dropped, 0 converted", 0),
            // The application counts its starts.
            (
                r#"(label:"mine",count:4)"#,
                "1 kept, 0 defaulted, 0 dropped, 1 converted\napp.count: 3 became 4",
                0,
            ),
            (
                r#"(label:"mine",count:3,size:1)"#,
                "2 kept, 1 defaulted, 0 dropped, 0 converted\napp.size: added, took its default",
                0,
            ),
            (
                r#"(label:"mine")"#,
                "1 kept, 0 defaulted, 1 dropped, 0 converted\napp.count: not in the new type, dropped",
                1,
            ),
            // A field without a serde default: eframe reads nothing at all.
            (
                r#"(label:"Hello",count:0,size:1)"#,
                "0 kept, 3 defaulted, 0 dropped, 0 converted\n\
                 app.count: not taken by the new code; took its default\n\
                 app.label: not taken by the new code; took its default\n\
                 app.size: added, took its default",
                2,
            ),
        ] {
            let report = report(&texts(&[("app", old)]), &texts(&[("app", new)]));
            assert_eq!((report.to_string().as_str(), report.lost), (summary, lost), "{new}");
        }
        let report = report(&texts(&[("a", "1"), ("b", "2")]), &texts(&[("b", "2"), ("c", "3")]));
        assert_eq!((report.kept, report.defaulted.total, report.dropped.total), (1, 1, 1));
    }
}
