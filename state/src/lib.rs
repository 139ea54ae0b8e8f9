//! The demo application's data: everything that survives a reload, and nothing else.
//!
//! Owns: plain serde structs and the operations that keep them consistent. Consumes: user
//! intent as method calls, elapsed time in seconds. Produces: what `hot_ui` draws.
//! Never: egui, threads, files or clocks; positions and angles are plain numbers.

use hot_api::StateSpec;
use serde::{Deserialize, Serialize};

mod board;
mod canvas;
mod card;
mod examples;
mod migrations;
mod signals;
mod table;

pub use board::{Board, Column, DELETED_MAX, Deleted};
pub use canvas::{Canvas, Cut};
pub use card::{Card, CardId, Priority};
pub use signals::{SAMPLES_PER_SECOND, Shape, Signals, WINDOW_SECONDS_MAX, Wave};
pub use table::{SortColumn, Table};

/// The whole application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// The page on screen.
    pub page: Page,
    /// Dark, light, or what the system says.
    pub appearance: Appearance,
    /// Tasks and notes.
    pub board: Board,
    /// Live samples and how they are made.
    pub signals: Signals,
    /// Filter, sorting and selection of the big table; its rows are generated.
    pub table: Table,
    /// What the OpenGL canvas shows, and from which side.
    pub canvas: Canvas,
}

/// How the state is captured, restored and migrated, with code of this crate: the module's is compiled
/// on every edit.
pub static STATE: StateSpec<App> = StateSpec::new().with_migrations(migrations::MIGRATIONS);

/// The pages, in the order of their tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// Tasks and notes.
    #[default]
    Board,
    /// The live plot.
    Signals,
    /// The virtual table.
    Table,
    /// Custom OpenGL painting.
    Canvas,
}

impl Page {
    /// All pages, in the order of their tabs.
    pub const ALL: [Self; 4] = [Self::Board, Self::Signals, Self::Table, Self::Canvas];

    /// The name on the tab.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::Signals => "Signals",
            Self::Table => "Table",
            Self::Canvas => "Canvas",
        }
    }
}

/// Which of the two looks to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Appearance {
    /// What the desktop asks for.
    #[default]
    System,
    /// Always dark.
    Dark,
    /// Always light.
    Light,
}
