//! A kind of use that does not work, or is not done, in a module.

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// `egui_wgpu::Callback::new_paint_callback`, `CallbackTrait`, `wgpu_render_state`.
    WgpuPainting,
    /// `Frame::gl`, and `gl` and `get_proc_address` of the creation context.
    GlContext,
    /// `Frame::storage`, `Frame::storage_mut`.
    FrameStorage,
    /// `register_native_glow_texture`, `register_native_texture`.
    NativeTexture,
    /// `window_handle`, `display_handle`, `winit_window` and their raw forms.
    WindowHandle,
    /// `Context::show_viewport_deferred`.
    DeferredViewport,
    /// A thread in a package that joins none.
    UnjoinedThread,
    /// An implementation of `eframe::App` whose `save` is absent or empty.
    NothingSaved,
    /// A statement of `main` before `run_native`.
    MainStatement,
}

impl Unsupported {
    /// What happens in a module.
    pub fn what(self) -> &'static str {
        match self {
            Self::WgpuPainting => {
                "wgpu does not paint in a module: there is no render state, \
                 and a placeholder is drawn for a callback"
            }
            Self::GlContext => "`Frame::gl` and `cc.gl` are always `None` in a module",
            Self::FrameStorage => "`Frame::storage` is always `None` in a module",
            Self::NativeTexture => {
                "there is no renderer in a module to register a texture with; \
                 `register_native_glow_texture` panics"
            }
            Self::WindowHandle => "there is no window handle in a module",
            Self::DeferredViewport => {
                "a deferred viewport is drawn inside the main window in a module"
            }
            Self::UnjoinedThread => {
                "a thread that is never joined keeps the old code loaded after a reload"
            }
            Self::NothingSaved => "every reload begins with what the creator makes",
            Self::MainStatement => "`main` does not run in a module",
        }
    }

    /// What to write instead, in one clause.
    pub fn way_out(self) -> &'static str {
        match self {
            Self::WgpuPainting => {
                "draw with textures, or with OpenGL through `egui_glow::CallbackFn`"
            }
            Self::GlContext => {
                "make OpenGL objects on first use in an `egui_glow::CallbackFn`, where `painter.gl()` \
                 is the context (feature `glow` of hot_api)"
            }
            Self::FrameStorage => "use `cc.storage` in the creator and `App::save`",
            Self::NativeTexture => "upload the pixels with `ctx.load_texture`",
            Self::WindowHandle => "guard it with `if let`, and do without while hot-reloading",
            Self::DeferredViewport => {
                "use `show_viewport_immediate`, which is drawn there in the same way, \
                 or accept it while hot-reloading"
            }
            Self::UnjoinedThread => "join it in `App::on_exit` or `Drop`",
            Self::NothingSaved => {
                "implement `save`, or export with `export_eframe_app!(MyApp::new, state)`, \
                 which carries the whole serde type"
            }
            Self::MainStatement => {
                "move what the application needs into the creator, behind a `Once`; \
                 `log` lines of a module go to the host's log already"
            }
        }
    }
}
