//! Which of the window's input goes to a module's view, and in what form.
//!
//! Owns: where pointer and keyboard belong. Produces: item streams in pixels of the view. Never:
//! lets a press begin in one place and its release go unseen in another.

use egui::{Context, Event, LayerId, Order, Pos2, Rect, Vec2};
use hot_api::abi::wire::{InputItem, ItemWriter, scale_event};

/// What one view has seen of the pointer.
#[derive(Debug, Default)]
pub(super) struct InputRoute {
    /// The pointer was over the view.
    inside: bool,
    /// Buttons that were pressed inside and are still down: moves and releases follow the press.
    held: u32,
}

/// Where a view is and what belongs to it this frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The view's area in the host's points, on whole pixels.
    pub(super) rect: Rect,
    /// The layer it is drawn on; windows above it take the pointer.
    pub(super) layer: LayerId,
    /// Whether key presses and text go to it.
    pub(super) has_keyboard: bool,
}

impl Place {
    /// From the window's points to the view's.
    fn local(&self, pos: Pos2) -> Pos2 {
        pos - self.rect.min.to_vec2()
    }

    fn is_over(&self, ctx: &Context, pos: Pos2) -> bool {
        let covered = ctx
            .layer_id_at(pos)
            .is_some_and(|layer| layer != self.layer && layer.order != Order::Background);
        self.rect.contains(pos) && !covered
    }
}

impl InputRoute {
    /// The events of this frame that are the view's, and how things stand besides.
    pub(super) fn collect(&mut self, ctx: &Context, place: Place) -> (Vec<u8>, Vec<u8>) {
        let pixels_per_point = ctx.pixels_per_point();
        let mut items = ItemWriter::default();
        let mut push = |mut event: Event| {
            scale_event(&mut event, pixels_per_point);
            InputItem::Event(event).encode(&mut items);
        };
        let events = ctx.input(|input| input.events.clone());
        for event in events {
            for event in self.route(ctx, place, event).into_iter().flatten() {
                push(event);
            }
        }
        self.push_files(ctx, place, &mut items);
        let viewport = ctx.input(|input| input.viewport().clone());
        InputItem::Viewport(Box::new(viewport)).encode(&mut items);
        (items.into_bytes(), self.standing(ctx, place))
    }

    /// At most two events come of one: a pointer that leaves is told so.
    fn route(&mut self, ctx: &Context, place: Place, event: Event) -> [Option<Event>; 2] {
        match event {
            Event::PointerMoved(pos) => self.route_move(place.is_over(ctx, pos), place.local(pos)),
            Event::PointerButton { pos, button, pressed, modifiers } => {
                let over = place.is_over(ctx, pos);
                let bit = 1 << (button as u32);
                let ours = if pressed { over } else { self.held & bit != 0 || over };
                if pressed && over {
                    self.held |= bit;
                } else {
                    self.held &= !bit;
                }
                let local =
                    Event::PointerButton { pos: place.local(pos), button, pressed, modifiers };
                let left = (!pressed && !over && self.inside && self.held == 0)
                    .then_some(Event::PointerGone);
                self.inside &= left.is_none();
                [ours.then_some(local), left]
            }
            Event::PointerGone => {
                let gone = std::mem::take(&mut self.inside).then_some(Event::PointerGone);
                [gone, None]
            }
            Event::Touch { device_id, id, phase, pos, force } => {
                let ours = place.is_over(ctx, pos) || self.held != 0;
                let pos = place.local(pos);
                [ours.then_some(Event::Touch { device_id, id, phase, pos, force }), None]
            }
            Event::MiddleClickPaste { pos, text } => {
                let ours = place.is_over(ctx, pos);
                [ours.then(|| Event::MiddleClickPaste { pos: place.local(pos), text }), None]
            }
            Event::MouseWheel { .. } | Event::Zoom(_) | Event::Rotate(_) | Event::MouseMoved(_) => {
                [self.inside.then_some(event), None]
            }
            Event::WindowFocused(_) | Event::ModifiersChanged(_) => [Some(event), None],
            // The tree that the request is about is translated in `accesskit`.
            Event::AccessKitActionRequest(_) => [None, None],
            Event::Copy
            | Event::Cut
            | Event::Paste(_)
            | Event::PasteImage(_)
            | Event::Text(_)
            | Event::Key { .. }
            | Event::Ime(_) => {
                // A key that goes up is always told, or it would be down for ever.
                let released = matches!(event, Event::Key { pressed: false, .. });
                [(place.has_keyboard || released).then_some(event), None]
            }
        }
    }

    fn route_move(&mut self, over: bool, local: Pos2) -> [Option<Event>; 2] {
        if over || self.held != 0 {
            self.inside = true;
            return [Some(Event::PointerMoved(local)), None];
        }
        [std::mem::take(&mut self.inside).then_some(Event::PointerGone), None]
    }

    fn push_files(&self, ctx: &Context, place: Place, items: &mut ItemWriter) {
        let (hovered, dropped, pos) = ctx.input(|input| {
            let raw = &input.raw;
            (raw.hovered_files.clone(), raw.dropped_files.clone(), input.pointer.latest_pos())
        });
        // Some systems do not say where a file is dropped; then it is for whoever has the keyboard.
        if !pos.map_or(place.has_keyboard, |pos| place.is_over(ctx, pos)) {
            return;
        }
        for file in hovered {
            InputItem::HoveredFile(file).encode(items);
        }
        for file in dropped {
            InputItem::DroppedFile(file.path().to_path_buf()).encode(items);
        }
    }

    /// For a generation that has not seen how things came to be: pointer, modifiers, window.
    fn standing(&self, ctx: &Context, place: Place) -> Vec<u8> {
        let mut items = ItemWriter::default();
        let (pos, modifiers, viewport) = ctx
            .input(|input| (input.pointer.latest_pos(), input.modifiers, input.viewport().clone()));
        InputItem::Viewport(Box::new(viewport)).encode(&mut items);
        InputItem::Event(Event::ModifiersChanged(modifiers)).encode(&mut items);
        if let (true, Some(pos)) = (self.inside, pos) {
            let mut event = Event::PointerMoved(place.local(pos));
            scale_event(&mut event, ctx.pixels_per_point());
            InputItem::Event(event).encode(&mut items);
        }
        items.into_bytes()
    }

    /// Whether the pointer is over the view or was pressed in it.
    pub(super) fn has_pointer(&self) -> bool {
        self.inside || self.held != 0
    }
}

/// The size of `rect` in physical pixels.
pub(super) fn size_px(rect: Rect, pixels_per_point: f32) -> [f32; 2] {
    let Vec2 { x, y } = rect.size() * pixels_per_point;
    [x.round().max(1.0), y.round().max(1.0)]
}
