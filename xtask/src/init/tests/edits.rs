//! Where the export goes, and the diff of it.

use super::creators::TEMPLATE;
use crate::init::{has_export, unified, with_export};

const EXPORT: &str = "#[cfg(feature = \"hot_api\")]\nhot_api::export_eframe_app!(MyApp::new);\n";

/// `|` is where the export is expected, with the empty lines around it.
#[track_caller]
fn check(marked: &str, before: &str, after: &str) {
    let text = marked.replace('|', "");
    let expected = marked.replace('|', &format!("{before}{EXPORT}{after}"));
    let found = with_export(&text, "MyApp::new");
    assert_eq!(found, expected);
    assert!(has_export(&found), "{found}");
    assert_eq!(with_export(&found, "MyApp::new"), found, "a second time");
    if text.contains('\n') {
        let windows = with_export(&text.replace('\n', "\r\n"), "MyApp::new");
        assert_eq!(windows, expected.replace('\n', "\r\n"));
    }
}

#[test]
fn the_export_is_below_the_head_of_the_file() {
    check("use a;\n|\nfn main() {}\n", "\n", "");
    check("use a;\n|fn main() {}\n", "\n", "\n");
    check("mod a;\nuse b::{\n    c,\n    d,\n}; // e\n|\nfn main() {}\nuse late;\n", "\n", "");
    check("extern crate a;\n#[cfg(test)]\nmod tests {}\n|\nfn main() {}", "\n", "");
    check("use a;\n|", "\n", "");
    check("#![warn(missing_docs)]\n|\nfn main() {}\n", "\n", "");
    check("//! A.\n//! B.\n|\nfn main() {}\n", "\n", "");
    check("//! A.\n|fn main() {}\n", "\n", "\n");
    check("#![a]\n//! B.\n|/// C.\nfn main() {}\n", "\n", "\n");
    check("/*! A. */\n|\nfn main() {}\n", "\n", "");
    check("|fn main() {}\n", "", "\n");
    check("|// About main.\nfn main() {}\n", "", "\n");
    check("// A licence.\n// Its end.\n|\nfn main() {}\n", "\n", "");
    check("\u{feff}|fn main() {}\n", "", "\n");
    check("|", "", "");
    check("use a;| fn main() {\n}\n", "\n\n", "\n");
}

#[test]
fn a_head_without_a_line_break_gets_one() {
    for (text, head) in [("use a;", "use a;\n\n"), ("//! A.", "//! A.\n\n"), ("#![a]", "#![a]\n\n")]
    {
        assert_eq!(with_export(text, "MyApp::new"), format!("{head}{EXPORT}"));
    }
    assert_eq!(
        with_export("use a;\r\nfn main() {}", "|cc| {\n}"),
        "use a;\r\n\r\n#[cfg(feature = \"hot_api\")]\r\nhot_api::export_eframe_app!(|cc| {\r\n});\r\n\r\nfn main() {}"
    );
}

#[test]
fn exports_are_found_where_they_are_code() {
    for (text, expected) in [
        ("hot_api::export_eframe_app!(f);", true),
        ("export_module!(M);", true),
        ("mod a { hot_api::export_module! { M } }", true),
        ("#[cfg(feature = \"hot_api\")]\nexport_eframe_app!(f);", true),
        ("// export_eframe_app!(f);", false),
        ("const A: &str = \"export_eframe_app!\";", false),
        ("export_other!(f);", false),
        ("fn ( export_eframe_app!(f);", true),
        ("fn ( // export_eframe_app!(f);", false),
    ] {
        assert_eq!(has_export(text), expected, "{text}");
    }
}

#[test]
fn the_diff_names_the_file_and_has_three_lines_around() {
    let new = with_export(TEMPLATE, "MyApp::new");
    let expected = "--- src/main.rs\n+++ src/main.rs\n@@ -1,5 +1,8 @@\n #![warn(clippy::all, rust_2018_idioms)]\n \n\
                    +#[cfg(feature = \"hot_api\")]\n+hot_api::export_eframe_app!(MyApp::new);\n+\n \
                    // When compiling natively:\n #[cfg(not(target_arch = \"wasm32\"))]\n \
                    fn main() -> eframe::Result {\n";
    assert_eq!(unified("src/main.rs", TEMPLATE, &new), expected);
    assert_eq!(unified("a", "b\n", "b\n"), "");
    assert_eq!(
        unified("a", "b", "c\n"),
        "--- a\n+++ a\n@@ -1 +1 @@\n-b\n\\ No newline at end of file\n+c\n"
    );
}
