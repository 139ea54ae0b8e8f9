//! How much there may be to build, as the lock file tells.
//!
//! Consumes: the text of `Cargo.lock`. Produces: a count for the progress of a first build. Never:
//! decides what is built.

use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// How many packages these lead to, themselves included; 0 when the file cannot be read, of which
/// cargo itself will say more. More than are built: the file does not tell which dependencies are for
/// tests or for other systems.
pub(super) fn reachable(lock: &str, packages: &[String]) -> usize {
    let Ok(Lock { package: locked }) = toml::from_str(lock) else { return 0 };
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut wanted: Vec<&str> = packages.iter().map(String::as_str).collect();
    while let Some(name) = wanted.pop() {
        if reached.insert(name) {
            let same = locked.iter().filter(|package| package.name == name);
            // A name, and a version where there are several.
            let needs = same.flat_map(|package| &package.dependencies);
            wanted.extend(needs.filter_map(|need| need.split(' ').next()));
        }
    }
    locked.iter().filter(|package| reached.contains(package.name.as_str())).count()
}

#[cfg(test)]
mod tests {
    use super::reachable;

    const LOCK: &str = "
        [[package]]\nname = \"app\"\ndependencies = [\"a\", \"b 2.0.0\"]
        [[package]]\nname = \"a\"\ndependencies = [\"app\"]
        [[package]]\nname = \"b\"\nversion = \"2.0.0\"
        [[package]]\nname = \"elsewhere\"\ndependencies = [\"a\"]";

    #[test]
    fn only_what_the_packages_lead_to_is_counted() {
        assert_eq!(reachable(LOCK, &["app".to_owned()]), 3);
        assert_eq!(reachable(LOCK, &["elsewhere".to_owned(), "b".to_owned()]), 4);
        assert_eq!(reachable(LOCK, &["unknown".to_owned()]), 0);
        assert_eq!(reachable("no lock file", &["app".to_owned()]), 0);
    }
}
