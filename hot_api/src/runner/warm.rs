//! egui contexts whose fonts are ready before anybody waits for them.
//!
//! Owns: the contexts that no view has taken yet; statics are per library (`ABI-6`). Produces:
//! [`Warm`]. Never: calls code of the author.
//!
//! The first frame of a new context reads the fonts and draws every letter that it shows into their
//! texture. That takes longer than everything else in a swap, and the window stands still meanwhile.

use egui::epaint::textures::TexturesDelta;
use egui::{Context, RawInput, RichText, TextStyle, ViewportId};
use std::sync::{Mutex, PoisonError};

static READY: Mutex<Vec<Warm>> = Mutex::new(Vec::new());

/// What most texts are made of.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \
                       .,:;!?'\"()[]{}<>+-*/=%#&@_|\u{2026}\u{2013}\u{d7}\u{b5}\u{23f5}";

/// How often each letter is drawn.
const TURNS: usize = 8;

/// A context, and the texture changes of its first pass.
#[derive(Default)]
pub(super) struct Warm {
    pub(super) ctx: Context,
    pub(super) textures: TexturesDelta,
}

impl Drop for Warm {
    fn drop(&mut self) {
        // egui treats forgotten texture changes as a bug of the painter; here nobody paints.
        self.textures.clear();
    }
}

/// Makes so many contexts; they replace those of an earlier call.
pub(super) fn prepare(views: u32, pixels_per_point: f32) {
    let made = (0..views).map(|_| warm(pixels_per_point)).collect();
    drop(std::mem::replace(&mut *lock(), made));
}

/// One of the contexts that are ready, or else a new one.
pub(super) fn take() -> Warm {
    lock().pop().unwrap_or_default()
}

fn lock() -> std::sync::MutexGuard<'static, Vec<Warm>> {
    READY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn warm(pixels_per_point: f32) -> Warm {
    let ctx = Context::default();
    let mut input = RawInput::default();
    let viewport = input.viewports.entry(ViewportId::ROOT).or_default();
    viewport.native_pixels_per_point = Some(pixels_per_point);
    let output = ctx.run_ui(input, |ui| {
        let styles = [
            TextStyle::Small,
            TextStyle::Body,
            TextStyle::Monospace,
            TextStyle::Button,
            TextStyle::Heading,
        ];
        // A letter has several pictures, for where between two pixels it begins; so each is drawn behind
        // others than before.
        let starts = LETTERS.char_indices().step_by(LETTERS.len() / TURNS).map(|(at, _)| at);
        for at in starts {
            let turned = format!("{}{}", &LETTERS[at..], &LETTERS[..at]);
            for style in &styles {
                ui.label(RichText::new(&turned).text_style(style.clone()));
            }
        }
    });
    Warm { ctx, textures: output.textures_delta }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because the contexts that are ready are the process's.
    #[test]
    fn a_warm_context_has_its_letters_and_is_handed_out_once() {
        prepare(1, 2.0);
        let warm = take();
        assert_eq!(warm.ctx.pixels_per_point(), 2.0);
        assert!(!warm.textures.set.is_empty(), "the letters, to be handed to the painter");
        // Pixels that the first frame with a text has for the painter.
        let frame = |ctx: &Context| {
            let mut input = RawInput::default();
            input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point =
                Some(2.0);
            let mut output = ctx.run_ui(input, |ui| drop(ui.label("Some text")));
            let deltas = output.textures_delta.set.values().flatten();
            let sizes = deltas.map(|delta| delta.image.size());
            let pixels: usize = sizes.map(|[width, height]| width * height).sum();
            output.textures_delta.clear();
            pixels
        };
        let (warm, cold) = (frame(&warm.ctx), frame(&take().ctx));
        assert!(warm * 10 < cold, "{warm} pixels are new to a warm context, {cold} to a cold one");
        prepare(2, 1.0);
        prepare(0, 1.0);
        assert!(take().textures.set.is_empty(), "what nobody wants is given back");
    }
}
