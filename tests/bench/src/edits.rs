//! What people change in a module: from one letter to a field of its state.
//!
//! Owns: the edits, as functions of the text before the first of them. Never: saves.

use super::sources::{Sources, state};

/// One kind of edit. Each number gives another text, and each needs the compiler.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// For the report.
    pub name: &'static str,
    /// Where it is made.
    place: Place,
    change: fn(&str, u32) -> String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A file of the module, below its `src`.
    Module(&'static str),
    /// The crate of the state.
    State,
}

/// A letter in a text that is on screen.
pub const LITERAL: Edit = Edit {
    name: "literal",
    place: Place::Module("app.rs"),
    change: |text, n| text.replace("\"revision 0\"", &format!("\"{}\"", revision(n))),
};

/// All of them, from the smallest to the one that recompiles two crates.
pub const EDITS: [Edit; 5] = [
    LITERAL,
    Edit { name: "function body", place: Place::Module("app/pages_0.rs"), change: body },
    Edit { name: "new function", place: Place::Module("app/pages_0.rs"), change: function },
    Edit { name: "new struct field", place: Place::Module("app/pages_0.rs"), change: field },
    Edit { name: "field of the state", place: Place::State, change: state_field },
];

/// What the module shows after edit `n` of [`LITERAL`].
#[must_use]
pub fn revision(n: u32) -> String {
    format!("revision {n}")
}

impl Edit {
    /// Whether the picture tells its number, as [`revision`].
    #[must_use]
    pub fn is_on_screen(self) -> bool {
        self.name == LITERAL.name
    }

    /// The crate it is in, by its directory; `module` is that of the module.
    #[must_use]
    pub fn dir(self, module: &'static str) -> &'static str {
        if self.place == Place::State { "data" } else { module }
    }

    /// The file and its new text, below the workspace, for a module in directory `module`.
    ///
    /// # Panics
    /// When the sources have no such file.
    #[must_use]
    pub fn apply(self, sources: &Sources, module: &str, n: u32) -> (String, String) {
        match self.place {
            Place::Module(path) => {
                let text = sources.file(path).expect("every module has this file");
                (format!("{module}/src/{path}"), (self.change)(text, n))
            }
            Place::State => ("data/src/lib.rs".to_owned(), (self.change)(state(), n)),
        }
    }
}

fn body(text: &str, n: u32) -> String {
    let changed = format!("let weight = if done > {n} {{ 1.0 }} else {{ 0.{n} }};");
    text.replace("let weight = 1.0;", &changed)
}

fn function(text: &str, n: u32) -> String {
    let heading = "    ui.heading(\"Tasks of group 0\");\n";
    let page = "/// The list of tasks,";
    let calls: String = (1..=n).map(|n| format!("    hint_{n}(ui, page);\n")).collect();
    let functions = (1..=n).map(|n| {
        format!(
            "fn hint_{n}(ui: &mut Ui, page: &Page) {{\n    \
                 let open = page.tasks.iter().filter(|task| !task.is_done).count();\n    \
                 if open > {n} {{\n        ui.weak(format!(\"{{open}} of more than {n}\"));\n    }}\n}}\n\n"
        )
    });
    let functions: String = functions.collect();
    text.replace(heading, &format!("{heading}{calls}")).replace(page, &format!("{functions}{page}"))
}

fn field(text: &str, n: u32) -> String {
    let added = |line: &str, more: fn(u32) -> String| {
        (1..=n).fold(line.to_owned(), |line, n| line + &more(n))
    };
    text.replace(
        "    grid_lines: usize,\n",
        &added("    grid_lines: usize,\n", |n| format!("    inset_{n}: f32,\n")),
    )
    .replace("grid_lines: 5", &added("grid_lines: 5", |n| format!(", inset_{n}: {n}.0")))
    .replace(
        "let part = line as f32",
        &added("let part = line as f32", |n| format!(" + self.inset_{n} * 0.001")),
    )
}

fn state_field(text: &str, n: u32) -> String {
    let fields: String = (1..=n).map(|n| format!("    pub note_{n}: u32,\n")).collect();
    let before = "    pub sorted_by: usize,\n";
    text.replace(before, &format!("{fields}{before}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_number_of_every_edit_is_another_text_of_the_same_file() {
        let sources = Sources::of_lines(450);
        for edit in EDITS {
            let texts = (0..5).map(|n| edit.apply(&sources, "ui", n));
            let (paths, texts): (BTreeSet<_>, BTreeSet<_>) = texts.unzip();
            assert_eq!((paths.len(), texts.len()), (1, 5), "{}", edit.name);
        }
    }

    #[test]
    fn every_edit_compiles_endurance() {
        let project = pitstop_tests::Project::new();
        let sources = Sources::of_lines(450);
        sources.save(&project, &["ui"]);
        for edit in EDITS {
            let (path, text) = edit.apply(&sources, "ui", 3);
            project.save(&path, &text);
            let built = project.build();
            assert!(built.warnings.is_empty(), "{}: {:?}", edit.name, built.warnings);
        }
    }
}
