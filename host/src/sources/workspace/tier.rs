//! What a changed file asks for: a swap, a new host, or nothing.
//!
//! Owns: the classification. Consumes: the dependency graph and the compiler's dep-info.
//! Never: I/O; it is a table that is asked for one path at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The cheapest safe way to carry one changed file into the running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Swap these module packages, in the order of their names.
    Module(Vec<String>),
    /// The host itself is out of date, and so are these module packages.
    Host(Vec<String>),
    /// What has started the host is out of date. It cannot replace itself.
    Supervisor,
    /// Nobody depends on the file.
    Nothing,
}

/// What one module is made of.
#[derive(Clone, Debug)]
struct Reach {
    packages: BTreeSet<PathBuf>,
    /// What the compiler said it read; may lie outside of every package.
    files: BTreeSet<PathBuf>,
}

/// The tier of every file, derived from the dependency graph.
#[derive(Clone, Debug)]
pub struct Tiers {
    all_packages: BTreeSet<PathBuf>,
    host: BTreeSet<PathBuf>,
    modules: BTreeMap<String, Reach>,
    manifests: BTreeSet<PathBuf>,
    host_is_local: bool,
    supervisor: Option<PathBuf>,
}

impl Tiers {
    pub(super) fn new(
        all_packages: BTreeSet<PathBuf>,
        host: BTreeSet<PathBuf>,
        modules: impl Iterator<Item = (String, BTreeSet<PathBuf>)>,
        manifests: BTreeSet<PathBuf>,
        host_is_local: bool,
        supervisor: Option<PathBuf>,
    ) -> Self {
        let modules = modules.map(|(name, packages)| {
            let files = BTreeSet::new();
            (name, Reach { packages, files })
        });
        let modules = modules.collect();
        Self { all_packages, host, modules, manifests, host_is_local, supervisor }
    }

    /// Tells which files a build of `module` read. Unknown modules are ignored.
    pub fn set_module_files(&mut self, module: &str, files: BTreeSet<PathBuf>) {
        if let Some(reach) = self.modules.get_mut(module) {
            reach.files = files;
        }
    }

    /// The tier of one absolute path.
    ///
    /// A file that both the host's package and a module use belongs to the host: a restart too
    /// many is slow, one too few leaves old code running unseen.
    #[must_use]
    pub fn tier_of(&self, path: &Path) -> Tier {
        if self.manifests.contains(path) {
            let all = self.modules.keys().cloned().collect();
            return if self.host_is_local { Tier::Host(all) } else { Tier::Module(all) };
        }
        let owner = path.ancestors().find(|dir| self.all_packages.contains(*dir));
        let users: Vec<String> = self
            .modules
            .iter()
            .filter(|(_, reach)| {
                reach.files.contains(path) || owner.is_some_and(|dir| reach.packages.contains(dir))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if owner.is_some_and(|dir| self.host.contains(dir)) {
            return Tier::Host(users);
        }
        match users.is_empty() {
            false => Tier::Module(users),
            true if owner.is_some() && owner == self.supervisor.as_deref() => Tier::Supervisor,
            true => Tier::Nothing,
        }
    }

    /// The packages whose files are not [`Tier::Nothing`].
    pub(super) fn watched_packages(&self) -> BTreeSet<PathBuf> {
        let modules = self.modules.values().flat_map(|reach| &reach.packages);
        self.host.iter().chain(modules).chain(&self.supervisor).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(paths: &[&str]) -> BTreeSet<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    fn tiers(host_is_local: bool) -> Tiers {
        let host: &[&str] =
            if host_is_local { &["/w/host", "/w/hot_api"] } else { &["/w/hot_api"] };
        let modules = [
            ("ui", set(&["/w/ui", "/w/state", "/w/hot_api"])),
            ("tools", set(&["/w/ui/tools", "/w/state", "/w/hot_api"])),
        ];
        let mut tiers = Tiers::new(
            set(&[
                "/w",
                "/w/host",
                "/w/hot_api",
                "/w/other",
                "/w/state",
                "/w/ui",
                "/w/ui/tools",
                "/w/xtask",
            ]),
            set(host),
            modules.into_iter().map(|(name, dirs)| (name.to_owned(), dirs)),
            set(&["/w/Cargo.toml", "/w/Cargo.lock"]),
            host_is_local,
            Some(PathBuf::from("/w/xtask")),
        );
        tiers.set_module_files("ui", set(&["/w/assets/logo.txt", "/far/words.txt"]));
        tiers
    }

    #[test]
    fn k17_each_file_has_the_tier_of_its_owner() {
        let owned = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect();
        let module = |names: &[&str]| Tier::Module(owned(names));
        let host = |names: &[&str]| Tier::Host(owned(names));
        let table = [
            (true, "/w/ui/src/lib.rs", module(&["ui"])),
            (true, "/w/ui/Cargo.toml", module(&["ui"])),
            (true, "/w/ui/build.rs", module(&["ui"])),
            (true, "/w/ui/tools/src/lib.rs", module(&["tools"])),
            (true, "/w/state/src/lib.rs", module(&["tools", "ui"])),
            (true, "/w/hot_api/src/lib.rs", host(&["tools", "ui"])),
            (true, "/w/host/src/main.rs", host(&[])),
            (true, "/w/other/src/lib.rs", Tier::Nothing),
            (true, "/w/xtask/src/main.rs", Tier::Supervisor),
            (true, "/w/README.md", Tier::Nothing),
            (true, "/w/assets/logo.txt", module(&["ui"])),
            (true, "/far/words.txt", module(&["ui"])),
            (true, "/far/else.txt", Tier::Nothing),
            (true, "/w/Cargo.lock", host(&["tools", "ui"])),
            (false, "/w/Cargo.lock", module(&["tools", "ui"])),
            (false, "/w/host/src/main.rs", Tier::Nothing),
            (false, "/w/hot_api/src/lib.rs", host(&["tools", "ui"])),
        ];
        for (host_is_local, path, expected) in table {
            let tier = tiers(host_is_local).tier_of(Path::new(path));
            assert_eq!(tier, expected, "{path}, host local: {host_is_local}");
        }
    }
}
