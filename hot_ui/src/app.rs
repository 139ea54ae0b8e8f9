//! The module itself: which page is shown, and what goes on by itself.
//!
//! Owns: what can be made again after a reload (generated rows, GL objects, the clock).

use crate::rows::Rows;
use crate::style::{self, Palette};
use crate::{board, canvas, canvas::Stone, signals, stats, table};
use hot_api::egui::{self, Button, CentralPanel, Frame, Margin, Panel, Sides, Ui};
use hot_api::{GlCleanup, Module, ModuleFrame, StateSpec, View, tweak};
use state::{App, Appearance, Page};
use std::time::Duration;

/// How often new samples are drawn: enough to look alive, cheap enough for a laptop on battery.
const SIGNALS_PERIOD: Duration = Duration::from_millis(100);

/// How often a spinning stone is drawn.
const SPIN_PERIOD: Duration = Duration::from_millis(33);

/// A longer gap between two frames is a stall and not part of any movement.
const STEP_SECONDS_MAX: f64 = 0.5;

/// The demo application.
#[derive(Default)]
pub struct HotUi {
    rows: Rows,
    stone: Stone,
    last_seconds: Option<f64>,
}

impl Module for HotUi {
    type State = App;
    const STATE: &'static StateSpec<App> = &state::STATE;
    const VIEWS: &'static [View<Self>] =
        &[View { name: "stats", ui: |_, app, ui, _| stats::show(ui, app) }];

    fn setup(&mut self, ctx: &egui::Context) {
        style::apply(ctx);
    }

    fn logic(&mut self, app: &mut App, ctx: &egui::Context, _frame: &mut ModuleFrame<'_>) {
        self.advance(app, ctx);
    }

    fn ui(&mut self, app: &mut App, ui: &mut Ui, frame: &mut ModuleFrame<'_>) {
        self.show(app, ui, frame.generation());
    }

    fn gl_cleanup(&mut self) -> Option<GlCleanup> {
        let stone = self.stone.clone();
        Some(Box::new(move |gl| stone.delete(gl)))
    }
}

impl HotUi {
    /// Lets time pass for the page on screen. Other pages stand still and ask for no frames, so
    /// that an application nobody looks at costs nothing.
    pub(crate) fn advance(&mut self, app: &mut App, ctx: &egui::Context) {
        let step = match app.page {
            Page::Signals if app.signals.running => SIGNALS_PERIOD,
            Page::Canvas if app.canvas.spinning => SPIN_PERIOD,
            _ => {
                // Time that passes while everything stands still must not count afterwards.
                self.last_seconds = None;
                return;
            }
        };
        let seconds = self.step_seconds(ctx);
        if app.page == Page::Signals {
            app.signals.advance(seconds);
        } else {
            // Faster or slower than its own speed, for all stones.
            app.canvas.advance(seconds * tweak!(1.0));
        }
        ctx.request_repaint_after(step);
    }

    /// How long ago the last frame was. By egui's clock, which stands still while nothing is drawn
    /// and can be replayed.
    fn step_seconds(&mut self, ctx: &egui::Context) -> f32 {
        let now = ctx.input(|input| input.time);
        let last = self.last_seconds.replace(now).unwrap_or(now);
        (now - last).clamp(0.0, STEP_SECONDS_MAX) as f32
    }

    /// Draws the bar of tabs and the page below it. Generation 0 is an application of its own.
    pub(crate) fn show(&mut self, app: &mut App, ui: &mut Ui, generation: u64) {
        style::choose(ui.ctx(), app.appearance);
        let palette = Palette::of(ui);
        let bar = Frame::new().fill(palette.raised).inner_margin(tweak!(Margin::symmetric(12, 8)));
        Panel::top("tabs").frame(bar).show(ui, |ui| {
            Sides::new().show(
                ui,
                |ui| tabs(ui, &mut app.page),
                |ui| {
                    appearance(ui, &mut app.appearance);
                    if generation > 0 {
                        ui.weak(format!("generation {generation}"));
                    }
                },
            );
        });
        let page = Frame::new().fill(palette.ground).inner_margin(tweak!(Margin::same(12)));
        CentralPanel::default().frame(page).show(ui, |ui| match app.page {
            Page::Board => board::show(ui, &mut app.board),
            Page::Signals => signals::show(ui, &mut app.signals),
            Page::Table => table::show(ui, &mut app.table, &mut self.rows),
            Page::Canvas => canvas::show(ui, &mut app.canvas, &self.stone),
        });
    }
}

fn tabs(ui: &mut Ui, page: &mut Page) {
    for tab in Page::ALL {
        let button = Button::selectable(*page == tab, tab.name());
        if ui.add(button.min_size(tweak!(egui::vec2(72.0, 0.0)))).clicked() {
            *page = tab;
        }
    }
}

/// Laid out from right to left.
fn appearance(ui: &mut Ui, appearance: &mut Appearance) {
    for (value, name) in
        [(Appearance::Light, "Light"), (Appearance::Dark, "Dark"), (Appearance::System, "System")]
    {
        ui.selectable_value(appearance, value, name);
    }
}
