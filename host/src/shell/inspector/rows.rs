//! Which values of a state are listed: those whose parents are unfolded, or those that a search finds.
//!
//! Consumes: a [`Tree`], what is unfolded, a search. Produces: [`Row`]s. Never: draws.

use super::leaf::{editable, preview};
use super::place::{Place, part, part_count};
use hot_api::state::Tree;
use std::collections::HashSet;

/// Rows beyond this are not listed: nobody reads them, and a search finds what they hold.
pub(super) const ROWS_MAX: usize = 10_000;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) value: String,
    /// Its share of the snapshot.
    pub(super) bytes: u64,
    pub(super) has_parts: bool,
    /// The text to edit, of a single value.
    pub(super) text: Option<String>,
}

/// The rows, and whether there are more than are listed.
pub(super) struct Rows {
    pub(super) listed: Vec<Row>,
    pub(super) is_cut: bool,
}

impl Rows {
    /// The values whose parents are all unfolded; the parts of the state itself always are.
    pub(super) fn unfolded(state: &Tree, unfolded: &HashSet<Place>) -> Self {
        let mut rows = Self { listed: Vec::new(), is_cut: false };
        rows.add_parts(state, &mut Vec::new(), &|place| unfolded.contains(place));
        rows
    }

    /// The values whose name or text contains `search`, whatever its case.
    pub(super) fn found(state: &Tree, search: &str) -> Self {
        let mut rows = Self { listed: Vec::new(), is_cut: false };
        rows.add_found(state, &mut Vec::new(), "", &search.to_lowercase());
        rows
    }

    fn add(&mut self, row: impl FnOnce() -> Row) -> bool {
        self.is_cut |= self.listed.len() >= ROWS_MAX;
        if !self.is_cut {
            self.listed.push(row());
        }
        !self.is_cut
    }

    fn add_parts(&mut self, tree: &Tree, place: &mut Place, is_open: &dyn Fn(&Place) -> bool) {
        let mut index = 0;
        while let Some(part) = part(tree, index) {
            place.push(index);
            let added = self.add(|| row(part.tree, place.clone(), part.name));
            if added && is_open(place) {
                self.add_parts(part.tree, place, is_open);
            }
            place.pop();
            if !added {
                return;
            }
            index += 1;
        }
    }

    fn add_found(&mut self, tree: &Tree, place: &mut Place, path: &str, search: &str) {
        let mut index = 0;
        while let Some(part) = part(tree, index) {
            place.push(index);
            let is_field = !part.name.starts_with('[') && !path.is_empty();
            let path = format!("{path}{}{}", if is_field { "." } else { "" }, part.name);
            let text = editable(part.tree);
            let is_found = part.name.to_lowercase().contains(search)
                || text.as_ref().is_some_and(|text| text.to_lowercase().contains(search));
            if is_found && !self.add(|| row(part.tree, place.clone(), path.clone())) {
                return;
            }
            self.add_found(part.tree, place, &path, search);
            place.pop();
            index += 1;
        }
    }
}

fn row(tree: &Tree, place: Place, name: String) -> Row {
    Row {
        place,
        name,
        kind: tree.kind().into_owned(),
        value: preview(tree),
        bytes: tree.encode().len() as u64,
        has_parts: part_count(tree) > 0,
        text: editable(tree),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(title: &str) -> Tree {
        Tree::Struct(vec![("title".into(), title.into()), ("done".into(), false.into())])
    }

    fn state() -> Tree {
        Tree::Struct(vec![
            ("zoom".into(), 1.5_f32.into()),
            ("tasks".into(), Tree::Seq(vec![task("write"), task("Read")])),
        ])
    }

    fn names(rows: &Rows) -> Vec<&str> {
        rows.listed.iter().map(|row| &*row.name).collect()
    }

    #[test]
    fn parts_are_listed_below_what_is_unfolded() {
        assert_eq!(names(&Rows::unfolded(&state(), &HashSet::new())), ["zoom", "tasks"]);
        let unfolded = HashSet::from([vec![1], vec![1, 1], vec![0, 0]]);
        let rows = Rows::unfolded(&state(), &unfolded);
        assert_eq!(names(&rows), ["zoom", "tasks", "[0]", "[1]", "title", "done"]);
        let title = &rows.listed[4];
        assert_eq!(
            (&*title.kind, &*title.value, &title.place),
            ("string", "\"Read\"", &vec![1, 1, 0])
        );
        assert_eq!(title.text.as_deref(), Some("Read"));
    }

    #[test]
    fn a_search_finds_names_and_values_and_says_where_they_are() {
        assert_eq!(names(&Rows::found(&state(), "READ")), ["tasks[1].title"]);
        assert_eq!(names(&Rows::found(&state(), "done")), ["tasks[0].done", "tasks[1].done"]);
        assert_eq!(names(&Rows::found(&state(), "1.5")), ["zoom"]);
        assert!(Rows::found(&state(), "absent").listed.is_empty());
    }

    #[test]
    fn a_list_too_long_to_read_is_cut() {
        let long = Tree::Seq(vec![Tree::Bool(true); ROWS_MAX + 1]);
        let rows = Rows::unfolded(&long, &HashSet::new());
        assert_eq!((rows.listed.len(), rows.is_cut), (ROWS_MAX, true));
    }
}
