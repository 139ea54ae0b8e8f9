//! How the application looks: one palette for dark and one for light, and egui styles made of them.
//!
//! Styles are not part of a snapshot, so an edit here shows at the next reload.

use hot_api::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Theme,
    ThemePreference, Ui, Visuals, vec2,
};
use state::Appearance;

/// Corner radius of buttons, fields and cards, in points.
pub(crate) const RADIUS: u8 = 6;

/// The colours of one theme, named after their use.
pub(crate) struct Palette {
    /// Behind everything.
    pub(crate) ground: Color32,
    /// Bars, columns and groups on the ground.
    pub(crate) raised: Color32,
    /// Cards on something raised.
    pub(crate) card: Color32,
    /// What text is typed into.
    pub(crate) field: Color32,
    /// Buttons.
    pub(crate) button: Color32,
    /// Buttons under the pointer.
    pub(crate) hovered: Color32,
    /// Borders and separators.
    pub(crate) line: Color32,
    /// Text.
    pub(crate) text: Color32,
    /// Text that may be overlooked.
    pub(crate) faint: Color32,
    /// Selection, focus, links.
    pub(crate) accent: Color32,
    /// Behind what is selected.
    pub(crate) accent_ground: Color32,
    /// All is well.
    pub(crate) good: Color32,
    /// Worth a look.
    pub(crate) warn: Color32,
    /// Needs a hand.
    pub(crate) bad: Color32,
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(0x14, 0x16, 0x1b),
    raised: Color32::from_rgb(0x1c, 0x1f, 0x26),
    card: Color32::from_rgb(0x27, 0x2b, 0x34),
    field: Color32::from_rgb(0x10, 0x12, 0x16),
    button: Color32::from_rgb(0x2d, 0x32, 0x3d),
    hovered: Color32::from_rgb(0x38, 0x3f, 0x4c),
    line: Color32::from_rgb(0x38, 0x3e, 0x4a),
    text: Color32::from_rgb(0xdd, 0xe1, 0xe8),
    faint: Color32::from_rgb(0x9a, 0xa3, 0xb2),
    accent: Color32::from_rgb(0x6c, 0xb6, 0xff),
    accent_ground: Color32::from_rgb(0x1f, 0x3d, 0x60),
    good: Color32::from_rgb(0x5f, 0xc9, 0x8b),
    warn: Color32::from_rgb(0xe8, 0xb0, 0x4b),
    bad: Color32::from_rgb(0xf2, 0x74, 0x6b),
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(0xf7, 0xf8, 0xfa),
    raised: Color32::from_rgb(0xec, 0xee, 0xf2),
    card: Color32::WHITE,
    field: Color32::WHITE,
    button: Color32::from_rgb(0xe2, 0xe5, 0xeb),
    hovered: Color32::from_rgb(0xd5, 0xda, 0xe3),
    line: Color32::from_rgb(0xcd, 0xd2, 0xdb),
    text: Color32::from_rgb(0x1d, 0x22, 0x2c),
    faint: Color32::from_rgb(0x56, 0x5f, 0x70),
    accent: Color32::from_rgb(0x0b, 0x5c, 0xc4),
    accent_ground: Color32::from_rgb(0xcf, 0xe2, 0xfb),
    good: Color32::from_rgb(0x1a, 0x7f, 0x4b),
    warn: Color32::from_rgb(0x9a, 0x64, 0x00),
    bad: Color32::from_rgb(0xc2, 0x2f, 0x26),
};

impl Palette {
    /// The palette of the theme in use.
    pub(crate) fn of(ui: &Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }

    /// A colour for the nth of several equal things, such as lines of a plot.
    pub(crate) fn series(&self, n: usize) -> Color32 {
        [self.accent, self.warn, self.good, self.bad][n % 4]
    }
}

/// Sets both themes.
pub(crate) fn apply(ctx: &egui::Context) {
    ctx.style_mut_of(Theme::Dark, |style| set(style, &DARK, Visuals::dark()));
    ctx.style_mut_of(Theme::Light, |style| set(style, &LIGHT, Visuals::light()));
}

/// Uses the theme the user chose.
pub(crate) fn choose(ctx: &egui::Context, appearance: Appearance) {
    ctx.set_theme(match appearance {
        Appearance::System => ThemePreference::System,
        Appearance::Dark => ThemePreference::Dark,
        Appearance::Light => ThemePreference::Light,
    });
}

fn set(style: &mut Style, palette: &Palette, visuals: Visuals) {
    style.visuals = colours(palette, visuals);
    let font = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, font(12.0)),
        (TextStyle::Body, font(14.0)),
        (TextStyle::Button, font(14.0)),
        (TextStyle::Heading, font(19.0)),
        (TextStyle::Monospace, FontId::monospace(13.0)),
    ]
    .into();
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(10.0, 4.0);
    style.spacing.interact_size.y = 26.0;
    style.spacing.window_margin = Margin::same(10);
    style.spacing.scroll.floating_allocated_width = 6.0;
    style.animation_time = 0.08;
}

fn colours(palette: &Palette, mut visuals: Visuals) -> Visuals {
    visuals.panel_fill = palette.ground;
    visuals.window_fill = palette.raised;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = palette.field;
    visuals.faint_bg_color = palette.raised;
    visuals.code_bg_color = palette.button;
    visuals.weak_text_color = Some(palette.faint);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.selection.bg_fill = palette.accent_ground;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.slider_trailing_fill = true;

    let widgets = &mut visuals.widgets;
    for (widget, fill, border, text) in [
        (&mut widgets.noninteractive, palette.ground, palette.line, palette.text),
        (&mut widgets.inactive, palette.button, palette.line, palette.text),
        (&mut widgets.hovered, palette.hovered, palette.faint, palette.text),
        (&mut widgets.active, palette.accent_ground, palette.accent, palette.text),
        (&mut widgets.open, palette.hovered, palette.line, palette.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, border);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(RADIUS);
        widget.expansion = 0.0;
    }
    visuals
}
