//! When a view wants its next frame.

use crate::host::Host;
use egui::{Context, RequestRepaintInfo};

/// Passes every repaint request of `ctx` on to the host, from whatever thread it comes.
pub(super) fn forward(ctx: &Context, host: Host) {
    ctx.set_request_repaint_callback(move |info: RequestRepaintInfo| {
        host.request_repaint_after(info.delay);
    });
}
