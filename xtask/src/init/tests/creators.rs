//! What is found in the sources of applications.

use crate::init::{Creator, NoCreator, creator};

/// As in eframe's example `hello_world`.
const HELLO_WORLD: &str = r#"#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")] // hide console
#![expect(rustdoc::missing_crate_level_docs)] // it's an example

use eframe::egui;

fn main() -> eframe::Result {
    env_logger::init(); // Log to stderr (if you run with `RUST_LOG=debug`).
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default().with_inner_size([320.0, 240.0]),
        ..Default::default()
    };
    eframe::run_native(
        "My egui App",
        options,
        Box::new(|cc| {
            // This gives us image support:
            egui_extras::install_image_loaders(&cc.egui_ctx);

            Ok(Box::<MyApp>::default())
        }),
    )
}
"#;

/// As in eframe_template's `main.rs`.
pub(super) const TEMPLATE: &str = r#"#![warn(clippy::all, rust_2018_idioms)]

// When compiling natively:
#[cfg(not(target_arch = "wasm32"))]
fn main() -> eframe::Result {
    env_logger::init();

    let native_options = eframe::NativeOptions::default();
    eframe::run_native(
        "eframe template",
        native_options,
        Box::new(|cc| Ok(Box::new(eframe_template::TemplateApp::new(cc)))),
    )
}

// When compiling to web using trunk:
#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(async {
        eframe::WebRunner::new()
            .start(canvas, web_options, Box::new(|cc| Ok(Box::new(Web::new(cc)))))
            .await;
        eframe::run_native("web", web_options, Box::new(Web::new));
    });
}
"#;

fn found(text: &str) -> Creator {
    creator(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A `main` that passes `third`, after `before`.
fn main(before: &str, third: &str) -> String {
    format!("fn main() {{\n{before}\n    eframe::run_native(\"a\", o, {third})\n}}\n")
}

#[test]
fn whole_applications() {
    let block = "|cc| {\n    // This gives us image support:\n    \
                 egui_extras::install_image_loaders(&cc.egui_ctx);\n\n    Ok(Box::<MyApp>::default())\n}";
    let template = "|cc| Ok(Box::new(eframe_template::TemplateApp::new(cc)))";
    let tokio = "#[tokio::main]\nasync fn main() {\n    let rt = start().await;\n    run_native(\"a\", o, Box::new(\
                 MyApp::create)).unwrap();\n}";
    for (text, line, expected) in [
        (HELLO_WORLD, 15, block),
        (TEMPLATE, 12, template),
        (&HELLO_WORLD.replace('\n', "\r\n"), 15, block),
        (tokio, 4, "MyApp::create"),
        (tokio.trim_end(), 4, "MyApp::create"),
        (&format!("\u{feff}{TEMPLATE}"), 12, template),
    ] {
        let found = found(text);
        assert_eq!((found.line, &found.text[..]), (line, expected));
        assert_eq!(found.uses, []);
    }
}

#[test]
fn forms_of_the_argument() {
    for (third, expected) in [
        ("Box::new(|cc| Ok(f(cc)))", "|cc| Ok(f(cc))"),
        ("std::boxed::Box::new(|cc| f(cc))", "|cc| f(cc)"),
        ("Box::new(move |cc| f(cc))", "|cc| f(cc)"),
        ("Box::new(move |cc| g(move || 1))", "|cc| g(move || 1)"),
        (
            "Box::new(|cc: &eframe::CreationContext<'_>| f(cc))",
            "|cc: &eframe::CreationContext<'_>| f(cc)",
        ),
        ("(Box::new(f))", "f"),
        ("Box::new(f) as eframe::AppCreator<'_>", "f"),
        ("Box::new(crate::app::MyApp::new),", "crate::app::MyApp::new"),
        ("Box::new(\n  // why\n  |cc| f(cc), // what\n)", "|cc| f(cc)"),
        ("Box::new(|cc| f(cc) /* what */)", "|cc| f(cc)"),
        ("Box::new(|cc| {\n  g();\n  Ok(f(cc)?)\n})", "|cc| { g(); Ok(f(cc)?) }"),
        (
            "Box::new(|cc| {\n  Ok(Box::new(\n    MyApp::new(\n      cc,\n      1,\n    ),\n  ))\n})",
            "|cc| { Ok(Box::new(MyApp::new(cc, 1))) }",
        ),
        ("Box::new(|cc| Ok(S {\n  a,\n  b: (\n    1,\n  ),\n}))", "|cc| Ok(S { a, b: (1,) })"),
        ("Box::new(|cc| f(cc)\n  .g()\n  .h())", "|cc| f(cc).g().h()"),
        ("Box::new(|cc| m![\n  a,\n])", "|cc| m![a,]"),
        ("Box::new(|cc| {\n  // a\n  f(cc)\n})", "|cc| {\n  // a\n  f(cc)\n}"),
        ("Box::new(move |cc| {\n  // a\n  f(cc)\n})", "|cc| {\n  // a\n  f(cc)\n}"),
        ("Box::new(|cc| {\n    f(\"a\n  b\")\n  })", "|cc| {\n  f(\"a\n  b\")\n}"),
        ("Box::new(|cc| m!(\n  a,\n))", "|cc| m!(a,)"),
        ("Box::new(|cc| f(\"a\n  b\"))", "|cc| f(\"a\n  b\")"),
        (
            "Box::new(|cc| {\n      // a\n        g(\"x\n y\");\n      f(cc)\n    })",
            "|cc| {\n  // a\n    g(\"x\n y\");\n  f(cc)\n}",
        ),
        (
            "Box::new(|cc| {\n    /// a\n    fn g() {}\n    f(cc)\n  })",
            "|cc| {\n  /// a\n  fn g() {}\n  f(cc)\n}",
        ),
    ] {
        assert_eq!(found(&main("", third)).text, expected, "{third}");
    }
}

#[test]
fn a_line_that_is_too_long_stays_broken() {
    for (length, breaks) in [(57, false), (58, true)] {
        let body = format!("Box::new(|cc| {{\n    {}(cc)\n}})", "f".repeat(length));
        assert_eq!(found(&main("", &body)).text.contains('\n'), breaks, "{length}");
    }
}

#[test]
fn other_calls_of_eframe() {
    let text = "fn main() { eframe::run_native_ext(\"a\", o, None, Box::new(f)); }";
    assert_eq!(found(text).text, "f");
    let text = "fn main() { let app = eframe::create_native(\"a\", o, Box::new(f), &events); }";
    assert_eq!(found(text).text, "f");
    // One that falls back to another renderer.
    let text = "fn main() { run_native(\"a\", o, Box::new(f)).or_else(|_| run_native(\"a\", p, Box::new(f))); }";
    assert_eq!(found(text).text, "f");
}

fn uses(text: &str) -> String {
    found(text).uses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check_uses(table: &[(&str, &str, &str)]) {
    for (before, body, expected) in table {
        for third in [format!("Box::new(|cc| {body})"), format!("Box::new(move |cc| {body})")] {
            assert_eq!(uses(&main(before, &third)), *expected, "{before} {third}");
        }
    }
}

#[test]
fn captured_names() {
    check_uses(&[
        ("let args = a();", "App::new(cc, args)", "`args` (line 3)"),
        ("let args = a();", "{\n  App::new(cc, &args.name, args) }", "`args` (line 4)"),
        (
            "let (a, S { b, c: [d, ..] }) = x();",
            "f(a, b, c, d)",
            "`a` (line 3) `b` (line 3) `d` (line 3)",
        ),
        ("if let Some(a) = x() { }", "f(a)", "`a` (line 3)"),
        ("let args: Args = a();", "S { args }", "`args` (line 3)"),
        ("let args = a();", "S { args: 1 }", ""),
        ("let args = a();", "S { a: args }", "`args` (line 3)"),
        ("let args = a();", "x.args(1)", ""),
        ("let args = a();", "x.args", ""),
        ("let args = a();", "args::new()", ""),
        ("let args = a();", "{ let args = 1; f(args) }", ""),
        ("let args = a();", "{ let args = f(args); args }", "`args` (line 3)"),
        ("let args = a();", "{ { let args = 1; } f(args) }", "`args` (line 3)"),
        ("let args = a();", "g(|args| args)", ""),
        ("let args = a();", "match x { Some(args) if args > 1 => args, _ => 1 }", ""),
        ("let args = a();", "match x { Some(args) => 1, _ => args }", "`args` (line 3)"),
        ("let args = a();", "if let Some(args) = x { args } else { 1 }", ""),
        ("let args = a();", "if let Some(args) = x { 1 } else { args }", "`args` (line 3)"),
        ("let args = a();", "while let Some(args) = args.next() { args; }", "`args` (line 3)"),
        ("let args = a();", "for args in x { args; }", ""),
        ("let args = a();", "for b in args { b; }", "`args` (line 3)"),
        ("let args = a();", "{ let Some(args) = x else { return 1 }; args }", ""),
        ("let args = a();", "{ fn f(args: u8) { args } }", ""),
    ]);
}

#[test]
fn captured_names_in_macros() {
    check_uses(&[
        ("let args = a();", "println!(\"{args}\")", "`args` (line 3)"),
        ("let args = a();", "println!(\"{args:?}\")", "`args` (line 3)"),
        ("let args = a();", "println!(\"{}\", args)", "`args` (line 3)"),
        ("let args = a();", "println!(\"{args}\", args = 1)", ""),
        ("let args = a();", "println!(\"{{args}} args {}\", x.args)", ""),
        ("let args = a();", "{ let args = 1; println!(\"{args}\") }", ""),
        ("let args = a();", "f(\"{args}\")", ""),
        ("let args = a();", "f(other)", ""),
        ("let cc = a();", "f(cc)", ""),
    ]);
}

#[test]
fn other_names_that_the_root_does_not_have() {
    check_uses(&[
        ("fn args() {} ", "f(args)", "`args` (line 3)"),
        ("struct App;", "App::new(cc)", "`App` (line 3)"),
        ("struct App;", "Box::<App>::default()", "`App` (line 3)"),
        ("use x::{App as B, c};", "B::new(c)", "`B` (line 3) `c` (line 3)"),
        ("fn f(args: u8) {}", "args", ""),
        ("if let None = x() {}", "None", ""),
    ]);
    for (function, expected) in [
        ("fn run(args: Args)", "`args` (line 1)"),
        ("fn run(_: Args)", ""),
        ("fn run<args>()", "`args` (line 1)"),
    ] {
        let source =
            format!("{function} {{ run_native(\"a\", o, Box::new(|cc| f(args))); let args = 1; }}");
        assert_eq!(uses(&source), expected, "{function}");
    }
    let method =
        "impl A { fn run(self) { run_native(\"a\", o, Box::new(|cc| Self::new(cc, self.x))); } }";
    assert_eq!(uses(method), "`Self` (line 1) `self` (line 1)");
}

#[test]
fn what_is_no_creator() {
    for (text, expected) in [
        ("fn main() {".to_owned(), "it cannot be read as Rust; fix what `cargo check` says first"),
        ("fn main() {}".to_owned(), "it does not call `eframe::run_native`; name the file that does"),
        ("// run_native(\"a\", o, Box::new(f))".to_owned(), "it does not call `eframe::run_native`; name the file that does"),
        ("fn main() { run_native(a) }".to_owned(), "it does not call `eframe::run_native`; name the file that does"),
        (
            "#[cfg(test)] mod t { fn f() { run_native(\"a\", o, Box::new(f)) } }".to_owned(),
            "it does not call `eframe::run_native`; name the file that does",
        ),
        (
            "\nfn main() { eframe::run_ui_native(\"a\", o, move |ui, _| {}) }".to_owned(),
            "line 2: `run_ui_native` runs a function, whose variables cannot outlive its code; make them fields \
             of a struct that implements `eframe::App`, and pass that to `run_native`",
        ),
        (
            main("let new = |cc| f(cc);", "Box::new(new)"),
            "line 3: `new`, which makes the application, is a variable; write its closure into the call, \
             as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`",
        ),
        (
            main("let new = f();", "new"),
            "line 3: `new`, which makes the application, is a variable; write its closure into the call, \
             as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`",
        ),
        (
            main("", "Box::new(make(\n1)),\n"),
            "line 3: `make(` is no closure and no path to a function; write one into the call, \
             as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`",
        ),
        (
            main("", "creator(),"),
            "line 3: `creator()` is no closure and no path to a function; write one into the call, \
             as in `Box::new(|cc| Ok(Box::new(MyApp::new(cc))))`",
        ),
        (
            "fn a() { run_native(\"a\", o, Box::new(A::new)) }\nfn b() { run_native(\"b\", o, Box::new(B::new)) }"
                .to_owned(),
            "`run_native` is called in lines 1, 2 with different applications; \
             write `hot_api::export_eframe_app!` by hand for one of them",
        ),
    ] {
        let error = creator(&text).expect_err(&text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
    assert_eq!(
        creator("fn main() { run_simple_native(\"a\", o, f) }"),
        Err(NoCreator::Function { line: 1, name: "run_simple_native".to_owned() })
    );
}
