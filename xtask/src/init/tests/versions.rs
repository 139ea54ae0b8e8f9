//! Which hot_api an application gets.

use super::super::command::fitting;
use crate::api_source::Source;
use crate::{EFRAME_MINOR, EFRAME_OLDER};
use host::sources::workspace::Roots;
use std::path::{Path, PathBuf};

/// The hot_api of a checkout for an application with this eframe.
fn of_checkout(eframe: &str) -> Result<Source, String> {
    fitted(eframe, Source::Path("/pitstop/hot_api".into()))
}

fn fitted(eframe: &str, source: Source) -> Result<Source, String> {
    let roots = Roots {
        package: "app".to_owned(),
        manifest: "/app/Cargo.toml".into(),
        library: None,
        programs: Vec::new(),
        sources: None,
        eframe: Some(eframe.parse().expect("a requirement")),
    };
    fitting(&roots, source).map_err(|error| error.to_string())
}

#[test]
fn an_application_gets_the_hot_api_for_its_eframe() {
    let path = |path: &str| Ok(Source::Path(Path::new("/pitstop/hot_api").join(path)));
    for (eframe, wanted) in [
        ("0.37", path("")),
        ("0.36", path("versions/0.36")),
        ("=0.36.1", path("versions/0.36")),
        ("0.35", path("versions/0.35")),
        ("0.35.0", path("versions/0.35")),
        ("0.34.2", path("versions/0.34")),
        ("~0.34", path("versions/0.34")),
        // The newest of those that it takes.
        (">=0.34, <0.36", path("versions/0.35")),
        (">=0.34", path("")),
    ] {
        assert_eq!(of_checkout(eframe), wanted, "{eframe}");
    }
}

#[test]
fn an_application_without_a_fitting_hot_api_is_told_what_to_do() {
    let refused = of_checkout("0.33").expect_err("there is none");
    assert!(refused.contains("eframe 0.37 (and older: 0.36, 0.35, 0.34)"), "{refused}");
    let refused = fitted("0.35", Source::Version("1".to_owned())).expect_err("it has another");
    assert!(refused.contains("with --path") && refused.contains("\"0.35\""), "{refused}");
}

#[test]
fn every_version_has_a_manifest() {
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hot_api");
    let version = |manifest: PathBuf| {
        let text = std::fs::read_to_string(&manifest).expect("it can be read");
        let line = text.lines().find(|line| line.starts_with("version = ")).map(str::to_owned);
        line.expect("it has a version")
    };
    let wanted = |minor: u64| format!("version = \"0.{minor}.0\"");
    assert_eq!(version(api.join("Cargo.toml")), wanted(EFRAME_MINOR));
    let dirs = std::fs::read_dir(api.join("versions")).expect("the directory");
    assert_eq!(dirs.count(), EFRAME_OLDER.len());
    for minor in EFRAME_OLDER {
        let manifest = api.join(format!("versions/0.{minor}/Cargo.toml"));
        assert_eq!(version(manifest), wanted(minor));
    }
}
