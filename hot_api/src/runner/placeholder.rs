//! What is shown in place of a paint callback that cannot be painted.
//!
//! The host paints with OpenGL. A callback for another renderer, such as one of wgpu, would leave a hole.

use egui::epaint::{ClippedShape, PaintCallback, Shape, StrokeKind};
use egui::{Color32, Context, FontId, Stroke, Vec2};

#[cfg(feature = "glow")]
const WHY: &str = "Not painted in a module: a paint callback that is no egui_glow::CallbackFn, such as one of wgpu. \
                   The application's own program paints it.";
#[cfg(not(feature = "glow"))]
const WHY: &str = "Not painted in a module: a paint callback. Those of OpenGL need the feature `glow` of hot_api; the \
                   application's own program paints it.";

const MARGIN: Vec2 = Vec2::splat(8.0);
const FILL: Color32 = Color32::from_rgb(48, 48, 48);
const TEXT: Color32 = Color32::from_rgb(220, 220, 220);

/// Replaces what cannot be painted; whether there was anything. Its letters may reach the texture with the next frame
/// only, so ask for one when there was something for the first time.
pub(super) fn replace_unpaintable(ctx: &Context, shapes: &mut [ClippedShape]) -> bool {
    let mut found = false;
    for ClippedShape { shape, .. } in shapes {
        replace(ctx, shape, &mut found);
    }
    found
}

fn replace(ctx: &Context, shape: &mut Shape, found: &mut bool) {
    match shape {
        Shape::Vec(shapes) => shapes.iter_mut().for_each(|shape| replace(ctx, shape, found)),
        Shape::Callback(callback) if !can_paint(callback) => {
            *found = true;
            *shape = placeholder(ctx, callback);
        }
        _ => {}
    }
}

fn can_paint(callback: &PaintCallback) -> bool {
    #[cfg(feature = "glow")]
    return callback.callback.is::<egui_glow::CallbackFn>();
    #[cfg(not(feature = "glow"))]
    {
        let _ = callback;
        false
    }
}

fn placeholder(ctx: &Context, callback: &PaintCallback) -> Shape {
    let rect = callback.rect;
    let inner = rect.shrink2(MARGIN);
    let galley = ctx.fonts_mut(|fonts| {
        fonts.layout(WHY.to_owned(), FontId::proportional(13.0), TEXT, inner.width().max(0.0))
    });
    Shape::Vec(vec![
        Shape::rect_filled(rect, 0.0, FILL),
        Shape::rect_stroke(rect, 0.0, Stroke::new(1.0, TEXT), StrokeKind::Inside),
        Shape::galley(inner.min, galley, TEXT),
    ])
}
