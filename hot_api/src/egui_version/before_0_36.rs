//! Before egui 0.36.

use crate::abi::wire::read_named;
use egui::output::IMEOutput;
use egui::{IMEPurpose, Modifiers, Rect};
use serde::{Deserialize, Serialize};

#[cfg(feature = "module")]
use egui::epaint::{ImageDelta, textures::TexturesDelta};
#[cfg(feature = "module")]
use egui::{
    Context, DroppedFile, Event, Id, PlatformOutput, RawInput, TextureId, ViewportCommand,
    ViewportId,
};

/// Where text is edited, as it crosses the boundary: newer versions know more of it.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn ime_form(ime: &IMEOutput) -> impl Serialize + use<> {
    NewerIme {
        purpose: IMEPurpose::Normal,
        rect: ime.rect,
        cursor_rect: ime.cursor_rect,
        #[cfg(not(feature = "egui_0_34"))]
        should_interrupt_composition: ime.should_interrupt_composition,
        #[cfg(feature = "egui_0_34")]
        should_interrupt_composition: false,
    }
}

/// Reads what [`ime_form`] gave.
#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) fn read_ime(payload: &[u8]) -> Option<IMEOutput> {
    let ime: NewerIme = read_named(payload)?;
    Some(IMEOutput {
        rect: ime.rect,
        cursor_rect: ime.cursor_rect,
        #[cfg(not(feature = "egui_0_34"))]
        should_interrupt_composition: ime.should_interrupt_composition,
    })
}

/// [`IMEOutput`] of egui 0.37.
#[derive(Serialize, Deserialize)]
struct NewerIme {
    purpose: IMEPurpose,
    rect: Rect,
    cursor_rect: Rect,
    should_interrupt_composition: bool,
}

/// Reads the modifiers that are held: newer versions have an event for them.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn read_modifiers(payload: &[u8]) -> Option<Modifiers> {
    let NewerEvent::ModifiersChanged(modifiers) = read_named(payload)?;
    Some(modifiers)
}

#[derive(Deserialize)]
enum NewerEvent {
    ModifiersChanged(Modifiers),
}

/// Puts the modifiers that are held beside the events: those that the host told, or those of the last frame.
#[cfg(feature = "module")]
pub(crate) fn hold_modifiers(ctx: &Context, raw: &mut RawInput, held: Option<Modifiers>) {
    // Who has lost the focus does not see them let go.
    let is_lost = raw.events.contains(&Event::WindowFocused(false));
    let last = || if is_lost { Modifiers::NONE } else { ctx.input(|input| input.modifiers) };
    raw.modifiers = held.unwrap_or_else(last);
}

/// A file that was dropped on the window.
#[cfg(feature = "module")]
pub(crate) fn dropped_file(path: std::path::PathBuf) -> DroppedFile {
    DroppedFile { path: Some(path), ..DroppedFile::default() }
}

/// Takes the textures to set out of `delta`, in order.
#[cfg(feature = "module")]
pub(crate) fn drain_set(
    delta: &mut TexturesDelta,
) -> impl Iterator<Item = (TextureId, ImageDelta)> {
    delta.set.drain(..)
}

/// Takes the textures to free out of `delta`.
#[cfg(feature = "module")]
pub(crate) fn drain_free(delta: &mut TexturesDelta) -> impl Iterator<Item = TextureId> {
    delta.free.drain(..)
}

/// How many commands the logic has given since the last pass, which has them still.
#[cfg(feature = "module")]
#[derive(Clone, Copy, Default)]
struct Told(usize);

#[cfg(feature = "module")]
fn told_id() -> Id {
    Id::new("hot_api logic")
}

/// Runs `logic` between passes; what it asks of the platform and of the window. What a pass changes of the textures
/// comes to `textures`.
#[cfg(feature = "module")]
pub(crate) fn run_logic(
    ctx: &Context,
    raw: &RawInput,
    textures: &mut TexturesDelta,
    logic: &mut dyn FnMut(&Context),
) -> (PlatformOutput, Vec<ViewportCommand>) {
    let mut commands = Vec::new();
    if ctx.data(|data| data.get_temp::<Told>(told_id())).is_some() {
        commands = pass_unseen(ctx, raw, textures);
    }
    ctx.input_mut(|input| {
        input.raw.viewports.clone_from(&raw.viewports);
        input.raw.focused = raw.focused;
    });
    logic(ctx);
    let given = ctx.viewport(|viewport| viewport.commands.clone());
    ctx.data_mut(|data| data.insert_temp(told_id(), Told(given.len())));
    commands.extend(given);
    (ctx.output_mut(std::mem::take), commands)
}

/// Of the commands that a pass gave, those that [`run_logic`] has not given before.
#[cfg(feature = "module")]
pub(crate) fn commands_of_pass(
    ctx: &Context,
    mut commands: Vec<ViewportCommand>,
) -> Vec<ViewportCommand> {
    let told = ctx.data_mut(|data| data.remove_temp::<Told>(told_id()));
    let Told(count) = told.unwrap_or_default();
    commands.drain(..count.min(commands.len()));
    commands
}

/// Ends what the logic has begun when no frame has followed, as in a hidden window: until a pass begins, this egui
/// takes a further request to repaint for one that is answered already, and keeps its commands. Nothing is drawn, and
/// nothing is forgotten for that.
#[cfg(feature = "module")]
fn pass_unseen(
    ctx: &Context,
    raw: &RawInput,
    textures: &mut TexturesDelta,
) -> Vec<ViewportCommand> {
    let memory = ctx.memory(Clone::clone);
    let modifiers = ctx.input(|input| input.modifiers);
    let unseen = RawInput { screen_rect: None, modifiers, events: Vec::new(), ..raw.clone() };
    let mut output = ctx.run_ui(unseen, |_| {});
    textures.append(output.textures_delta);
    ctx.memory_mut(|slot| *slot = memory);
    ctx.output_mut(|next| next.commands.append(&mut output.platform_output.commands));
    let window = output.viewport_output.remove(&ViewportId::ROOT);
    commands_of_pass(ctx, window.map(|window| window.commands).unwrap_or_default())
}

#[cfg(all(test, feature = "module"))]
mod tests {
    use super::*;
    use crate::abi::wire::{InputItem, Skipped, decode_input};
    use crate::egui_version::samples::newer_input;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn pass(ctx: &Context, raw: RawInput) -> Vec<ViewportCommand> {
        let mut output = ctx.run_ui(raw, |_| {});
        let window = output.viewport_output.remove(&ViewportId::ROOT);
        commands_of_pass(ctx, window.expect("there is one").commands)
    }

    #[test]
    fn logic_without_frames_repeats_requests_and_tells_each_command_once() {
        let ctx = Context::default();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        ctx.set_request_repaint_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let mut textures = TexturesDelta::default();
        let mut logic = |title: &str| {
            let before = requests.load(Ordering::Relaxed);
            let mut logic = |ctx: &Context| {
                ctx.send_viewport_cmd(ViewportCommand::Title(title.to_owned()));
            };
            let told = run_logic(&ctx, &RawInput::default(), &mut textures, &mut logic).1;
            assert_eq!(told, [ViewportCommand::Title(title.to_owned())]);
            assert!(requests.load(Ordering::Relaxed) > before, "{title} is not asked for");
        };
        assert_eq!(pass(&ctx, RawInput::default()), []);
        // Two passes answer one request.
        assert_eq!(pass(&ctx, RawInput::default()), []);
        let focused = Id::new("focused");
        ctx.memory_mut(|memory| memory.request_focus(focused));
        ["one", "two", "three"].into_iter().for_each(&mut logic);
        assert_eq!(ctx.memory(egui::Memory::focused), Some(focused), "nothing was drawn");
        ctx.send_viewport_cmd(ViewportCommand::Focus);
        assert_eq!(pass(&ctx, RawInput::default()), [ViewportCommand::Focus]);
        assert_eq!(pass(&ctx, RawInput::default()), []);
    }

    #[test]
    fn modifiers_are_held_until_the_host_tells_others_or_the_focus_is_lost() {
        #[derive(Serialize)]
        enum Newer {
            ModifiersChanged(Modifiers),
        }
        let (items, skipped) = decode_input(&newer_input(&Newer::ModifiersChanged(Modifiers::ALT)));
        let [InputItem::Modifiers(told)] = items[..] else { panic!("{items:?}") };
        assert_eq!((told, skipped), (Modifiers::ALT, Skipped(0)));
        let ctx = Context::default();
        let frame = |held, events: &[Event]| {
            let mut raw = RawInput { events: events.to_vec(), ..RawInput::default() };
            hold_modifiers(&ctx, &mut raw, held);
            pass(&ctx, raw);
            ctx.input(|input| input.modifiers)
        };
        assert_eq!(frame(Some(told), &[]), told);
        assert_eq!(frame(None, &[Event::Copy]), told);
        assert_eq!(frame(None, &[Event::WindowFocused(false)]), Modifiers::NONE);
    }
}
