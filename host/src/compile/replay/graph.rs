//! The captured crates that modules are made of, each after those that it needs.
//!
//! Owns: the order, and what belongs into the shared library. Consumes: [`Unit`]s. Never: I/O.

use super::unit::Unit;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Positions in [`Graph::units`].
pub(super) type Index = usize;

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// In an order in which everything comes after what it needs; modules last.
    pub(super) units: Vec<Unit>,
    /// For each unit itself and everything that it needs.
    pub(super) reach: Vec<BTreeSet<Index>>,
    /// For each unit how far it is from those that need nothing. Units of one depth do not need each other.
    pub(super) depth: Vec<usize>,
    /// The units that are modules.
    pub(super) modules: BTreeSet<Index>,
    /// Units that the shared library contains.
    pub(super) in_shared: BTreeSet<Index>,
    /// The libraries that the shared one is made from.
    pub(super) parts: BTreeSet<PathBuf>,
}

impl Graph {
    /// Orders what `modules` reach among `others`. Packages that `is_shared` names go into the shared
    /// library, as does every crate that was not captured.
    pub(super) fn new(
        modules: Vec<Unit>,
        others: &[Unit],
        is_shared: impl Fn(&str) -> bool,
    ) -> Self {
        let mut graph = Self::default();
        for module in &modules {
            graph.add_needs_of(module, others);
        }
        for module in modules {
            graph.modules.insert(graph.units.len());
            graph.push(module);
        }
        let mut open: Vec<Index> = graph.modules.iter().copied().collect();
        let mut seen = graph.modules.clone();
        while let Some(index) = open.pop() {
            let linked = graph.gather_parts(index, &is_shared);
            open.extend(linked.into_iter().filter(|index| seen.insert(*index)));
        }
        graph
    }

    fn add_needs_of(&mut self, unit: &Unit, others: &[Unit]) {
        for library in unit.needs() {
            let is_known = self.units.iter().any(|known| known.makes(&library));
            let needed = others.iter().find(|other| other.makes(&library));
            if let Some(needed) = needed.filter(|_| !is_known) {
                self.add_needs_of(needed, others);
                self.push(needed.clone());
            }
        }
    }

    /// Adds a unit; what it needs is there.
    fn push(&mut self, unit: Unit) {
        let index = self.units.len();
        let needs: BTreeSet<Index> =
            unit.needs().filter_map(|library| self.made_by(&library)).collect();
        let depth = needs.iter().map(|needed| self.depth[*needed] + 1).max().unwrap_or(0);
        let mut reach = BTreeSet::from([index]);
        needs.iter().for_each(|needed| reach.extend(&self.reach[*needed]));
        self.reach.push(reach);
        self.depth.push(depth);
        self.units.push(unit);
    }

    /// The libraries that are linked or compiled against, and that no unit makes.
    pub(super) fn made_by_cargo(&self) -> BTreeSet<PathBuf> {
        let needed = self.units.iter().flat_map(Unit::needs).chain(self.parts.iter().cloned());
        needed.filter(|library| self.made_by(library).is_none()).collect()
    }

    fn made_by(&self, library: &Path) -> Option<Index> {
        self.units.iter().position(|unit| unit.makes(library))
    }

    /// Puts the libraries that a unit needs into the shared one; returns those that stay outside.
    fn gather_parts(&mut self, index: Index, is_shared: &impl Fn(&str) -> bool) -> Vec<Index> {
        let mut linked = Vec::new();
        for library in self.units[index].needs().collect::<Vec<_>>() {
            match self.made_by(&library) {
                Some(unit) if is_shared(self.units[unit].package()) => {
                    self.add_part(self.units[unit].rlib());
                    // What a part needs is in there with it.
                    self.in_shared.extend(&self.reach[unit]);
                }
                Some(unit) => linked.push(unit),
                None => self.add_part(library.with_extension("rlib")),
            }
        }
        linked
    }

    /// Procedural macros have no library that could be linked.
    fn add_part(&mut self, rlib: PathBuf) {
        if rlib.is_file() {
            self.parts.insert(rlib);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::captured::Captured;
    use super::*;
    use std::fs;

    /// A crate `name` in `dir` that is compiled against others.
    fn unit(dir: &Path, name: &str, kind: &str, needs: &[&str]) -> Unit {
        let out = dir.display();
        let mut args = vec![
            "--crate-name".to_owned(),
            name.to_owned(),
            format!("--crate-type={kind}"),
            format!("--out-dir={out}"),
            "-Cextra-filename=-1".to_owned(),
        ];
        args.extend(needs.iter().map(|need| format!("--extern={need}={out}/lib{need}-1.rmeta")));
        fs::write(dir.join(format!("lib{name}-1.rlib")), "").expect("a library");
        let env = [("CARGO_PKG_NAME".to_owned(), name.to_owned())];
        let captured = Captured::new("rustc".to_owned(), args, dir.to_owned(), env.into_iter());
        let path = dir.join(format!("{name}-1.json"));
        captured.write(&path).expect("it can be written");
        Unit::read(&path).expect("it compiles a crate")
    }

    #[test]
    fn needs_come_first_and_what_is_not_captured_is_shared() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path();
        fs::write(dir.join("libegui-1.rlib"), "").expect("a library");
        let units = [
            unit(dir, "ui", "cdylib", &["state", "api", "egui"]),
            unit(dir, "state", "lib", &["engine"]),
            unit(dir, "engine", "lib", &["tools"]),
            unit(dir, "tools", "lib", &["egui"]),
            unit(dir, "api", "lib", &["egui"]),
            unit(dir, "nobody", "lib", &[]),
        ];
        let [ui, others @ ..] = units;
        let is_shared = |package: &str| package == "api" || package == "engine";
        let graph = Graph::new(vec![ui], &others, is_shared);
        let order: Vec<&str> = graph.units.iter().map(Unit::package).collect();
        assert_eq!(order, ["tools", "engine", "state", "api", "ui"]);
        assert_eq!(graph.depth, [0, 1, 2, 0, 3]);
        assert_eq!(graph.reach[2], [0, 1, 2].into());
        let shared: Vec<&str> = graph.in_shared.iter().map(|i| order[*i]).collect();
        assert_eq!(shared, ["tools", "engine", "api"], "what a part needs is in there with it");
        let names = graph.parts.iter().filter_map(|part| part.file_name());
        let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["libapi-1.rlib", "libegui-1.rlib", "libengine-1.rlib"]);
        let names = ["libegui-1.rlib", "libegui-1.rmeta"].map(|name| dir.join(name));
        assert_eq!(graph.made_by_cargo(), names.into(), "what a replay cannot make again");
    }
}
