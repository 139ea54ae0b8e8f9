//! A module whose every method the test writes.

use hot_api::egui::{Context, TextureHandle, Ui};
use hot_api::{Create, CreateContext, Module, ModuleFrame, Service, Services, View, ViewFn};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What survives a reload.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) text: String,
    pub(crate) clicks: u32,
}

/// What services have.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read and never looked at")]
pub(crate) struct Config {
    pub(crate) port: u16,
    #[serde(default)]
    pub(crate) server: Option<Server>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read and never looked at")]
pub(crate) struct Server {
    #[serde(rename = "hostName")]
    pub(crate) host_name: String,
}

/// What does not.
pub(crate) struct Scripted {
    pub(crate) texture: Option<TextureHandle>,
}

/// What the module does; the default is nothing.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    pub(crate) create: fn(&CreateContext<'_>),
    pub(crate) setup: fn(&mut Scripted, &Context),
    pub(crate) logic: fn(&mut Data, &Context, &mut ModuleFrame<'_>),
    pub(crate) ui: ViewFn<Scripted>,
    pub(crate) side: ViewFn<Scripted>,
    pub(crate) services: fn(&Config) -> Vec<Service>,
    pub(crate) drop: fn(),
    pub(crate) drop_state: fn(),
}

impl Default for Script {
    fn default() -> Self {
        Self {
            create: |_| {},
            setup: |_, _| {},
            logic: |_, _, _| {},
            ui: |_, _, _, _| {},
            side: |_, _, _, _| {},
            services: |_| Vec::new(),
            drop: || {},
            drop_state: || {},
        }
    }
}

thread_local! {
    static SCRIPT: RefCell<Script> = RefCell::default();
    static NOTES: RefCell<BTreeMap<&'static str, String>> = RefCell::default();
}

/// What the module of this test does from now on.
pub(crate) fn play(script: Script) {
    SCRIPT.set(script);
}

fn script() -> Script {
    SCRIPT.with_borrow(|script| *script)
}

/// From inside the script: remembers what it saw.
pub(crate) fn note(name: &'static str, value: impl std::fmt::Display) {
    NOTES.with_borrow_mut(|notes| notes.insert(name, value.to_string()));
}

/// What the script last saw under this name.
#[track_caller]
pub(crate) fn seen(name: &str) -> String {
    let notes = NOTES.with_borrow(Clone::clone);
    notes.get(name).unwrap_or_else(|| panic!("the script noted no {name:?}: {notes:?}")).clone()
}

impl Create for Scripted {
    fn create(cc: &CreateContext<'_>) -> Self {
        (script().create)(cc);
        Self { texture: None }
    }
}

hot_api::export_module!(Scripted, services);

impl Services for Scripted {
    type Config = Config;

    fn services(&self, config: &Config) -> Vec<Service> {
        (script().services)(config)
    }
}

impl Module for Scripted {
    type State = Data;

    const VIEWS: &'static [View<Self>] = &[View {
        name: "side",
        ui: |module, data, ui, frame| (script().side)(module, data, ui, frame),
    }];

    fn setup(&mut self, ctx: &Context) {
        (script().setup)(self, ctx);
    }

    fn logic(&mut self, data: &mut Data, ctx: &Context, frame: &mut ModuleFrame<'_>) {
        (script().logic)(data, ctx, frame);
    }

    fn ui(&mut self, data: &mut Data, ui: &mut Ui, frame: &mut ModuleFrame<'_>) {
        (script().ui)(self, data, ui, frame);
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        (script().drop_state)();
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        (script().drop)();
    }
}
