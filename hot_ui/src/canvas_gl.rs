//! The GL side of the canvas: one shader that looks through a stone, on one big triangle.
//!
//! Owns: program, vertex buffer and vertex array. Works with GL 2.1, GL 3 core and GL ES 2 and 3.
//! Never keeps a context, and never deletes by itself: [`Pipeline::delete`] wants to be called.
#![expect(
    unsafe_code,
    reason = "every call into OpenGL is unsafe; this file is the only one that makes any"
)]

use crate::gem::{PLANES_MAX, Plane};
use hot_api::egui_glow::ShaderVersion;
use hot_api::glow::{self, HasContext as _};

/// What to paint.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// The faces of the stone.
    pub(crate) planes: Vec<Plane>,
    /// What it lets through, linear red, green and blue.
    pub(crate) colour: [f32; 3],
    /// How far its corners are from the centre, relative to half the shorter side.
    pub(crate) reach: f32,
    /// Width and height of the canvas in pixels.
    pub(crate) size_px: [f32; 2],
}

/// Everything GL needs to paint a stone.
pub(crate) struct Pipeline {
    program: glow::Program,
    buffer: glow::Buffer,
    /// Absent where GL is too old to have vertex arrays.
    vertex_array: Option<glow::VertexArray>,
    corner: u32,
}

/// Covers the whole canvas; what sticks out is clipped.
const TRIANGLE: [f32; 6] = [-1.0, -1.0, 3.0, -1.0, -1.0, 3.0];

impl Pipeline {
    /// Compiles the shader and uploads the triangle.
    ///
    /// # Errors
    /// What the driver says about the shader, for the user to read.
    pub(crate) fn new(gl: &glow::Context) -> Result<Self, String> {
        let program = link(gl)?;
        // SAFETY: ABI-4: the caller is painting, so `gl` is current on this thread; the names
        // passed back to GL were just made by it.
        unsafe {
            let corner = gl.get_attrib_location(program, "a_corner").unwrap_or(0);
            let buffer = gl.create_buffer()?;
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(buffer));
            let bytes: Vec<u8> = TRIANGLE.iter().flat_map(|it| it.to_ne_bytes()).collect();
            gl.buffer_data_u8_slice(glow::ARRAY_BUFFER, &bytes, glow::STATIC_DRAW);
            let vertex_array =
                if has_vertex_arrays(gl) { Some(gl.create_vertex_array()?) } else { None };
            Ok(Self { program, buffer, vertex_array, corner })
        }
    }

    /// Paints over the current viewport, with egui's blending (premultiplied alpha).
    pub(crate) fn paint(&self, gl: &glow::Context, look: &Look) {
        let count = look.planes.len().min(PLANES_MAX);
        let [width, height] = look.size_px;
        let [red, green, blue] = look.colour;
        let short = width.min(height).max(1.0);
        // SAFETY: ABI-4: called while painting, `gl` is current on this thread and all names
        // belong to it; the slice of planes is no longer than the array in the shader.
        unsafe {
            let uniform = |name| gl.get_uniform_location(self.program, name);
            gl.use_program(Some(self.program));
            gl.uniform_4_f32_slice(
                uniform("u_planes").as_ref(),
                look.planes[..count].as_flattened(),
            );
            gl.uniform_1_i32(uniform("u_count").as_ref(), count as i32);
            gl.uniform_2_f32(uniform("u_extent").as_ref(), width / short, height / short);
            gl.uniform_1_f32(uniform("u_pixel").as_ref(), 2.0 / short);
            gl.uniform_1_f32(uniform("u_reach").as_ref(), look.reach);
            gl.uniform_3_f32(uniform("u_colour").as_ref(), red, green, blue);

            if self.vertex_array.is_some() {
                gl.bind_vertex_array(self.vertex_array);
            }
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(self.buffer));
            gl.enable_vertex_attrib_array(self.corner);
            gl.vertex_attrib_pointer_f32(self.corner, 2, glow::FLOAT, false, 0, 0);
            gl.draw_arrays(glow::TRIANGLES, 0, 3);
            gl.disable_vertex_attrib_array(self.corner);
            if self.vertex_array.is_some() {
                gl.bind_vertex_array(None);
            }
        }
    }

    /// Gives everything back to GL.
    pub(crate) fn delete(self, gl: &glow::Context) {
        // SAFETY: ABI-4: runs on the painting thread with `gl` current; the names are used for
        // the last time.
        unsafe {
            gl.delete_program(self.program);
            gl.delete_buffer(self.buffer);
            if let Some(vertex_array) = self.vertex_array {
                gl.delete_vertex_array(vertex_array);
            }
        }
    }
}

fn link(gl: &glow::Context) -> Result<glow::Program, String> {
    let version = ShaderVersion::get(gl);
    let head = format!(
        "{}#define NEW_INTERFACE {}\n#define PLANES_MAX {PLANES_MAX}\n",
        version.version_declaration(),
        u8::from(version.is_new_shader_interface()),
    );
    // SAFETY: ABI-4: the caller is painting, `gl` is current on this thread; shaders and program
    // are made, used and, where it fails, deleted here.
    unsafe {
        let program = gl.create_program()?;
        for (kind, body) in [
            (glow::VERTEX_SHADER, include_str!("gem.vert")),
            (glow::FRAGMENT_SHADER, include_str!("gem.frag")),
        ] {
            let shader = gl.create_shader(kind)?;
            gl.shader_source(shader, &format!("{head}{body}"));
            gl.compile_shader(shader);
            gl.attach_shader(program, shader);
            // Only marked: it lives for as long as the program does.
            gl.delete_shader(shader);
            if !gl.get_shader_compile_status(shader) {
                let reason = gl.get_shader_info_log(shader);
                gl.delete_program(program);
                return Err(format!("A shader of the canvas does not compile: {reason}"));
            }
        }
        gl.link_program(program);
        if gl.get_program_link_status(program) {
            return Ok(program);
        }
        let reason = gl.get_program_info_log(program);
        gl.delete_program(program);
        Err(format!("The shaders of the canvas do not fit together: {reason}"))
    }
}

/// GL 3 core cannot draw without a vertex array; GL 2 and GL ES 2 may have none.
fn has_vertex_arrays(gl: &glow::Context) -> bool {
    let known = gl.supported_extensions();
    gl.version().major >= 3
        || ["GL_ARB_vertex_array_object", "GL_OES_vertex_array_object"]
            .iter()
            .any(|&name| known.contains(name))
}
