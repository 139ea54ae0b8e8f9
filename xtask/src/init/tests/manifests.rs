//! Manifests and what is added to them.

use crate::init::{ManifestError, Source, with_dependency};
use std::path::PathBuf;

const LINE: &str = "hot_api = { version = \"1\", optional = true, features = [\"eframe\"] }";
const PACKAGE: &str = "[package]\nname = \"a\"\n\n";

fn source() -> Source {
    Source::Version("1".to_owned())
}

/// `|` is where `added` is expected.
#[track_caller]
fn check(marked: &str, added: &str) {
    let text = marked.replace('|', "");
    let expected = marked.replace('|', added);
    let found = with_dependency(&text, &source()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(found, expected);
    assert_eq!(with_dependency(&found, &source()).unwrap(), found, "a second time");
    let windows = with_dependency(&text.replace('\n', "\r\n"), &source()).unwrap();
    assert_eq!(windows, expected.replace('\n', "\r\n"));
}

#[test]
fn one_line_at_the_end_of_the_dependencies() {
    let line = format!("{LINE}\n");
    let table = format!("[dependencies]\n{LINE}\n\n");
    for (marked, added) in [
        ("[dependencies]\neframe = \"0.37\" # c\n|\n[dev-dependencies]\nb = \"1\"\n", &line),
        ("[dependencies]\neframe = \"0.37\"\n|", &line),
        ("[dependencies]\neframe = \"0.37\"\n# log = \"1\"\nb = \"1\"\n|# c = \"1\"\n", &line),
        (
            "[dependencies]\neframe = { version = \"0.37\", features = [\n    \"glow\", # x\n] }\n|",
            &line,
        ),
        ("[dependencies]\neframe.version = \"0.37\"\neframe.features = []\n|[features]\n", &line),
        ("[dependencies] # c\n|[dependencies.eframe]\nversion = \"0.37\"\n", &line),
        ("[dependencies]\nb = '1'\n|\n[dependencies.eframe]\nversion = \"0.37\"\n", &line),
        ("[dependencies]\ngui = { package = \"eframe\", version = \"0.37\" }\n|", &line),
        ("|[dependencies.eframe]\nversion = \"0.37\"\n", &table),
        (
            "|# c\n# d\n[dependencies.eframe]\nversion = \"0.37\"\n[dependencies.b]\nversion = \"1\"\n",
            &table,
        ),
        ("[dependencies]\n|\n[target.'cfg(unix)'.dependencies]\neframe = \"0.37\"\n", &line),
        ("[features]\nhot_api = [\"dep:hot_api\"]\n\n[dependencies]\neframe = \"0.37\"\n|", &line),
        ("[features]\na = [\"hot_api?/b\"]\n\n[dependencies]\neframe = \"0.37\"\n|", &line),
    ] {
        check(&format!("{PACKAGE}{marked}"), added);
    }
    check(
        "[package]\nname = \"a\"\n|\n[package.metadata.x]\ny = 1\n\n[target.'cfg(unix)'.dependencies]\neframe = \"1\"\n",
        &format!("\n[dependencies]\n{LINE}\n"),
    );
    let open = format!("{PACKAGE}[dependencies]\neframe = \"0.37\"");
    assert_eq!(with_dependency(&open, &source()).unwrap(), format!("{open}\n{LINE}\n"));
    let marked = format!("\u{feff}{open}");
    assert_eq!(with_dependency(&marked, &source()).unwrap(), format!("{marked}\n{LINE}\n"));
}

#[test]
fn the_sources() {
    let text = format!("{PACKAGE}[dependencies]\neframe = \"0.37\"\n");
    for (source, expected) in [
        (Source::Version("0.2".to_owned()), "version = \"0.2\""),
        (
            Source::Git { url: "https://x/y".to_owned(), at: None },
            "git = \"https://x/y\", version = \"0.37\"",
        ),
        (Source::Path(PathBuf::from("../hot_api")), "path = \"../hot_api\""),
        (Source::Path(PathBuf::from("C:\\a b")), "path = 'C:\\a b'"),
    ] {
        let line =
            format!("hot_api = {{ {expected}, optional = true, features = [\"eframe\"] }}\n");
        assert_eq!(with_dependency(&text, &source).unwrap(), format!("{text}{line}"));
    }
}

#[test]
fn a_feature_where_cargo_makes_none() {
    let text = format!(
        "{PACKAGE}[features]\ndev = [\"dep:hot_api\"]\n|\n[dependencies]\neframe = \"0.37\"\n{LINE}\n"
    );
    check(&text, "hot_api = [\"dep:hot_api\"]\n");
    let both = format!(
        "{PACKAGE}[dependencies]\neframe = \"0.37\"\n\n[features]\ndev = [\"dep:hot_api\"]\n"
    );
    let expected = both.replace("\n\n[features]", &format!("\n{LINE}\n\n[features]"))
        + "hot_api = [\"dep:hot_api\"]\n";
    assert_eq!(with_dependency(&both, &source()).unwrap(), expected);
}

#[test]
fn what_is_there_already_is_left_alone() {
    let with =
        |dependency: &str| format!("{PACKAGE}[dependencies]\neframe = \"0.37\"\n{dependency}\n");
    for fine in [
        "hot_api = { path = \"x\", optional = true, features = [\"glow\", \"eframe\"] }",
        "hot_api = { workspace = true, optional = true }",
        "[dependencies.hot_api]\npath = \"x\"\noptional = true\nfeatures = [\"eframe\"]",
    ] {
        assert_eq!(with_dependency(&with(fine), &source()).unwrap(), with(fine));
    }
    for (dependency, expected) in [
        (
            "hot_api = \"1\"",
            "the package depends on hot_api already, but not with `optional = true`; add that",
        ),
        (
            "hot_api = { path = \"x\", features = [\"eframe\"] }",
            "the package depends on hot_api already, but not with `optional = true`; add that",
        ),
        (
            "hot_api = { path = \"x\", optional = true }",
            "the package depends on hot_api already, but without `features = [\"eframe\"]`; add that",
        ),
        (
            "[features]\nhot_api = []",
            "there is a feature `hot_api` that does not contain \"dep:hot_api\"; add that, or rename the feature",
        ),
    ] {
        let error = with_dependency(&with(dependency), &source()).expect_err(dependency);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn what_cannot_be_edited() {
    let fails = |text: &str| with_dependency(text, &source()).expect_err(text);
    assert!(matches!(fails("[workspace]\nmembers = []\n"), ManifestError::Virtual));
    assert!(matches!(fails("[package\n"), ManifestError::Syntax(_)));
    for text in ["", "[dependencies]\negui = \"1\"\n", "[dev-dependencies]\neframe = \"1\"\n"] {
        assert!(matches!(fails(&format!("{PACKAGE}{text}")), ManifestError::NoEframe), "{text}");
    }
    let renamed =
        format!("{PACKAGE}[dependencies]\neframe = {{ package = \"other\", version = \"1\" }}\n");
    assert!(matches!(fails(&renamed), ManifestError::NoEframe));
    for text in ["dependencies = { eframe = \"1\" }\n", "dependencies.eframe = \"1\"\n"] {
        assert_eq!(
            fails(&format!("{text}{PACKAGE}")).to_string(),
            format!(
                "`[dependencies]` is written in a form that is not edited; add this line to it by hand: {LINE}"
            )
        );
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text() {
    use std::os::unix::ffi::OsStringExt;
    let path = PathBuf::from(std::ffi::OsString::from_vec(vec![b'a', 0xff]));
    let text = format!("{PACKAGE}[dependencies]\neframe = \"0.37\"\n");
    let error = with_dependency(&text, &Source::Path(path)).unwrap_err();
    assert!(matches!(error, ManifestError::PathNotText(_)));
}
