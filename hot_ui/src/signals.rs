//! The page of the live plot: settings to the left, the plot to the right.

use crate::style::Palette;
use crate::widgets::{controls, slider};
use egui_plot::{AxisHints, Corner, Legend, Line, Plot, PlotPoints};
use hot_api::egui::{RichText, Ui, vec2};
use state::{Signals, WINDOW_SECONDS_MAX, Wave};

/// The shortest stretch of time the plot can show, in seconds.
const WINDOW_SECONDS_MIN: f32 = 2.0;

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, signals: &mut Signals) {
    controls(ui, |ui| settings(ui, signals));
    plot(ui, signals);
}

fn settings(ui: &mut Ui, signals: &mut Signals) {
    ui.horizontal(|ui| {
        if ui.button(if signals.running { "Pause" } else { "Resume" }).clicked() {
            signals.running = !signals.running;
        }
        if ui.button("Clear samples").clicked() {
            signals.clear();
        }
    });
    let window = WINDOW_SECONDS_MIN..=WINDOW_SECONDS_MAX;
    slider(ui, "Window", "Window", &mut signals.window_seconds, window, " s");
    for (n, wave) in signals.waves.iter_mut().enumerate() {
        ui.separator();
        wave_settings(ui, n, wave);
    }
}

fn wave_settings(ui: &mut Ui, n: usize, wave: &mut Wave) {
    let colour = Palette::of(ui).series(n);
    ui.checkbox(&mut wave.shown, RichText::new(&wave.name).strong().color(colour));
    let name = |what: &str| format!("{} {what}", wave.name);
    let (frequency, amplitude, noise) = (name("frequency"), name("amplitude"), name("noise"));
    slider(ui, "Frequency", frequency, &mut wave.frequency_hz, 0.05..=2.0, " Hz");
    slider(ui, "Amplitude", amplitude, &mut wave.amplitude, 0.0..=2.0, "");
    slider(ui, "Noise", noise, &mut wave.noise, 0.0..=1.0, "");
}

fn plot(ui: &mut Ui, signals: &Signals) {
    let now = signals.now_seconds();
    // The first samples fill the plot from the left; later ones push it along.
    let end = now.max(f64::from(signals.window_seconds));
    let start = end - f64::from(signals.window_seconds);
    let paused = !signals.running;
    let palette = Palette::of(ui);
    let seconds = AxisHints::new_x().label("seconds of sampling").label_spacing(24.0..=48.0);
    Plot::new("signals")
        .legend(Legend::default().position(Corner::LeftTop).follow_insertion_order(true))
        .grid_color(palette.line)
        .custom_x_axes(vec![seconds])
        .set_margin_fraction(vec2(0.0, 0.05))
        // While it runs the plot follows the samples; a paused one can be explored.
        .allow_drag(paused)
        .allow_zoom(paused)
        .allow_scroll(paused)
        .allow_boxed_zoom(paused)
        .show(ui, |plot| {
            for (n, wave) in signals.waves.iter().enumerate().filter(|(_, wave)| wave.shown) {
                let points: PlotPoints<'_> =
                    signals.points(wave).filter(|[x, _]| paused || *x >= start).collect();
                let line = Line::new(wave.name.clone(), points);
                plot.line(line.color(palette.series(n)).width(1.8));
            }
            if signals.running {
                let limit = limit(signals);
                plot.set_plot_bounds_x(start..=end);
                plot.set_plot_bounds_y(-limit..=limit);
            }
        });
}

/// A height that fits everything the settings allow, so that the axis does not jump about.
fn limit(signals: &Signals) -> f64 {
    let shown = signals.waves.iter().filter(|wave| wave.shown);
    let peak = shown.map(|wave| wave.amplitude + wave.noise).fold(0.2, f32::max);
    f64::from(peak) * 1.15
}
