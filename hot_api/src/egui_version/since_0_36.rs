//! Since egui 0.36.

use egui::output::IMEOutput;

#[cfg(feature = "module")]
use egui::epaint::{ImageDelta, textures::TexturesDelta};
#[cfg(feature = "module")]
use egui::{Context, DroppedFileHandle, PlatformOutput, RawInput, TextureId, ViewportCommand};

/// Where text is edited, as it crosses the boundary.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn ime_form(ime: &IMEOutput) -> &IMEOutput {
    ime
}

/// Reads what [`ime_form`] gave.
#[cfg(any(feature = "host", test, fuzzing))]
pub(crate) fn read_ime(payload: &[u8]) -> Option<IMEOutput> {
    crate::abi::wire::read_named(payload)
}

/// Reads the modifiers that are held, where that is no event; here it is one.
#[cfg(any(feature = "module", test, fuzzing))]
pub(crate) fn read_modifiers(_payload: &[u8]) -> Option<egui::Modifiers> {
    None
}

/// Held modifiers are an event of their own.
#[cfg(feature = "module")]
pub(crate) fn hold_modifiers(_ctx: &Context, _raw: &mut RawInput, _held: Option<egui::Modifiers>) {}

/// A file that was dropped on the window.
#[cfg(feature = "module")]
pub(crate) fn dropped_file(path: std::path::PathBuf) -> DroppedFileHandle {
    std::sync::Arc::new(DroppedPath(path))
}

/// A dropped file on the module's side: it reads the file itself.
#[cfg(feature = "module")]
#[derive(Debug)]
struct DroppedPath(std::path::PathBuf);

#[cfg(feature = "module")]
impl egui::DroppedFile for DroppedPath {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| format!("{}: {error}", self.0.display()))
    }
}

/// Takes the textures to set out of `delta`, those of one id in order.
#[cfg(feature = "module")]
pub(crate) fn drain_set(
    delta: &mut TexturesDelta,
) -> impl Iterator<Item = (TextureId, ImageDelta)> {
    delta.set.drain().flat_map(|(id, deltas)| deltas.into_iter().map(move |delta| (id, delta)))
}

/// Takes the textures to free out of `delta`.
#[cfg(feature = "module")]
pub(crate) fn drain_free(delta: &mut TexturesDelta) -> impl Iterator<Item = TextureId> {
    delta.free.drain()
}

/// Runs `logic` between passes; what it asks of the platform and of the windows. What a pass changes of the textures
/// comes to `_textures`.
#[cfg(feature = "module")]
pub(crate) fn run_logic(
    ctx: &Context,
    raw: &RawInput,
    _textures: &mut TexturesDelta,
    logic: &mut dyn FnMut(&Context),
) -> (PlatformOutput, Vec<ViewportCommand>) {
    let output = ctx.run_logic(raw, logic);
    (output.platform_output, output.viewport_commands.into_values().flatten().collect())
}

/// Of the commands that a pass gave, those that [`run_logic`] has not given before.
#[cfg(feature = "module")]
pub(crate) fn commands_of_pass(
    _ctx: &Context,
    commands: Vec<ViewportCommand>,
) -> Vec<ViewportCommand> {
    commands
}
