//! How the shell's own parts look.
//!
//! Owns: sizes, spacing and colours of the dashboard and the error panel. Never: draws.
//!
//! It is set on the host's `Context`; modules have contexts and styles of their own.

use egui::{
    Color32, Context, FontFamily, FontId, Frame, Margin, Stroke, TextStyle, Ui, Vec2, Visuals,
};

/// Height of the dashboard's content in points; it never changes, so that nothing below it jumps.
pub(super) const BAR_HEIGHT: f32 = 24.0;

/// Thickness of bars for progress and latency, in points.
pub(super) const GAUGE_HEIGHT: f32 = 8.0;

/// Share of the tint over a failed module; the picture below stays readable.
const TINT_ALPHA: u8 = 46;

/// Sets the shell's style for dark and light alike.
pub(super) fn apply(ctx: &Context) {
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    ctx.all_styles_mut(|style| {
        style.text_styles.extend([
            (TextStyle::Small, proportional(11.0)),
            (TextStyle::Body, proportional(13.0)),
            (TextStyle::Button, proportional(13.0)),
            (TextStyle::Heading, proportional(15.0)),
            (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        ]);
        if !style.visuals.dark_mode {
            // The default is too pale for small text on white.
            style.visuals.hyperlink_color = Colors::LIGHT.busy;
            // Without it an empty checkbox can hardly be seen.
            style.visuals.widgets.inactive.bg_stroke = Stroke::new(1.0, Colors::LIGHT.track);
        }
        style.spacing.item_spacing = Vec2::new(8.0, 5.0);
        style.spacing.button_padding = Vec2::new(8.0, 2.0);
        style.spacing.interact_size.y = 22.0;
    });
}

/// What surrounds the dashboard.
pub(super) fn bar_frame(ui: &Ui) -> Frame {
    Frame::side_top_panel(ui.style()).inner_margin(Margin::symmetric(8, 4))
}

/// The colours that carry a meaning, for one ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colors {
    /// All is well.
    pub(super) good: Color32,
    /// Something is being done.
    pub(super) busy: Color32,
    /// Something waits for the user.
    pub(super) waiting: Color32,
    /// Something failed.
    pub(super) bad: Color32,
    /// The empty part of a gauge.
    pub(super) track: Color32,
    /// One for each stage of a reload, in their order; neighbours differ in hue and lightness.
    pub(super) stages: [Color32; 7],
}

impl Colors {
    /// Those that suit the style in use.
    pub(super) fn of(visuals: &Visuals) -> Self {
        if visuals.dark_mode { Self::DARK } else { Self::LIGHT }
    }

    const DARK: Self = Self {
        good: Color32::from_rgb(0x3f, 0xb9, 0x50),
        busy: Color32::from_rgb(0x58, 0xa6, 0xff),
        waiting: Color32::from_rgb(0xe3, 0xb3, 0x41),
        bad: Color32::from_rgb(0xff, 0x7b, 0x72),
        track: Color32::from_gray(58),
        stages: [
            Color32::from_rgb(0x9a, 0xa4, 0xb2),
            Color32::from_rgb(0xe0, 0x8b, 0x3e),
            Color32::from_rgb(0xb3, 0x8c, 0xf0),
            Color32::from_rgb(0x4f, 0x9d, 0xe8),
            Color32::from_rgb(0xf0, 0xd0, 0x60),
            Color32::from_rgb(0x36, 0xa3, 0x9a),
            Color32::from_rgb(0xf2, 0x86, 0xb2),
        ],
    };

    const LIGHT: Self = Self {
        good: Color32::from_rgb(0x1a, 0x7f, 0x37),
        busy: Color32::from_rgb(0x0b, 0x5f, 0xcf),
        waiting: Color32::from_rgb(0x8a, 0x5a, 0x00),
        bad: Color32::from_rgb(0xc0, 0x1c, 0x28),
        track: Color32::from_gray(212),
        stages: [
            Color32::from_rgb(0x6e, 0x77, 0x81),
            Color32::from_rgb(0xd9, 0x73, 0x1a),
            Color32::from_rgb(0x85, 0x50, 0xd8),
            Color32::from_rgb(0x0a, 0x8b, 0xdc),
            Color32::from_rgb(0xc2, 0x94, 0x00),
            Color32::from_rgb(0x12, 0x85, 0x7a),
            Color32::from_rgb(0xcf, 0x3f, 0x83),
        ],
    };
}

/// What lies over a module whose newest code failed.
pub(super) fn tint_fill() -> Color32 {
    Color32::from_rgba_unmultiplied(0xdc, 0x26, 0x26, TINT_ALPHA)
}

/// What frames it.
pub(super) const TINT_EDGE: Color32 = Color32::from_rgb(0xdc, 0x26, 0x26);

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Rgba;

    #[test]
    fn neighbouring_stages_can_be_told_apart() {
        for colors in [Colors::DARK, Colors::LIGHT] {
            for pair in colors.stages.windows(2) {
                let [one, other] = [0, 1].map(|index| Rgba::from(pair[index]));
                let distance = (one.r() - other.r()).abs()
                    + (one.g() - other.g()).abs()
                    + (one.b() - other.b()).abs();
                assert!(distance > 0.4, "{pair:?} are {distance} apart");
            }
        }
    }

    #[test]
    fn the_tint_hides_nothing() {
        let alpha = f32::from(tint_fill().a()) / 255.0;
        assert!((0.15..0.2).contains(&alpha), "alpha is {alpha}");
    }
}
