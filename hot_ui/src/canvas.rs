//! The page of the stone: its settings, and the place where OpenGL paints it.
//!
//! Owns: the [`Stone`], which carries GL objects from the first paint to their deletion.

use crate::canvas_gl::{Look, Pipeline};
use crate::gem;
use crate::style::Palette;
use crate::widgets::{controls, slider};
use hot_api::egui::{
    Align2, ComboBox, CursorIcon, FontId, PaintCallback, Sense, Ui, WidgetInfo, accesskit::Role,
    ecolor::Hsva, mutex::Mutex, vec2,
};
use hot_api::{egui_glow::CallbackFn, glow, tweak};
use state::{Canvas, Cut};
use std::sync::Arc;

/// The stone's GL objects; made when it is painted for the first time, because only then is
/// there a GL context. Without GL, as in tests, that never happens.
#[derive(Clone, Default)]
pub(crate) struct Stone(Arc<Mutex<Made>>);

#[derive(Default)]
enum Made {
    #[default]
    NotYet,
    Ready(Pipeline),
    Failed(String),
}

impl Stone {
    /// Paints; runs on the thread that owns the GL context.
    fn paint(&self, gl: &glow::Context, look: &Look) {
        let mut made = self.0.lock();
        if let Made::NotYet = *made {
            *made = Pipeline::new(gl).map_or_else(Made::Failed, Made::Ready);
        }
        if let Made::Ready(pipeline) = &*made {
            pipeline.paint(gl, look);
        }
    }

    /// Deletes the GL objects; runs on the thread that owns the GL context.
    pub(crate) fn delete(&self, gl: &glow::Context) {
        if let Made::Ready(pipeline) = std::mem::take(&mut *self.0.lock()) {
            pipeline.delete(gl);
        }
    }

    fn failure(&self) -> Option<String> {
        match &*self.0.lock() {
            Made::Failed(reason) => Some(reason.clone()),
            _ => None,
        }
    }
}

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, canvas: &mut Canvas, stone: &Stone) {
    controls(ui, |ui| settings(ui, canvas));
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Stone"));
    let radians_per_point = tweak!(0.01);
    let drag = response.drag_delta() * radians_per_point;
    canvas.turn(drag.x, drag.y);
    response.on_hover_and_drag_cursor(CursorIcon::Move);

    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, tweak!(8.0), palette.raised);
    let colour = Hsva::new(canvas.hue, tweak!(0.65), tweak!(1.0), 1.0).to_rgb();
    let look = Look {
        planes: gem::planes(canvas),
        colour,
        reach: canvas.size,
        size_px: (rect.size() * ui.pixels_per_point()).into(),
    };
    let painted = stone.clone();
    let callback = CallbackFn::new(move |_info, painter| painted.paint(painter.gl(), &look));
    ui.painter().add(PaintCallback { rect, callback: Arc::new(callback) });

    let text = stone.failure().unwrap_or_else(|| tweak!("Drag to turn").to_owned());
    let corner = rect.left_bottom() + tweak!(vec2(12.0, -10.0));
    let font = FontId::proportional(12.0);
    ui.painter().text(corner, Align2::LEFT_BOTTOM, text, font, palette.faint);
}

fn settings(ui: &mut Ui, canvas: &mut Canvas) {
    let label = ui.label("Cut");
    ComboBox::from_id_salt("cut")
        .selected_text(canvas.cut.name())
        .width(ui.available_width())
        .show_ui(ui, |ui| {
            for cut in Cut::ALL {
                ui.selectable_value(&mut canvas.cut, cut, cut.name());
            }
        })
        .response
        .labelled_by(label.id);
    slider(ui, "Hue", "Hue", &mut canvas.hue, 0.0..=1.0, "");
    slider(ui, "Size", "Size", &mut canvas.size, 0.2..=1.0, "");
    ui.separator();
    ui.checkbox(&mut canvas.spinning, "Spin");
    slider(ui, "Speed", "Speed", &mut canvas.turns_per_minute, -20.0..=20.0, " rpm");
    if ui.button("Reset stone").clicked() {
        *canvas = Canvas::default();
    }
}
