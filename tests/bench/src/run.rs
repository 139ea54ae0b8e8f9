//! One call of the benchmarks: what is wished, and where results go.
//!
//! Owns: the wishes. Consumes: reports and figures. Produces: nothing of its own; hands them on as
//! they come.

use super::report::Report;

/// What a benchmark has found.
#[derive(Clone, Debug)]
pub enum Finding {
    /// Numbers.
    Report(Report),
    /// A picture of numbers.
    Figure(Figure),
}

/// A plot that is to be a file.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The name of the file, without directory: `bench-reload.svg`.
    pub file: String,
    /// What is shown, for who does not see it.
    pub title: String,
    /// The SVG.
    pub svg: String,
}

/// What is wished of the benchmarks, and who takes what they find.
pub struct Run<'a> {
    /// A few rounds only: whether it works, rather than how fast.
    pub is_quick: bool,
    /// Other tools that do the same, installed where need be.
    pub with_peers: bool,
    found: &'a mut dyn FnMut(Finding),
}

impl<'a> Run<'a> {
    /// All rounds, without peers; `found` is called as results come.
    pub fn new(found: &'a mut dyn FnMut(Finding)) -> Self {
        Self { is_quick: false, with_peers: false, found }
    }

    /// How often to do something: `full` times, or `quick` times where few were wished.
    #[must_use]
    pub fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.is_quick { quick } else { full }
    }

    /// Hands over numbers.
    pub fn report(&mut self, report: Report) {
        (self.found)(Finding::Report(report));
    }

    /// Hands over a picture.
    pub fn figure(&mut self, name: &str, title: &str, svg: String) {
        let (file, title) = (format!("bench-{name}.svg"), title.to_owned());
        (self.found)(Finding::Figure(Figure { file, title, svg }));
    }
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { is_quick, with_peers, found: _ } = self;
        f.debug_struct("Run").field("is_quick", is_quick).field("with_peers", with_peers).finish()
    }
}
