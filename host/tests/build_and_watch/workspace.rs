//! The dependency graph as cargo tells it.

use crate::project::Project;
use host::sources::workspace::{Tier, Workspace, WorkspaceError};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A host, two modules, what they share, and two packages that matter to nobody. `far` lies
/// outside of the workspace, in a workspace of its own.
fn project() -> Project {
    let project = Project::new(&["host", "hot_api", "ui", "tools", "state", "lonely"]);
    project.package("lonely", "lonely", false, "");
    project.package("hot_api", "hot_api", false, "");
    project.package(
        "host",
        "host",
        false,
        "[package.metadata.pitstop]\nhost = true\n[dependencies]\nhot_api = { path = \"../hot_api\" }\nui = { path = \"../ui\", optional = true }\n",
    );
    project.package("state", "state", false, "");
    project.package(
        "ui",
        "ui",
        true,
        "[dependencies]\nhot_api = { path = \"../hot_api\" }\nstate = { path = \"../state\" }\nfar = { path = \"../../far/lib\" }\n[dev-dependencies]\nlonely = { path = \"../lonely\" }\n",
    );
    project.package("tools", "tools", true, "[dependencies]\nstate = { path = \"../state\" }\n");
    project.write(
        "../far/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"lib\", \"other\"]\n",
    );
    project.package("../far/lib", "far", false, "");
    project.package("../far/other", "other", false, "");
    project
}

#[test]
fn k17_tiers_follow_the_dependency_graph() {
    let project = project();
    let workspace = Workspace::load(&project.path("ui/src")).expect("cargo knows the workspace");
    assert_eq!(workspace.root(), project.root, "found from below");
    let tiers = workspace.tiers(&names(&["ui", "tools"])).expect("both are packages");
    let both = || Tier::Host(names(&["tools", "ui"]));
    let table = [
        ("ui/src/lib.rs", Tier::Module(names(&["ui"]))),
        ("ui/Cargo.toml", Tier::Module(names(&["ui"]))),
        ("../far/lib/src/lib.rs", Tier::Module(names(&["ui"]))),
        ("../far/other/src/lib.rs", Tier::Nothing),
        ("state/src/lib.rs", Tier::Module(names(&["tools", "ui"]))),
        ("hot_api/src/lib.rs", Tier::Host(names(&["ui"]))),
        ("host/src/lib.rs", Tier::Host(Vec::new())),
        ("lonely/src/lib.rs", Tier::Nothing),
        ("Cargo.toml", both()),
        ("rust-toolchain.toml", both()),
        (".cargo/config.toml", both()),
        ("README.md", Tier::Nothing),
    ];
    for (path, expected) in table {
        assert_eq!(tiers.tier_of(&project.path(path)), expected, "{path}");
    }
}

#[test]
fn w1_inputs_are_the_packages_in_reach_wherever_they_are() {
    let project = project();
    let workspace = Workspace::load(&project.root).expect("cargo knows the workspace");
    let inputs = workspace.modules_inputs(&names(&["ui"])).expect("ui is a package");
    let dirs = ["../far/lib", "host", "hot_api", "state", "ui"].map(|dir| project.path(dir));
    assert_eq!(inputs.dirs, dirs.into(), "watched as a whole");
    for dir in ["target", "lonely", "tools", "../far/other", "../far/target"] {
        let dir = project.path(dir);
        assert!(inputs.excluded.contains(&dir), "{} excluded", dir.display());
    }
    let lock = project.path("Cargo.lock");
    assert!(inputs.files.contains(&lock), "the lock file is an input");
    assert!(!lock.exists(), "reading the workspace writes nothing");
}

#[test]
fn errors_say_what_cargo_says_and_what_there_is() {
    let project = project();
    let workspace = Workspace::load(&project.root).expect("cargo knows the workspace");
    let error = workspace.tiers(&names(&["uii"])).expect_err("no such package");
    let text = error.to_string();
    assert!(matches!(error, WorkspaceError::NoSuchPackage { .. }), "{text}");
    for part in ["`uii`", "wörk space", "tools", "ui"] {
        assert!(text.contains(part), "{part} in: {text}");
    }
    project.write("ui/Cargo.toml", "[package\nname = \"ui\"\n");
    let text = Workspace::load(&project.root).expect_err("a broken manifest").to_string();
    for part in ["wörk space", "ui/Cargo.toml:1"] {
        assert!(text.contains(part), "{part} in: {text}");
    }
}
