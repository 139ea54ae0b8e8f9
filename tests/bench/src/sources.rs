//! A module of any size, as applications have them: pages of tasks, settings, curves and bookings,
//! each with its widgets, types and helpers.
//!
//! Owns: which page goes into which file. Consumes: `fixtures/{pages,smallest}`. Produces: the same text
//! for the same number of lines, always. Never: writes a file that is not a [`Project`]'s.

use pitstop_tests::Project;

const APP: &str = include_str!("../fixtures/pages/app.rs");
const MODULE: &str = include_str!("../fixtures/pages/module.rs");
const PLAIN: &str = include_str!("../fixtures/pages/plain.rs");
const STATE: &str = include_str!("../fixtures/pages/state.rs");

const SMALLEST_APP: &str = include_str!("../fixtures/smallest/app.rs");
const SMALLEST_MODULE: &str = include_str!("../fixtures/smallest/module.rs");
const SMALLEST_PLAIN: &str = include_str!("../fixtures/smallest/plain.rs");

/// One page of each kind; `nth` and `Nth` stand for its number.
const PAGES: [(&str, &str); 4] = [
    ("tasks", include_str!("../fixtures/pages/tasks.rs")),
    ("curve", include_str!("../fixtures/pages/curve.rs")),
    ("settings", include_str!("../fixtures/pages/settings.rs")),
    ("ledger", include_str!("../fixtures/pages/ledger.rs")),
];

/// Pages in one file: some two hundred lines.
const PAGES_IN_FILE: usize = 2;

const FILE_HEAD: &str = "use crate::egui::*;\nuse data::*;\n\n";

/// The files of a module, by their paths below its `src`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// `lib.rs` is not among them: what runs the pages is not theirs.
    pub files: Vec<(String, String)>,
    /// What makes a module of them: `lib.rs`.
    module: &'static str,
    /// The root of the same application without Pitstop: `plain.rs`.
    plain: &'static str,
    /// The crate of the state, unless the state is among the files.
    state: Option<&'static str>,
}

impl Sources {
    /// At least as many lines, of whole pages.
    #[must_use]
    pub fn of_lines(lines: usize) -> Self {
        let mut left = lines.saturating_sub(count_lines(APP) + count_lines(MODULE));
        let mut pages = Vec::new();
        while left > 0 || pages.is_empty() {
            let number = pages.len();
            let (kind, template) = PAGES[number % PAGES.len()];
            // A page's own lines, and its line in the table.
            left = left.saturating_sub(count_lines(template) + 1);
            pages.push((kind, numbered(template, number)));
        }
        let mut files = Vec::new();
        let (mut names, mut table) = (String::new(), String::new());
        for (number, pages_of_file) in pages.chunks(PAGES_IN_FILE).enumerate() {
            names += &format!("mod pages_{number};\n");
            for (index, (kind, _)) in pages_of_file.iter().enumerate() {
                let page = number * PAGES_IN_FILE + index;
                table += &format!("(\"{kind} {page}\", pages_{number}::{kind}_page_{page}),\n    ");
            }
            let texts: Vec<&str> = pages_of_file.iter().map(|(_, text)| text.as_str()).collect();
            let text = format!("{FILE_HEAD}{}", texts.join("\n"));
            files.push((format!("app/pages_{number}.rs"), text));
        }
        let app = APP.replace("// files\n", &names).replace("// pages\n", table.trim_end());
        files.push(("app.rs".to_owned(), app));
        Self { files, module: MODULE, plain: PLAIN, state: Some(STATE) }
    }

    /// The smallest application, about as much as people begin with; its state is among its code.
    #[must_use]
    pub fn smallest() -> Self {
        let files = vec![("app.rs".to_owned(), SMALLEST_APP.to_owned())];
        Self { files, module: SMALLEST_MODULE, plain: SMALLEST_PLAIN, state: None }
    }

    /// Lines of all files, what Pitstop needs around the pages included.
    #[must_use]
    pub fn lines(&self) -> usize {
        count_lines(self.module)
            + self.files.iter().map(|(_, text)| count_lines(text)).sum::<usize>()
    }

    /// The text of one of the files.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(name, _)| name == path).map(|(_, text)| text.as_str())
    }

    /// Saves the pages as the modules in these directories, and their state.
    pub fn save(&self, project: &Project, modules: &[&str]) {
        for module in modules {
            for (path, text) in &self.files {
                project.save(&format!("{module}/src/{path}"), text);
            }
            project.save(&format!("{module}/src/lib.rs"), self.module);
            project.save(&format!("{module}/src/plain.rs"), self.plain);
        }
        if let Some(state) = self.state {
            project.save("data/src/lib.rs", state);
        }
    }
}

/// The state of the pages, of whatever number.
#[must_use]
pub fn state() -> &'static str {
    STATE
}

fn numbered(template: &str, number: usize) -> String {
    let number = number.to_string();
    template.replace("Nth", &number).replace("nth", &number)
}

fn count_lines(text: &str) -> usize {
    text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_text_and_as_many_lines_as_wished() {
        for lines in [450, 2_000, 32_000] {
            let sources = Sources::of_lines(lines);
            assert_eq!(sources, Sources::of_lines(lines));
            let written = sources.lines();
            assert!((lines..lines + lines / 20 + 120).contains(&written), "{written}, not {lines}");
        }
    }

    #[test]
    fn pages_of_all_kinds_have_names_of_their_own() {
        let sources = Sources::of_lines(2_000);
        let all: String = sources.files.iter().map(|(_, text)| text.as_str()).collect();
        assert!(!all.contains("nth") && !all.contains("Nth"), "a number is missing");
        for (kind, _) in PAGES {
            let pages = all.matches(&format!("fn {kind}_page_")).count();
            assert!(pages >= 4, "{pages} pages of {kind}");
        }
    }

    #[test]
    fn what_is_generated_compiles_endurance() {
        let project = Project::new();
        Sources::of_lines(900).save(&project, &["ui"]);
        let built = project.build();
        assert!(built.warnings.is_empty(), "{:?}", built.warnings);
    }
}
