//! Eyes and hands in a host's window: eframe's inspection protocol.
//!
//! Owns: the connection. Produces: what the window says about its widgets, and its pixels.
//! Never: sleeps; each request waits for a frame, and conditions are asked for again.

use crate::wait_until;
use egui::accesskit::{Affine, Node, NodeId, Rect as NodeRect, Role, TreeUpdate};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, pos2};
use egui_inspection::protocol::{Request, Response, read_handshake, read_message, write_message};
use image::RgbaImage;
use std::collections::HashMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// Where a window that is about to be opened can be reached.
#[derive(Clone, Copy, Debug)]
pub struct Address(SocketAddr);

impl Address {
    /// A port that nobody uses.
    ///
    /// # Panics
    /// When the system has none left.
    #[must_use]
    pub fn free() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        Self(listener.local_addr().expect("it is bound"))
    }

    /// What tells a host to listen there.
    #[must_use]
    pub fn env(self) -> (OsString, OsString) {
        ("EGUI_INSPECTION".into(), self.0.to_string().into())
    }
}

/// A widget as assistive technology sees it.
#[derive(Clone, Debug)]
pub struct Widget {
    /// What it says about itself.
    pub node: Node,
    /// Its place in the window, in points.
    pub rect: Rect,
}

impl Widget {
    /// Whether its label or its value is `text`.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.node.label() == Some(text) || self.node.value() == Some(text)
    }
}

/// The primary button of the pointer goes down or up.
#[must_use]
pub fn primary_button(pos: Pos2, pressed: bool) -> Event {
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    Event::PointerButton { pos, button, pressed, modifiers }
}

/// The connection to a host's window.
#[derive(Debug)]
pub struct Window {
    stream: TcpStream,
}

impl Window {
    /// Waits for the window to open.
    #[must_use]
    #[track_caller]
    pub fn open(address: Address) -> Self {
        let stream = wait_until("the window opens", || {
            let mut stream = TcpStream::connect(address.0).ok()?;
            read_handshake(&mut stream).ok()?;
            Some(stream)
        });
        Self { stream }
    }

    #[track_caller]
    fn ask(&mut self, request: &Request) -> Response {
        let reply = write_message(&mut self.stream, request)
            .and_then(|()| read_message::<_, Response>(&mut self.stream));
        match reply {
            Ok(Response::Error { message }) => panic!("{request:?}: {message}"),
            Ok(response) => response,
            Err(error) => panic!("{request:?}: {error}"),
        }
    }

    /// Every widget of the window, the modules' among them.
    #[track_caller]
    pub fn widgets(&mut self) -> Vec<Widget> {
        match self.ask(&Request::GetTree) {
            Response::Tree { accesskit, .. } => accesskit.map(placed).unwrap_or_default(),
            other => panic!("no tree: {other:?}"),
        }
    }

    /// Waits for a widget that [says](Widget::says) `text`.
    #[track_caller]
    pub fn find(&mut self, text: &str) -> Widget {
        wait_until(text, || self.widgets().into_iter().find(|widget| widget.says(text)))
    }

    /// Waits for the first widget of this kind.
    #[track_caller]
    pub fn find_role(&mut self, role: Role) -> Widget {
        wait_until(&format!("{role:?}"), || {
            self.widgets().into_iter().find(|widget| widget.node.role() == role)
        })
    }

    /// Waits for a widget whose label or value `wanted` finds something in.
    #[track_caller]
    pub fn find_by<T>(&mut self, what: &str, wanted: impl Fn(&str) -> Option<T>) -> T {
        wait_until(what, || {
            let widgets = self.widgets();
            widgets.iter().find_map(|Widget { node, .. }| {
                node.label().into_iter().chain(node.value()).find_map(&wanted)
            })
        })
    }

    /// Waits until no widget says `text`.
    #[track_caller]
    pub fn wait_without(&mut self, text: &str) {
        wait_until(text, || self.widgets().iter().all(|widget| !widget.says(text)).then_some(()));
    }

    /// Lets a frame draw with these events.
    #[track_caller]
    pub fn send(&mut self, events: Vec<Event>) {
        let _done = self.ask(&Request::ApplyEvents { events });
    }

    /// Clicks on the middle of the widget that says `text`.
    #[track_caller]
    pub fn click(&mut self, text: &str) {
        let widget = self.find(text);
        self.click_on(&widget);
    }

    /// Clicks on the middle of a widget.
    #[track_caller]
    pub fn click_on(&mut self, widget: &Widget) {
        let pos = widget.rect.center();
        self.send(vec![Event::PointerMoved(pos)]);
        self.send(vec![primary_button(pos, true)]);
        self.send(vec![primary_button(pos, false)]);
    }

    /// Drags the middle of a widget to another place, one frame for each step.
    #[track_caller]
    pub fn drag(&mut self, widget: &Widget, to: Pos2) {
        let from = widget.rect.center();
        self.send(vec![Event::PointerMoved(from)]);
        self.send(vec![primary_button(from, true)]);
        for share in [0.25, 0.5, 0.75, 1.0] {
            self.send(vec![Event::PointerMoved(from.lerp(to, share))]);
        }
        self.send(vec![primary_button(to, false)]);
    }

    /// Types where the keyboard is.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.send(vec![Event::Text(text.to_owned())]);
    }

    /// Presses and releases a key.
    #[track_caller]
    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
        self.send(vec![event(true)]);
        self.send(vec![event(false)]);
    }

    /// The pointer leaves the window.
    #[track_caller]
    pub fn leave(&mut self) {
        self.send(vec![Event::PointerGone]);
    }

    /// What the window shows, in pixels of the screen.
    #[track_caller]
    pub fn screenshot(&mut self) -> RgbaImage {
        match self.ask(&Request::GetScreenshot { pixels_per_point: None }) {
            Response::Screenshot(png) => {
                image::load_from_memory(&png.bytes).expect("it is a PNG").into_rgba8()
            }
            other => panic!("no picture: {other:?}"),
        }
    }
}

/// The nodes with their places, from the root down.
fn placed(update: TreeUpdate) -> Vec<Widget> {
    let Some(root) = update.tree.map(|tree| tree.root) else {
        return Vec::new();
    };
    let nodes: HashMap<NodeId, Node> = update.nodes.into_iter().collect();
    let mut widgets = Vec::new();
    let mut open = vec![(root, Affine::IDENTITY)];
    while let Some((id, above)) = open.pop() {
        let Some(node) = nodes.get(&id) else { continue };
        let transform = node.transform().map_or(above, |own| above * *own);
        let rect = node.bounds().map_or(Rect::ZERO, |bounds| moved(transform, bounds));
        open.extend(node.children().iter().rev().map(|child| (*child, transform)));
        widgets.push(Widget { node: node.clone(), rect });
    }
    widgets
}

fn moved(transform: Affine, bounds: NodeRect) -> Rect {
    let NodeRect { x0, y0, x1, y1 } = transform.transform_rect_bbox(bounds);
    let point = |x: f64, y: f64| -> Pos2 { pos2(x as f32, y as f32) };
    Rect::from_min_max(point(x0, y0), point(x1, y1))
}
