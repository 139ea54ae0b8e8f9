//! The module's accessibility tree inside the window's, so that screen readers and UI tests see
//! one application.
//!
//! Owns: the translation of node ids, both ways. Never: changes what a node says about itself.

use egui::accesskit::{ActionRequest, Affine, Node, NodeId, Role, TreeUpdate, Vec2};
use egui::{Context, Event, Id, Rect};
use std::collections::HashMap;

/// Translations of one view.
#[derive(Debug, Default)]
pub(super) struct TreeMerge {
    /// From the window's ids to the module's, for requests of assistive technology.
    originals: HashMap<NodeId, NodeId>,
    last: Option<Box<TreeUpdate>>,
}

/// Whether somebody reads the tree of this window.
pub(super) fn is_wanted(ctx: &Context) -> bool {
    ctx.accesskit_node_builder(egui::accesskit_root_id(), |_| ()).is_some()
}

impl TreeMerge {
    /// Hangs the module's tree below the node of the view's widget. `update` is kept and hung up
    /// again in frames without a newer one, since the window describes itself anew in each frame.
    pub(super) fn hang_up(
        &mut self,
        ctx: &Context,
        view: Id,
        name: &str,
        rect: Rect,
        update: Option<Box<TreeUpdate>>,
        module_pixels_per_point: f32,
    ) {
        if update.is_some() {
            self.last = update;
        }
        let (Some(update), true) = (&self.last, is_wanted(ctx)) else {
            return;
        };
        let Some(root) = update.tree.as_ref().map(|tree| tree.root) else {
            return;
        };
        let salted = |node: NodeId| Id::unique((view, node.0));
        self.originals.clear();
        let own_children =
            ctx.accesskit_node_builder(egui::accesskit_root_id(), |root| root.children().to_vec());
        let scale = f64::from(module_pixels_per_point / ctx.pixels_per_point());
        for (id, node) in &update.nodes {
            let mut node = translated(node, |id| salted(id).accesskit_id());
            if *id == root {
                let origin = Vec2::new(f64::from(rect.min.x), f64::from(rect.min.y));
                node.set_role(Role::GenericContainer);
                node.set_transform(Affine::translate(origin) * Affine::scale(scale));
            }
            let id_here = salted(*id);
            self.originals.insert(id_here.accesskit_id(), *id);
            ctx.accesskit_node_builder(id_here, |slot| *slot = node);
        }
        // egui hangs every node that it does not know below the root; ours have parents.
        if let Some(children) = own_children {
            ctx.accesskit_node_builder(egui::accesskit_root_id(), |root| {
                root.set_children(children);
            });
        }
        let focus = (update.focus != root).then(|| salted(update.focus).accesskit_id());
        ctx.accesskit_node_builder(view, |node| {
            node.set_role(Role::Pane);
            node.set_label(name);
            node.push_child(salted(root).accesskit_id());
            if let Some(focus) = focus {
                node.set_active_descendant(focus);
            }
        });
    }

    /// The requests of this frame that are about the view's widgets, in the module's ids.
    pub(super) fn requests(&self, ctx: &Context) -> Vec<Event> {
        let translate = |request: &ActionRequest| {
            let target_node = *self.originals.get(&request.target_node)?;
            Some(Event::AccessKitActionRequest(ActionRequest { target_node, ..request.clone() }))
        };
        ctx.input(|input| {
            input
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::AccessKitActionRequest(request) => translate(request),
                    _ => None,
                })
                .collect()
        })
    }
}

/// `node` with every reference to another node translated.
fn translated(node: &Node, id: impl Fn(NodeId) -> NodeId) -> Node {
    let mut out = node.clone();
    let all = |ids: &[NodeId]| ids.iter().map(|node| id(*node)).collect::<Vec<_>>();
    macro_rules! lists {
        ($($get:ident $set:ident),+) => {
            $(if !node.$get().is_empty() { out.$set(all(node.$get())); })+
        };
    }
    lists!(
        children set_children, controls set_controls, details set_details,
        described_by set_described_by, flow_to set_flow_to, labelled_by set_labelled_by,
        owns set_owns, radio_group set_radio_group
    );
    macro_rules! singles {
        ($($get:ident $set:ident),+) => {
            $(if let Some(other) = node.$get() { out.$set(id(other)); })+
        };
    }
    singles!(
        active_descendant set_active_descendant, error_message set_error_message,
        in_page_link_target set_in_page_link_target, member_of set_member_of,
        next_on_line set_next_on_line, previous_on_line set_previous_on_line,
        popup_for set_popup_for
    );
    if let Some(selection) = node.text_selection() {
        let mut selection = *selection;
        selection.anchor.node = id(selection.anchor.node);
        selection.focus.node = id(selection.focus.node);
        out.set_text_selection(selection);
    }
    out
}
