//! The C boundary between host and module: the only types both sides agree on byte for byte.
//!
//! Owns: layouts and constants. Consumes and produces nothing. Never: allocation, egui, serde.
//!
//! The rules are in the [crate documentation](crate) as `ABI-1` to `ABI-8`; every field below says
//! its thread, its owner and how long it lives.

use std::ffi::{c_char, c_void};
use std::mem::{offset_of, size_of};

/// What the build identity in a module's header begins with.
pub const BUILD_PREFIX: &str = "pitstop-build-";

/// The build identity as it is compiled. Whoever loads a copy of the library writes the 64 hexadecimal digits
/// of its BLAKE3 hash over the zeros, and can so read back which build runs.
pub const BUILD_UNSTAMPED: &str =
    "pitstop-build-0000000000000000000000000000000000000000000000000000000000000000";

/// Name of the exported static [`ModuleHeader`].
pub const HEADER_SYMBOL: &[u8] = b"PITSTOP_MODULE\0";
/// First bytes of every header.
pub const MAGIC: [u8; 8] = *b"PITSTOP\0";
/// The version of everything in this file. Raised when a change is not an addition at the end.
pub const ABI_VERSION: u32 = 2;

/// Return codes of module functions.
pub mod code {
    /// Done.
    pub const OK: i32 = 0;
    /// The module's code panicked; the text went through [`HostTable::fault`](super::HostTable).
    pub const FAULT: i32 = 1;
    /// The arguments made no sense (null instance, unknown view, unreadable snapshot).
    pub const REFUSED: i32 = 2;
}

/// What the module does when it panics.
pub mod panic_strategy {
    /// Panics unwind and are caught at the boundary.
    pub const UNWIND: u32 = 0;
    /// Panics end the process: such a module is refused.
    pub const ABORT: u32 = 1;
}

/// A borrowed run of `T` across the boundary. The owner keeps it valid for as long as the field
/// that holds it says.
#[repr(C)]
#[derive(Debug)]
pub struct Slice<T> {
    /// First element; may be dangling (never read) when `len` is 0.
    pub ptr: *const T,
    /// Number of elements.
    pub len: usize,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Slice<T> {}

impl<T> Slice<T> {
    /// Nothing.
    pub const EMPTY: Self = Self { ptr: std::ptr::null(), len: 0 };

    /// Borrows `slice`; the caller keeps it alive.
    #[must_use]
    pub const fn new(slice: &[T]) -> Self {
        Self { ptr: slice.as_ptr(), len: slice.len() }
    }

    /// The elements; none when it is null.
    ///
    /// # Safety
    /// It is null or empty, or points to `len` aligned elements that live and stay unchanged for `'a` (ABI-5).
    #[must_use]
    #[expect(unsafe_code, reason = "the one place where a slice of the boundary is read")]
    pub unsafe fn elements<'a>(self) -> &'a [T] {
        if self.len == 0 || self.ptr.is_null() {
            return &[];
        }
        // SAFETY: promised by the caller.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

// A `Slice` is a pointer and a length; what it may be used for on which thread is said by the
// field that holds it, exactly as for a reference.
#[expect(unsafe_code, reason = "the static header holds slices of 'static data")]
mod sync {
    use super::{ModuleHeader, Slice};
    // SAFETY: ABI-1: a header is immutable static data, and so is everything it points to.
    unsafe impl Sync for ModuleHeader {}
    // SAFETY: only used inside statics whose elements are `Sync` (ABI-1).
    unsafe impl<T: Sync> Sync for Slice<T> {}
}

/// The exported static. Read field by field and checked, one axis at a time, before any function
/// of the module is called (`ABI-1`). The first four fields never change place.
#[repr(C)]
#[derive(Debug)]
pub struct ModuleHeader {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`ABI_VERSION`] of the module.
    pub abi_version: u32,
    /// `size_of::<ModuleHeader>()` as the module knows it.
    pub header_size: u32,
    /// Bits of a pointer.
    pub pointer_width: u32,
    /// One of [`panic_strategy`].
    pub panic_strategy: u32,
    /// `size_of::<Vertex>()` as the module knows it.
    pub vertex_size: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// Who built this, as text: package, version, compiler, egui. For people and the journal.
    pub build: Slice<u8>,
    /// Names of the render entry points; the first is `main`. UTF-8.
    pub views: Slice<Slice<u8>>,
    /// The functions. Its own size comes first.
    pub table: *const ModuleTable,
}

/// The module's functions. Grows only at the end; a shorter table means the rest is absent
/// (`ABI-2`). All but `paint` and `release_gl` are called on the generation's module thread, one
/// at a time (`ABI-4`). None unwinds (`ABI-3`).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ModuleTable {
    /// `size_of::<ModuleTable>()` as the module knows it.
    pub size: u32,
    /// Reserved, 0.
    pub flags: u32,
    /// Module thread, once, first. Creates the instance from a snapshot (empty: from nothing) and
    /// writes it to `out`. Snapshot bytes are borrowed for the call; the table outlives the
    /// instance. On anything but [`code::OK`] `out` is untouched and nothing is left behind.
    pub create: unsafe extern "C" fn(
        host: *const HostTable,
        snapshot: Slice<u8>,
        out: *mut *mut Instance,
    ) -> i32,
    /// Module thread. Runs the application's logic; called once for each host frame, also while
    /// the window is hidden. The view holds platform requests only and lives until the next call.
    pub logic:
        unsafe extern "C" fn(*mut Instance, input: *const FrameInput, out: *mut FrameView) -> i32,
    /// Module thread. Draws one view. What `out` points to belongs to the instance and lives until
    /// the next call other than `paint` (`ABI-5`).
    pub frame: unsafe extern "C" fn(
        *mut Instance,
        view: u32,
        input: *const FrameInput,
        out: *mut FrameView,
    ) -> i32,
    /// UI thread with the GL context current, between two calls of the module thread. Runs the
    /// paint callback `callback` of the view's last frame.
    pub paint: unsafe extern "C" fn(
        *mut Instance,
        view: u32,
        callback: u64,
        info: *const PaintInfo,
    ) -> i32,
    /// Module thread. Writes a snapshot of the state through `write`, whose slice is borrowed for
    /// that call. The instance is unchanged.
    pub capture: unsafe extern "C" fn(*mut Instance, sink: *mut c_void, write: WriteFn) -> i32,
    /// Module thread. Releases what cannot exist twice (ports, devices), and prepares
    /// `release_gl`.
    pub suspend: unsafe extern "C" fn(*mut Instance) -> i32,
    /// Module thread. Takes back what `suspend` released, after a swap was rejected.
    pub resume: unsafe extern "C" fn(*mut Instance) -> i32,
    /// UI thread with the GL context current, after `suspend`. Deletes GL objects.
    pub release_gl: unsafe extern "C" fn(*mut Instance) -> i32,
    /// Module thread, last. Drops the instance; the pointer is dead afterwards, whatever the code.
    pub destroy: unsafe extern "C" fn(*mut Instance) -> i32,
    /// Module thread, before `create`, without an instance. Writes what the state is made of: equal
    /// bytes mean that the states of two modules have the same version and the same structure. Writes
    /// nothing when that is unknown. The bytes are borrowed for the call of `write`. Absent from
    /// older modules, as is what follows.
    pub schema: Option<
        unsafe extern "C" fn(host: *const HostTable, sink: *mut c_void, write: WriteFn) -> i32,
    >,
    /// Module thread. As `capture`, for a swap: the state in that [codec](crate::state::Codec),
    /// with numbers in place of the buffers that it [lends](KeptTable::lend). [`code::REFUSED`] when
    /// the codec cannot carry the state. The instance is unchanged.
    pub hand_over: Option<
        unsafe extern "C" fn(*mut Instance, codec: u32, sink: *mut c_void, write: WriteFn) -> i32,
    >,
    /// Module thread, with or without an instance: the values are the library's. Puts values in place
    /// of literals in [`tweak!`](crate::tweak!): these and no others, so an empty set gives every
    /// literal its compiled value back. The edits are borrowed for the call. [`code::REFUSED`] when a
    /// literal that has run cannot have its value; the reason went through [`HostTable::fault`], and
    /// nothing has changed.
    pub set_literals:
        Option<unsafe extern "C" fn(host: *const HostTable, edits: Slice<LiteralEdit>) -> i32>,
    /// Null when the module has no services. Lives as long as the library.
    pub services: Option<&'static ServicesTable>,
}

/// The services of a module. Configurations are JSON of a [`Payload`](crate::services::Payload).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ServicesTable {
    /// `size_of::<ServicesTable>()` as the module knows it.
    pub size: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// Module thread, with or without an instance. Reads a configuration, and writes JSON of a
    /// [`Read`](crate::services::Read); with [`code::REFUSED`] JSON of a
    /// [`Refusal`](crate::services::Refusal).
    pub check: unsafe extern "C" fn(
        host: *const HostTable,
        config: Slice<u8>,
        sink: *mut c_void,
        write: WriteFn,
    ) -> i32,
    /// Module thread. Lists the services for a configuration, and keeps the list for `start`; writes JSON of
    /// [`Listed`](crate::services::Listed)s, or as `check` does. Nothing that runs is touched.
    pub list: unsafe extern "C" fn(
        *mut Instance,
        config: Slice<u8>,
        sink: *mut c_void,
        write: WriteFn,
    ) -> i32,
    /// Module thread. Starts those of the last list that are active, or of these the one that is named, each on a
    /// thread of its own, and returns at once: what becomes of them goes through [`HostTable::service`], with `run`.
    /// [`code::REFUSED`] without a list.
    pub start: unsafe extern "C" fn(*mut Instance, only: Slice<u8>, run: u64) -> i32,
    /// Any thread, also while another call is out, from `create` until `destroy` begins. Asks the service of that
    /// name to end, or all of them; returns at once, and runs nothing of the author's: what waits for the request in
    /// async code is woken on a thread of the module. A service that has told its end is joined by `destroy`. As long
    /// as one has not, the library stays loaded.
    pub stop: unsafe extern "C" fn(name: Slice<u8>) -> i32,
}

/// A level of [`HostTable::log`]: a line that the user is told, in the terminal and in the window.
pub const NOTICE: u32 = 0;

/// Answers [`HostTable::listen`]: with the socket, or with the reason why there is none.
///
/// # Safety
/// The pointers are those of the call (ABI-5).
#[expect(unsafe_code, reason = "a host's function of the table")]
pub unsafe fn answer_listen(
    opened: Result<u64, String>,
    socket: *mut u64,
    sink: *mut c_void,
    write: WriteFn,
) -> i32 {
    match opened {
        Ok(opened) => {
            // SAFETY: promised by the caller.
            unsafe { *socket = opened };
            code::OK
        }
        Err(reason) => {
            // SAFETY: promised by the caller; the text is lent for the call.
            unsafe { write(sink, Slice::new(reason.as_bytes())) };
            code::REFUSED
        }
    }
}

/// What a service tells through [`HostTable::service`].
pub mod service_report {
    /// It has started.
    pub const READY: u32 = 1;
    /// It has ended, as it was to.
    pub const ENDED: u32 = 2;
    /// It has ended with an error.
    pub const FAILED: u32 = 3;
}

/// Receives bytes from the module during a call.
pub type WriteFn = unsafe extern "C" fn(sink: *mut c_void, bytes: Slice<u8>);

/// What a module may ask of its host. Lives longer than the instance it was given to.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostTable {
    /// `size_of::<HostTable>()` as the host knows it.
    pub size: u32,
    /// [`ABI_VERSION`] of the host.
    pub abi_version: u32,
    /// First argument of every function below.
    pub host: *mut c_void,
    /// The number of the generation this instance belongs to.
    pub generation: u64,
    /// Any thread. Asks for another frame after so many nanoseconds.
    pub request_repaint: unsafe extern "C" fn(host: *mut c_void, after_ns: u64),
    /// Any thread. A line for the log; level 1 error … 5 trace, as in the `log` crate, or [`NOTICE`].
    pub log: unsafe extern "C" fn(host: *mut c_void, level: u32, text: Slice<u8>),
    /// Any thread. A contained panic: message, `file:line:column`, backtrace.
    pub fault: unsafe extern "C" fn(
        host: *mut c_void,
        message: Slice<u8>,
        location: Slice<u8>,
        backtrace: Slice<u8>,
    ),
    /// Module thread, during `create`. What became of the state, as JSON.
    pub restored: unsafe extern "C" fn(host: *mut c_void, report: Slice<u8>),
    /// UI thread with the GL context current. Address of a GL function, or null; the whole
    /// field is null when there is no GL.
    pub gl_get_proc:
        Option<unsafe extern "C" fn(host: *mut c_void, name: *const c_char) -> *const c_void>,
    /// Memory that outlives generations; null when the host offers none. Unlike this table it lives
    /// as long as the process.
    pub kept: *const KeptTable,
    /// Arguments for the application, without the program's name. On Unix the bytes of each are the
    /// argument, elsewhere its UTF-8. They live as long as the process.
    pub args: Slice<Slice<u8>>,
    /// Any thread. The module is at work that must not be interrupted, and that `name` is shown for. Returns a
    /// number for `idle`.
    pub busy: unsafe extern "C" fn(host: *mut c_void, name: Slice<u8>) -> u64,
    /// Any thread. The work of that number is over; a number that is not known is ignored.
    pub idle: unsafe extern "C" fn(host: *mut c_void, lease: u64),
    /// Any thread. What waits for work of this module may happen now all the same.
    pub safe_point: unsafe extern "C" fn(host: *mut c_void),
    /// The service's thread. One of [`service_report`], what the service was started with, its name, and the error's
    /// text.
    pub service: unsafe extern "C" fn(
        host: *mut c_void,
        report: u32,
        run: u64,
        name: Slice<u8>,
        error: Slice<u8>,
    ),
    /// Any thread. A socket that listens at that address, as the number that the system knows it by; whoever calls
    /// owns it. It is a duplicate of one that the host keeps. [`code::REFUSED`] with the reason as text when the
    /// address cannot be used.
    pub listen: unsafe extern "C" fn(
        host: *mut c_void,
        address: Slice<u8>,
        socket: *mut u64,
        sink: *mut c_void,
        write: WriteFn,
    ) -> i32,
    /// Bits of [`host_flag`]. Absent from older hosts, as is what follows.
    pub flags: u64,
}

/// Bits of [`HostTable::flags`].
pub mod host_flag {
    /// The process is there to try the module, and ends with it.
    pub const ON_TRIAL: u64 = 1 << 0;
}

/// Size of the shortest [`HostTable`] that a module can use: everything up to `listen`.
pub const HOST_TABLE_SIZE_MIN: u32 = offset_of!(HostTable, flags) as u32;

/// Buffers of the host, by number. Each has holders; at none its memory is freed. Whoever holds one
/// may read it, and write to it as long as there is no other holder.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct KeptTable {
    /// `size_of::<KeptTable>()` as the host knows it.
    pub size: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// Any thread. A buffer of that many zeros, aligned to 64 bytes, with the caller as its holder.
    /// [`code::REFUSED`] when there is no memory for it.
    pub make: unsafe extern "C" fn(length: u64, out: *mut KeptBuffer) -> i32,
    /// Any thread. One more holder. Called by a holder.
    pub hold: unsafe extern "C" fn(number: u64) -> i32,
    /// Any thread. One holder less.
    pub release: unsafe extern "C" fn(number: u64) -> i32,
    /// Any thread. [`code::OK`] when the caller, a holder, is the only one.
    pub is_sole: unsafe extern "C" fn(number: u64) -> i32,
    /// Module thread, during `hand_over`. The snapshot becomes a holder too. Called by a holder.
    pub lend: unsafe extern "C" fn(number: u64) -> i32,
    /// Module thread, during `create`. The caller becomes a holder of a buffer that a snapshot holds;
    /// [`code::REFUSED`] for any other.
    pub claim: unsafe extern "C" fn(number: u64, out: *mut KeptBuffer) -> i32,
}

/// A buffer, as one of its holders knows it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct KeptBuffer {
    /// Never 0, and never given twice.
    pub number: u64,
    /// Its memory.
    pub bytes: *mut u8,
    /// In bytes.
    pub length: u64,
}

impl KeptBuffer {
    /// No buffer: what the host is to write to.
    pub const NONE: Self = Self { number: 0, bytes: std::ptr::null_mut(), length: 0 };
}

/// The module's own object; only the module knows what is in it.
#[repr(C)]
#[derive(Debug)]
pub struct Instance {
    _opaque: [u8; 0],
}

/// Begins the mark that each [`tweak!`](crate::tweak!) leaves in its library, as text:
/// `pitstop-literal <file>:<line>:<column>`, as the compiler's own macros spell them, and a line
/// break. So whoever reads the library knows which literals it has, and where.
pub const LITERAL_MARK: &str = "pitstop-literal ";

/// Kinds of literals, and how the text of a value is normalised.
pub mod literal_kind {
    /// Decimal digits, behind a `-` where it is negative.
    pub const INTEGER: u32 = 1;
    /// As Rust's `FromStr` for floats reads it.
    pub const FLOAT: u32 = 2;
    /// `true` or `false`.
    pub const BOOL: u32 = 3;
    /// The character itself.
    pub const CHAR: u32 = 4;
    /// The text itself, without quotes and escapes.
    pub const TEXT: u32 = 5;
}

/// A value in place of one literal. Everything in it is UTF-8.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LiteralEdit {
    /// The mark of the `tweak!`, from [`LITERAL_MARK`] to the line break.
    pub place: Slice<u8>,
    /// The literal's own text in the code that was compiled.
    pub compiled: Slice<u8>,
    /// The value, normalised.
    pub value: Slice<u8>,
    /// Which literal of that `tweak!`, from 0.
    pub index: u32,
    /// One of [`literal_kind`].
    pub kind: u32,
}

/// Bits of [`FrameInput::flags`].
pub mod input_flag {
    /// The native window has the keyboard focus.
    pub const FOCUSED: u32 = 1 << 0;
    /// The pass is not shown: it only lets sizes and fade-ins settle after a restore.
    pub const HIDDEN: u32 = 1 << 1;
    /// Somebody reads the accessibility tree: send it.
    pub const ACCESSKIT: u32 = 1 << 2;
    /// Ask for the restored keyboard focus again: it is lost when a widget is not there at once.
    pub const REFOCUS: u32 = 1 << 3;
    /// The system prefers dark mode.
    pub const DARK: u32 = 1 << 4;
    /// The system prefers light mode.
    pub const LIGHT: u32 = 1 << 5;
}

/// Everything that goes into one frame. Borrowed for the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FrameInput {
    /// `size_of::<FrameInput>()` as the host knows it.
    pub size: u32,
    /// Bits of [`input_flag`].
    pub flags: u32,
    /// Seconds on the host's clock, never going back.
    pub time: f64,
    /// Expected seconds to the next frame.
    pub predicted_dt: f32,
    /// Physical pixels per logical point of the window, without any zoom.
    pub native_pixels_per_point: f32,
    /// Width and height of the view in physical pixels.
    pub size_px: [f32; 2],
    /// Largest texture side the host can use, in texels.
    pub max_texture_side: u32,
    /// Reserved, 0.
    pub reserved: u32,
    /// Item stream (`ABI-8`) of [`crate::abi::wire::InputItem`]s, in order.
    pub items: Slice<u8>,
}

/// Bits of [`FrameView::flags`].
pub mod view_flag {
    /// A widget of the module has the keyboard focus.
    pub const WANTS_KEYBOARD: u32 = 1 << 0;
    /// The pointer is over something of the module that uses it.
    pub const WANTS_POINTER: u32 = 1 << 1;
    /// Text is being edited under the pointer.
    pub const TEXT_CURSOR: u32 = 1 << 2;
}

/// What one frame produced. Every slice belongs to the instance and lives until the next call into
/// it other than `paint`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FrameView {
    /// `size_of::<FrameView>()`; set by the host before the call, lowered by an older module.
    pub size: u32,
    /// Bits of [`view_flag`].
    pub flags: u32,
    /// What to paint, back to front.
    pub prims: Slice<Prim>,
    /// Textures to create or change before painting.
    pub textures_set: Slice<TextureSet>,
    /// Textures to free after painting.
    pub textures_free: Slice<u64>,
    /// Item stream of [`crate::abi::wire::OutputItem`]s.
    pub platform: Slice<u8>,
    /// Physical pixels per logical point of this frame: native × zoom.
    pub pixels_per_point: f32,
    /// The module's own zoom.
    pub zoom_factor: f32,
    /// Nanoseconds until the next frame is wanted; `u64::MAX` = not by itself.
    pub repaint_after_ns: u64,
    /// How many passes this frame took.
    pub passes: u32,
    /// Input items this module did not understand.
    pub skipped_items: u32,
}

impl FrameView {
    /// A view with nothing in it, its size set.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            flags: 0,
            prims: Slice::EMPTY,
            textures_set: Slice::EMPTY,
            textures_free: Slice::EMPTY,
            platform: Slice::EMPTY,
            pixels_per_point: 1.0,
            zoom_factor: 1.0,
            repaint_after_ns: u64::MAX,
            passes: 0,
            skipped_items: 0,
        }
    }
}

/// One clipped mesh, or one custom paint callback.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Prim {
    /// Clip rectangle in the module's points: min x, min y, max x, max y.
    pub clip: [f32; 4],
    /// Id of a texture that [`TextureSet`] made.
    pub texture: u64,
    /// The mesh's vertices.
    pub vertices: Slice<Vertex>,
    /// Triangles; each index is below `vertices.len`.
    pub indices: Slice<u32>,
    /// 0 for a mesh, else the id to hand to `paint`.
    pub callback: u64,
    /// Where the callback paints, in the module's points.
    pub callback_rect: [f32; 4],
}

/// A vertex as egui lays it out; meshes are not converted (`ABI-8`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vertex {
    /// Position in the module's points.
    pub pos: [f32; 2],
    /// Texture coordinates, 0 to 1.
    pub uv: [f32; 2],
    /// sRGBA with premultiplied alpha.
    pub color: [u8; 4],
}

/// How a texture is sampled.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sampling {
    /// 0 nearest, 1 linear.
    pub magnification: u8,
    /// 0 nearest, 1 linear.
    pub minification: u8,
    /// 0 clamp, 1 repeat, 2 mirrored repeat.
    pub wrap: u8,
    /// 0 nearest, 1 linear, 255 no mipmaps.
    pub mipmap: u8,
}

/// A texture to create, or a part of one to change.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TextureSet {
    /// Id within this view.
    pub id: u64,
    /// Where the patch goes; `u32::MAX` in both when this is the whole texture.
    pub pos: [u32; 2],
    /// Width and height of `pixels` in texels.
    pub size: [u32; 2],
    /// How to sample it.
    pub sampling: Sampling,
    /// Reserved, 0.
    pub reserved: u32,
    /// sRGBA with premultiplied alpha, row by row, `width × height × 4` bytes.
    pub pixels: Slice<u8>,
}

/// Value of [`TextureSet::pos`] for a whole texture.
pub const WHOLE_TEXTURE: [u32; 2] = [u32::MAX; 2];

/// Where a paint callback paints, in the *host's* points.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PaintInfo {
    /// `size_of::<PaintInfo>()` as the host knows it.
    pub size: u32,
    /// The host's physical pixels per point.
    pub pixels_per_point: f32,
    /// The callback's rectangle: min x, min y, max x, max y.
    pub viewport: [f32; 4],
    /// The visible part of the window.
    pub clip: [f32; 4],
    /// Size of the framebuffer in physical pixels.
    pub screen_px: [u32; 2],
}

/// Size of the shortest [`ModuleTable`] this host can use: everything up to `destroy`.
pub const MODULE_TABLE_SIZE_MIN: u32 = offset_of!(ModuleTable, schema) as u32;

// Both sides compile these; a compiler that lays anything out differently does not build (ABI-2).
const _: () = {
    let word = size_of::<usize>();
    assert!(size_of::<Slice<u8>>() == 2 * word);
    assert!(offset_of!(ModuleHeader, abi_version) == 8);
    assert!(offset_of!(ModuleHeader, header_size) == 12);
    assert!(offset_of!(ModuleHeader, pointer_width) == 16);
    assert!(offset_of!(ModuleHeader, build) == 32);
    assert!(size_of::<ModuleHeader>() == 32 + 5 * word);
    assert!(offset_of!(ModuleTable, create) == 8);
    assert!(offset_of!(ModuleTable, schema) == 8 + 9 * word);
    assert!(size_of::<ModuleTable>() == 8 + 13 * word);
    assert!(size_of::<ServicesTable>() == 8 + 4 * word);
    assert!(size_of::<LiteralEdit>() == 6 * word + 8);
    assert!(size_of::<KeptTable>() == 8 + 6 * word);
    assert!(size_of::<KeptBuffer>() == 16 + word);
    assert!(offset_of!(HostTable, host) == 8);
    assert!(word != 8 || offset_of!(HostTable, flags) == 128);
    assert!(offset_of!(FrameInput, time) == 8);
    assert!(offset_of!(FrameInput, items) == 40);
    assert!(size_of::<FrameInput>() == 40 + 2 * word);
    assert!(offset_of!(FrameView, prims) == 8);
    assert!(size_of::<FrameView>() == 32 + 8 * word);
    assert!(size_of::<Vertex>() == 20);
    assert!(offset_of!(Vertex, uv) == 8);
    assert!(offset_of!(Vertex, color) == 16);
    assert!(size_of::<Prim>() == 48 + 4 * word);
    assert!(offset_of!(TextureSet, pixels) == 32);
    assert!(size_of::<PaintInfo>() == 48);
};
