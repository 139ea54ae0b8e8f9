//! Which root exports the application.

use super::creators::TEMPLATE;
use crate::init::{Place, creator, for_library, place};

#[test]
fn paths_as_the_library_has_them() {
    for (creator, expected) in [
        ("|cc| Ok(Box::new(my_app::App::new(cc)))", "|cc| Ok(Box::new(crate::App::new(cc)))"),
        ("my_app::App::new", "crate::App::new"),
        ("::my_app::App::new", "crate::App::new"),
        ("|cc| ::my_app::new(cc)", "|cc| crate::new(cc)"),
        ("|cc| f::<my_app::App>(cc)", "|cc| f::<crate::App>(cc)"),
        ("|cc| other::my_app::new(cc)", "|cc| other::my_app::new(cc)"),
        ("|cc| S { my_app: my_app::N }", "|cc| S { my_app: crate::N }"),
        ("|cc| x.my_app", "|cc| x.my_app"),
        ("|cc| f(\"my_app::A\")", "|cc| f(\"my_app::A\")"),
        ("|cc| dbg!(my_app::A)", "|cc| dbg!(crate::A)"),
        ("|cc| my_app2::new(cc)", "|cc| my_app2::new(cc)"),
    ] {
        assert_eq!(for_library(creator, "my-app"), expected);
        assert_eq!(for_library(creator, "my_app"), expected);
    }
}

#[test]
fn the_library_exports_what_it_holds() {
    let creator = creator(TEMPLATE).unwrap().text;
    let expected = "|cc| Ok(Box::new(crate::TemplateApp::new(cc)))".to_owned();
    assert_eq!(
        place(TEMPLATE, &creator, Some("eframe-template")),
        Place::Library { creator: expected }
    );
    assert_eq!(place(TEMPLATE, &creator, None), Place::Main { creator: creator.clone() });
    assert_eq!(place(TEMPLATE, &creator, Some("other")), Place::Main { creator: creator.clone() });
}

#[test]
fn imports_of_main_decide_too() {
    for (main, creator, expected) in [
        ("use app::App;", "|cc| App::new(cc)", Some("|cc| crate::App::new(cc)")),
        ("use app::{ui::App as A, x};", "A::new", Some("crate::ui::App::new")),
        ("use app::ui::{self};", "ui::App::new", Some("crate::ui::App::new")),
        (
            "use app::App; use eframe::egui;",
            "|cc| App::new(egui::Vec2::X)",
            Some("|cc| crate::App::new(eframe::egui::Vec2::X)"),
        ),
        ("use app::App; fn f() {}", "|cc| App::new(f())", None),
        ("use app::App; mod m;", "|cc| App::new(m::f())", None),
        ("use app::App; use crate::m::f; mod m;", "|cc| App::new(f())", None),
        ("use app::App; use m::f; mod m;", "|cc| App::new(f())", None),
        ("use app::App;", "|cc| App::new(crate::f())", None),
        ("use other::App;", "|cc| App::new(cc)", None),
        ("#[cfg(target_arch = \"wasm32\")] use app::App;", "|cc| App::new(cc)", None),
        ("use app::*;", "|cc| App::new(cc)", None),
        ("struct App;", "|cc| App::new(cc)", None),
        ("", "|cc| x.app::<u8>()", None),
    ] {
        let expected = match expected {
            Some(creator) => Place::Library { creator: creator.to_owned() },
            None => Place::Main { creator: creator.to_owned() },
        };
        assert_eq!(place(main, creator, Some("app")), expected, "{main} {creator}");
    }
}
