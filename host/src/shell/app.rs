//! The window: dashboard on top, modules below.
//!
//! Owns: the engine, the arrangement of views, the beginning and end of each frame. Never: reads
//! files or runs builds.

use super::dashboard::dashboard_bar;
use super::error_panel::{error_panel, tint};
use super::inspector::Inspector;
use super::orders::Order;
use super::scene_painter::ScenePainter;
use super::services_page::ServicesPage;
use super::view::ModuleView;
use super::window_state::{Placement, WindowState};
use super::{editor, theme};
use crate::engine::{Engine, EngineHandle};
use crate::journal::board::{Board, Failure};
use crate::journal::event::FailureKind;
use crate::journal::event::Trigger;
use crate::module::InputPacket;
use crate::slot::{FrameResult, HoldReason, Slot};
use crate::supervise::ProgramsHandle;
use egui::{
    Align2, CentralPanel, Context, Frame, Id, Key, LayerId, Modifiers, Order as LayerOrder, Panel,
    Rect, TextStyle, Ui, UiBuilder,
};
use egui_tiles::{Behavior, SimplificationOptions, TileId, Tiles, Tree, UiResponse};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// One tile: a view of a module, or the place where it will be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Pane {
    module: String,
    view: u32,
    title: String,
}

/// The window's application as eframe runs it. UI thread only.
pub(super) struct Shell {
    engine: Engine,
    programs: ProgramsHandle,
    root: PathBuf,
    panes: Vec<Pane>,
    tree: Tree<Pane>,
    views: HashMap<Pane, ModuleView>,
    /// Failures whose panel the user has closed.
    closed: HashSet<String>,
    /// The failure that was last shown for each module.
    seen: HashMap<String, Failure>,
    editor_error: Option<String>,
    inspectors: Vec<Inspector>,
    services: ServicesPage,
    painter: ScenePainter,
    placement: Option<Placement>,
    /// For whoever has opened the window: what it was like at its end.
    last: Rc<RefCell<Option<WindowState>>>,
}

impl Shell {
    pub(super) fn new(
        ctx: &Context,
        engine: Engine,
        programs: ProgramsHandle,
        root: PathBuf,
        before: Option<WindowState>,
        last: Rc<RefCell<Option<WindowState>>>,
    ) -> Self {
        theme::apply(ctx);
        let (panes, tree, inspected) = match before {
            Some(WindowState { panes, tree, inspected, .. }) => (panes, tree, inspected),
            None => (Vec::new(), Tree::empty(Id::unique("modules")), Vec::new()),
        };
        Self {
            engine,
            programs,
            root,
            panes,
            tree,
            views: HashMap::new(),
            closed: HashSet::new(),
            seen: HashMap::new(),
            editor_error: None,
            inspectors: inspected.into_iter().map(Inspector::new).collect(),
            services: ServicesPage::default(),
            painter: ScenePainter::default(),
            placement: None,
            last,
        }
    }

    fn handle(&self) -> &EngineHandle {
        self.engine.handle()
    }

    /// Begins the frame of every module; returns those that are ready for it.
    fn begin_frames(&self) -> Vec<Arc<Slot>> {
        let slots = self.handle().registry().slots();
        for slot in &slots {
            // A frame that was not painted ends here at the latest.
            slot.end_frame();
        }
        slots.into_iter().filter(|slot| slot.begin_frame()).collect()
    }

    fn queue_logic(slots: &[Arc<Slot>], ctx: &Context) {
        let time = ctx.input(|input| input.time);
        let native_pixels_per_point = ctx.pixels_per_point();
        for slot in slots {
            let input = InputPacket { time, native_pixels_per_point, ..InputPacket::default() };
            slot.queue_logic(input);
        }
    }

    /// Of the modules that drew no view.
    fn finish_logic(slots: &[Arc<Slot>], ctx: &Context) {
        for slot in slots {
            let rect = ctx.content_rect();
            let asker = super::platform::Asker { rect, has_pointer: false, has_keyboard: false };
            if let Some(FrameResult::Picture { picture, .. }) = slot.finish_logic() {
                super::platform::apply(ctx, &picture.platform, asker);
            }
        }
    }

    /// Lets the swap in once this frame is on the screen.
    fn end_frames_after_painting(&self, ctx: &Context) {
        let slots = self.handle().registry().slots();
        let callback = egui_glow::CallbackFn::new(move |_info, _painter| {
            for slot in &slots {
                slot.release_retired();
                slot.end_frame();
            }
        });
        let last = LayerId::new(LayerOrder::Debug, Id::unique("end of frame"));
        let rect = Rect::from_min_size(ctx.content_rect().min, egui::Vec2::splat(1.0));
        let callback = Arc::new(callback);
        ctx.layer_painter(last).add(egui::PaintCallback { rect, callback });
    }

    /// Views come and go with generations; the arrangement changes only when they do.
    fn arrange(&mut self, ready: &[Arc<Slot>]) {
        let mut panes = Vec::new();
        let slots = self.handle().registry().slots();
        for slot in &slots {
            let known = || self.panes.iter().filter(|pane| pane.module == slot.name()).cloned();
            let is_ready = ready.iter().any(|other| Arc::ptr_eq(other, slot));
            let views = if is_ready { slot.views() } else { Vec::new() };
            let pane = |view: u32, name: Option<&str>| {
                let module = slot.name().to_owned();
                Pane { module, view, title: title(slot.name(), name) }
            };
            if !views.is_empty() {
                panes.extend(views.iter().map(|view| pane(view.index, Some(&view.name))));
            } else if is_ready && slot.generation().is_some() || known().next().is_none() {
                panes.push(pane(0, None));
            } else {
                panes.extend(known());
            }
        }
        if panes == self.panes && panes.iter().all(|pane| self.views.contains_key(pane)) {
            return;
        }
        self.views.retain(|pane, _| panes.contains(pane));
        for slot in &slots {
            for pane in panes.iter().filter(|pane| pane.module == slot.name()) {
                self.views.entry(pane.clone()).or_insert_with(|| {
                    let (title, painter) = (pane.title.clone(), self.painter.clone());
                    ModuleView::new(Arc::clone(slot), pane.view, title, painter)
                });
            }
        }
        if panes == self.panes {
            // The arrangement of the window before this one.
            return;
        }
        let mut tiles = Tiles::default();
        let ids: Vec<TileId> = panes.iter().map(|pane| tiles.insert_pane(pane.clone())).collect();
        let root = tiles.insert_tab_tile(ids);
        self.tree = Tree::new(Id::unique("modules"), root, tiles);
        self.panes = panes;
    }

    fn hotkey(&self, ctx: &Context) {
        let keys = Modifiers::CTRL | Modifiers::ALT;
        if ctx.input_mut(|input| input.consume_key(keys, Key::R)) {
            let _outcome = self.handle().reload(None, Trigger::Hotkey);
        }
    }

    fn obey(&mut self, orders: Vec<Order>) {
        for order in orders {
            let handle = self.engine.handle();
            match order {
                Order::ReloadAll => drop(handle.reload(None, Trigger::Button)),
                Order::Reload(module) => drop(handle.reload(Some(&module), Trigger::Button)),
                Order::SetAutoReload(on) => handle.set_auto_reload(on),
                Order::Rollback(module, to) => handle.request_rollback(&module, to),
                Order::Retry(module) => handle.retry(&module),
                Order::AcceptLoss(module) => handle.accept_loss(&module),
                Order::Dismiss(module, kind) => handle.dismiss(&module, kind),
                Order::RunMigrationAgain(module) => handle.run_migration_again(&module),
                Order::BackBeforeMigration(module) => handle.go_back_before_migration(&module),
                Order::Inspect(module) => {
                    if !self.inspectors.iter().any(|open| open.module() == module) {
                        self.inspectors.push(Inspector::new(module));
                    }
                }
                Order::EditState(module, edit) => handle.edit_state(&module, edit),
                Order::ResetState(module) => handle.reset_state(&module),
                // The menu shows programs that are there.
                Order::StartProgram(name) => drop(self.programs.start(&name)),
                Order::StopProgram(name) => drop(self.programs.halt(&name)),
                Order::Service { module, service, start } => {
                    handle.order_service(&module, &service, start);
                }
                Order::ShowServices => self.services.toggle(),
                Order::OpenEditor { file, line, column } => {
                    let file = self.root.join(file);
                    self.editor_error = editor::open(&file, line, column).err();
                }
                Order::ShowError(module) => {
                    self.closed.remove(&module);
                }
                Order::CloseError(module) => {
                    self.closed.insert(module);
                }
            }
        }
    }

    /// Tint over one view of a module, and the panel over the first of them.
    fn failure(&mut self, ui: &Ui, seen: &Seen, board: &Board) -> Vec<Order> {
        let Seen { module, area, is_first, .. } = seen;
        let (module, area) = (module.as_str(), *area);
        let board = board.module(module);
        let Some(failure) = board.and_then(|board| board.failure.as_ref()) else {
            self.seen.remove(module);
            self.closed.remove(module);
            return Vec::new();
        };
        if self.seen.get(module) != Some(failure) {
            // A new failure opens its panel again.
            self.closed.remove(module);
            self.seen.insert(module.to_owned(), failure.clone());
        }
        tint(&ui.painter().with_clip_rect(area), area);
        let mut open = !self.closed.contains(module);
        if !open || !is_first {
            return Vec::new();
        }
        let migration = board.and_then(|board| board.migration.as_ref());
        let mut orders = error_panel(ui.ctx(), area, module, failure, migration, &mut open);
        if !open {
            orders.push(Order::CloseError(module.to_owned()));
        }
        orders
    }
}

fn title(module: &str, view: Option<&str>) -> String {
    match view {
        None | Some("main") => module.to_owned(),
        Some(view) => format!("{module}: {view}"),
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        if self.handle().has_ended() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        // A hidden window has no `ui` call; its modules go on all the same.
        if ctx.input(|input| input.viewport().visible()) == Some(false) {
            let slots = self.begin_frames();
            Self::queue_logic(&slots, ctx);
            Self::finish_logic(&slots, ctx);
            // Nothing is painted, so what has been replaced meanwhile ends here. The GL context is still
            // current: eframe changes it for other windows alone, and there is only this one.
            for slot in slots {
                slot.release_retired();
                slot.end_frame();
            }
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.placement = Placement::of(&ctx).or(self.placement);
        let mut ready = Vec::new();
        if ctx.current_pass_index() == 0 {
            self.hotkey(&ctx);
            ready = self.begin_frames();
            Self::queue_logic(&ready, &ctx);
            self.arrange(&ready);
        }
        let board = self.handle().board();
        let mut orders = Panel::top("dashboard")
            .frame(theme::bar_frame(ui))
            .show(ui, |ui| dashboard_bar(ui, &board))
            .inner;
        self.services.error_bar(ui, &board, &mut orders);
        let mut areas = Areas { views: &mut self.views, board: &board, seen: Vec::new() };
        // A module that paints no ground of its own stands on that of the window.
        let ground = Frame::new().fill(ui.visuals().panel_fill);
        CentralPanel::default().frame(ground).show(ui, |ui| self.tree.ui(&mut areas, ui));
        let seen = areas.seen;
        Self::finish_logic(&ready, &ctx);
        for seen in seen.iter().filter(|seen| !seen.is_only_slow) {
            orders.extend(self.failure(ui, seen, &board));
        }
        let engine = self.engine.handle();
        self.inspectors.retain_mut(|inspector| {
            inspector.update(&ctx, engine, &board);
            inspector.show(&ctx, &mut orders)
        });
        self.services.show(&ctx, &board, &mut orders);
        if let Some(error) = self.editor_error.clone() {
            let mut open = true;
            egui::Window::new("Editor")
                .open(&mut open)
                .anchor(Align2::CENTER_TOP, [0.0, 60.0])
                .resizable(false)
                .collapsible(false)
                .show(&ctx, |ui| ui.label(error));
            if !open {
                self.editor_error = None;
            }
        }
        self.obey(orders);
        self.end_frames_after_painting(&ctx);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        let inspected = self.inspectors.iter().map(|open| open.module().to_owned()).collect();
        let (panes, tree) = (self.panes.clone(), self.tree.clone());
        let state =
            self.placement.map(|placement| WindowState { placement, panes, tree, inspected });
        *self.last.borrow_mut() = state;
        for slot in self.handle().registry().slots() {
            slot.release_all_gl();
            slot.end_frame();
        }
        self.painter.destroy();
    }
}

/// Draws tiles, and remembers where each module was drawn.
struct Areas<'a> {
    views: &'a mut HashMap<Pane, ModuleView>,
    board: &'a Board,
    seen: Vec<Seen>,
}

/// Where a module was drawn.
struct Seen {
    module: String,
    area: Rect,
    /// Its frame is late, but not yet so late that the picture has to be covered.
    is_only_slow: bool,
    /// The main view, or the first of those that are shown; the error panel is over this one.
    is_first: bool,
}

/// For how long a late frame is nothing but a pause: a tint that comes and goes with every slow frame
/// would be worse than the pause.
const SLOW_MAX: Duration = Duration::from_secs(1);

impl Behavior<Pane> for Areas<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let Some(view) = self.views.get_mut(pane) else {
            return UiResponse::None;
        };
        let area = ui.available_rect_before_wrap();
        view.show(ui);
        let hold = view.hold.clone();
        let message = match &hold {
            Some(HoldReason::NotLoaded) => Some(self.waiting(&pane.module)),
            Some(HoldReason::Refused(reason)) => Some(reason.clone()),
            Some(HoldReason::Overdue(since)) if *since >= SLOW_MAX => {
                Some(format!("{} has not returned for {:.1} s", pane.module, since.as_secs_f32()))
            }
            _ => None,
        };
        if let Some(message) = message {
            show_message(ui, area, &message);
        }
        let late = matches!(hold, Some(HoldReason::Overdue(since)) if since < SLOW_MAX);
        let board = self.board.module(&pane.module).and_then(|board| board.failure.as_ref());
        let is_only_slow = late && board.is_some_and(|it| it.kind == FailureKind::Overdue);
        let module = pane.module.clone();
        let is_first = !self.seen.iter().any(|seen| seen.module == module);
        self.seen.push(Seen { module, area, is_only_slow, is_first });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title.clone().into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        // A single view needs no tab; several keep theirs.
        SimplificationOptions { all_panes_must_have_tabs: false, ..Default::default() }
    }
}

impl Areas<'_> {
    fn waiting(&self, module: &str) -> String {
        match &self.board.build {
            Some(build) => match build.counted() {
                Some(counted) => format!("building {module}: {counted} {}", build.unit),
                None => format!("building {module}"),
            },
            None => format!("{module} is not loaded"),
        }
    }
}

/// A line in the middle of an area that has no picture of its own, or an old one.
fn show_message(ui: &mut Ui, area: Rect, message: &str) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(area));
    let font = TextStyle::Body.resolve(child.style());
    let color = child.visuals().strong_text_color();
    let galley = child.painter().layout(message.to_owned(), font, color, area.width() * 0.8);
    let text = Align2::CENTER_CENTER.anchor_size(area.center(), galley.size());
    let back = child.visuals().window_fill.gamma_multiply(0.85);
    child.painter().rect_filled(text.expand(10.0), 6.0, back);
    child.painter().galley(text.min, galley, color);
    child.expand_to_include_rect(text);
}
