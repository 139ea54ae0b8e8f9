//! Tables of sources and the uses in them.

use super::*;
use std::path::PathBuf;

/// Lines, kinds and codes, in short form.
fn uses(text: &str) -> Vec<(u32, Unsupported, String)> {
    in_source(text).into_iter().map(|found| (found.line, found.what, found.code)).collect()
}

#[track_caller]
fn check(text: &str, expected: &[(u32, Unsupported, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(line, what, code)| (*line, *what, (*code).to_owned())).collect();
    assert_eq!(uses(text), expected, "{text}");
}

#[test]
fn expressions_and_paths() {
    use Unsupported::*;
    for (body, what, code) in [
        ("let _ = frame.storage();", FrameStorage, "frame.storage()"),
        ("_frame.storage_mut().map(f);", FrameStorage, "_frame.storage_mut()"),
        ("self.eframe.storage();", FrameStorage, "self.eframe.storage()"),
        ("(&mut *frame).storage();", FrameStorage, "(&mut *frame).storage()"),
        ("let gl = frame.gl().unwrap();", GlContext, "frame.gl()"),
        ("let gl = cc.gl.as_ref().expect(\"glow\");", GlContext, "cc.gl"),
        ("let f = cc.get_proc_address.clone();", GlContext, "cc.get_proc_address"),
        ("cc.wgpu_render_state.as_ref()?;", WgpuPainting, "cc.wgpu_render_state"),
        ("frame.wgpu_render_state();", WgpuPainting, "frame.wgpu_render_state()"),
        (
            "egui_wgpu::Callback::new_paint_callback(rect, Custom { angle });",
            WgpuPainting,
            "egui_wgpu::Callback::new_paint_callback(rect, Custom { angl…",
        ),
        ("let f = Callback::new_paint_callback;", WgpuPainting, "Callback::new_paint_callback"),
        (
            "frame.register_native_glow_texture(t);",
            NativeTexture,
            "frame.register_native_glow_texture(t)",
        ),
        (
            "state.renderer.write().register_native_texture(&d, &v, mode);",
            NativeTexture,
            "state.renderer.write().register_native_texture(&d, &v, mode)",
        ),
        ("cc.window_handle()?;", WindowHandle, "cc.window_handle()"),
        ("frame.display_handle()?;", WindowHandle, "frame.display_handle()"),
        ("frame.winit_window()?;", WindowHandle, "frame.winit_window()"),
        ("w.raw_window_handle();", WindowHandle, "w.raw_window_handle()"),
        (
            "ctx.show_viewport_deferred(id, b, f);",
            DeferredViewport,
            "ctx.show_viewport_deferred(id, b, f)",
        ),
        ("std::thread::spawn(work);", UnjoinedThread, "std::thread::spawn(work)"),
        ("thread::spawn(move || loop {});", UnjoinedThread, "thread::spawn(move || loop {})"),
        ("works.map(thread::spawn);", UnjoinedThread, "thread::spawn"),
        (
            "thread::Builder::new().name(n).spawn(work)?;",
            UnjoinedThread,
            "thread::Builder::new().name(n).spawn(work)",
        ),
    ] {
        check(&format!("fn f() {{\n    {body}\n}}"), &[(2, what, code)]);
    }
}

#[test]
fn what_only_looks_alike_is_no_use() {
    for body in [
        "cc.storage.is_some();",
        "self.storage();",
        "frame.storage(key);",
        "database.storage();",
        "painter.gl();",
        "self.gl.clear();",
        "frame.gl(1);",
        "self.wgpu_render_state.clone();",
        "window.window_handle(1);",
        "ctx.show_viewport_immediate(id, b, f);",
        "tokio::spawn(work);",
        "tokio::task::Builder::new().spawn(work);",
        "std::process::Command::new(\"ls\").spawn();",
        "scope.spawn(work);",
        "egui_glow::CallbackFn::new(move |info, painter| paint(painter.gl()));",
        "// frame.storage()",
        "let text = \"frame.storage()\";",
        "println!(\"{:?}\", frame.storage());",
        "#[cfg(target_arch = \"wasm32\")]\n frame.storage();",
        "#[cfg(target_arch = \"wasm32\")]\n { frame.storage(); }",
        "#[cfg(test)]\n let s = frame.storage();",
    ] {
        check(&format!("fn f() {{\n    {body}\n}}"), &[]);
    }
    for text in [
        "fn (",
        "#[cfg(test)]\nmod tests { fn f() { frame.storage(); } }",
        "#[test]\nfn f() { frame.storage(); }",
        "#[cfg(target_arch = \"wasm32\")]\nfn f() { frame.storage(); }",
        "impl A { #[cfg(target_arch = \"wasm32\")] fn f() { frame.storage(); } }",
        "use egui_wgpu::CallbackTrait;",
    ] {
        check(text, &[]);
    }
}

#[test]
fn parameters_tell_the_names_by_their_types() {
    use Unsupported::*;
    check(
        "fn new(c: &eframe::CreationContext<'_>, f: &mut eframe::Frame) {\n c.gl;\n f.gl();\n}",
        &[(2, GlContext, "c.gl"), (3, GlContext, "f.gl()")],
    );
    check("fn new(c: &Other, f: &mut egui::Frame) {\n c.gl;\n f.gl();\n}", &[]);
    check(
        "use eframe::egui_wgpu::CallbackTrait;\nimpl CallbackTrait for Custom {}",
        &[(2, WgpuPainting, "CallbackTrait")],
    );
}

#[test]
fn code_is_one_line() {
    use Unsupported::*;
    check(
        "fn f() {\n    ctx\n        .clone()\n        .show_viewport_deferred(\n            id,\n            b,\n        );\n}",
        &[(4, DeferredViewport, "ctx.clone().show_viewport_deferred(id, b,)")],
    );
    check("fn f() {\r\n    frame\r\n        .gl();\r\n}", &[(3, GlContext, "frame.gl()")]);
    check(
        "fn f() {\n thread::spawn(S {\n  a: 1,\n  ..d\n })\n}",
        &[(2, UnjoinedThread, "thread::spawn(S { a: 1, ..d })")],
    );
    check("\u{feff}fn ä() { frame.gl(); }", &[(1, GlContext, "frame.gl()")]);
}

#[test]
fn an_application_that_saves_nothing() {
    use Unsupported::NothingSaved;
    for (text, expected) in [
        ("impl eframe::App for MyApp {\n}", Some((1, "impl eframe::App for MyApp"))),
        ("\nimpl<T> App for My<T> {\n fn ui() {}\n}", Some((2, "impl<T> App for My<T>"))),
        ("impl App for Old {\n fn update() {}\n}", Some((1, "impl App for Old"))),
        (
            "impl eframe::App for A {\n fn ui() {}\n fn save(&mut self) {\n }\n}",
            Some((3, "fn save(&mut self) { }")),
        ),
        ("impl eframe::App for A { fn save(&mut self) { store() } }", None),
        ("impl App for Other { fn run() {} }", None),
        ("impl App { fn ui() {} }", None),
        ("impl Other for App { fn ui() {} }", None),
        ("#[cfg(test)] impl eframe::App for A {}", None),
        ("hot_api::export_eframe_app!(A::new, state);\nimpl eframe::App for A {}", None),
        ("export_eframe_app!(|cc| new(cc), state,);\nimpl eframe::App for A {}", None),
        ("export_eframe_app!(A::new, state, options = f());\nimpl eframe::App for A {}", None),
        (
            "export_eframe_app!(state);\nimpl eframe::App for A {}",
            Some((2, "impl eframe::App for A")),
        ),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(line, code)| (line, NothingSaved, code)).collect();
        check(text, &expected);
    }
    let without = "export_eframe_app!(|state| state);\nimpl eframe::App for A {}";
    check(without, &[(2, NothingSaved, "impl eframe::App for A")]);
}

#[test]
fn statements_of_main() {
    for (body, expected) in [
        ("run_native(\"a\", o, c)", &[][..]),
        ("env_logger::init();\neframe::run_native(\"a\", o, c)", &[(2, "env_logger::init()")]),
        ("let o = NativeOptions::default();\nrun_native(\"a\", o, c)", &[]),
        ("let mut o = new();\no.viewport.icon = None;\nrun_native(\"a\", o.clone(), c)", &[]),
        ("let mut o = new();\nif x {\n o.a = 1;\n}\nrun_native(\"a\", o, c)", &[]),
        ("let i = load();\nlet o = Options { i, ..d() };\nrun_native(\"a\", o, c)", &[]),
        ("let t = title();\nrun_native(&t, o, c)", &[]),
        (
            "let a = parse();\nlet o = size(a);\nrun_native(\"a\", o, Box::new(|cc| App::new(a)))",
            &[(2, "let a = parse()")],
        ),
        (
            "let a = parse();\nrun_native(&a.t, o, Box::new(|cc| App::new(a)))",
            &[(2, "let a = parse()")],
        ),
        (
            "let a = parse();\nlog(a.level);\nlet o = size(a);\nrun_native(\"a\", o, c)",
            &[(2, "let a = parse()"), (3, "log(a.level)")],
        ),
        ("use x::y;\nconst A: u8 = 1;\nfn f() {}\nrun_native(\"a\", o, c)", &[]),
        ("println!(\"a\");\nrun_native(\"a\", o, c)", &[(2, "println!(\"a\")")]),
        ("a(); b();\nrun_native(\"a\", o, c)", &[(2, "a()"), (2, "b()")]),
        ("if a {\n b();\n}\nrun_native(\"a\", o, c)", &[(2, "if a {")]),
        ("*FLAG.lock() = true;\nrun_native(\"a\", o, c)", &[(2, "*FLAG.lock() = true")]),
        (
            "let rt = Runtime::new();\nrt.block_on(async {\n start();\n run_native(\"a\", o, c)\n})",
            &[(2, "let rt = Runtime::new()"), (4, "start()")],
        ),
        ("run_native(\"a\", o, Box::new(|cc| {\n install(cc);\n Ok(new(cc))\n}));\nafter()", &[]),
        ("#[cfg(target_arch = \"wasm32\")]\nweb();\nrun_native(\"a\", o, c)", &[]),
        ("#[cfg(unix)]\n// why\nunix();\nrun_native(\"a\", o, c)", &[(4, "unix()")]),
        ("init();\nother()", &[]),
        ("init();\nrun_ui_native(\"a\", o, c)", &[(2, "init()")]),
    ] {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, code)| (*line, Unsupported::MainStatement, *code))
            .collect();
        check(&format!("fn main() {{\n{body}\n}}"), &expected);
    }
}

#[test]
fn the_native_main_counts_and_its_runtime_is_a_use() {
    use Unsupported::MainStatement;
    check(
        "#[cfg(target_arch = \"wasm32\")]\nfn main() { web(); run_native(1, 2, 3) }\n\
         #[cfg(not(target_arch = \"wasm32\"))]\n#[tokio::main(flavor = \"x\")]\n\
         async fn main() {\n a().await;\n run_native(1, 2, 3)\n}",
        &[(4, MainStatement, "#[tokio::main(flavor = \"x\")]"), (6, MainStatement, "a().await")],
    );
    check(
        "fn main() {\n a();\n run_native(1, 2, 3)\n}\nfn f() { frame.gl(); }",
        &[(2, MainStatement, "a()"), (5, Unsupported::GlContext, "frame.gl()")],
    );
    check("fn helper() {\n init();\n run_native(1, 2, 3)\n}", &[]);
}

#[test]
fn a_package_joins_and_exports_as_a_whole() {
    let file = |name: &str, text: &str| (PathBuf::from(name), text.to_owned());
    let all = |files: &[(PathBuf, String)]| -> Vec<String> {
        let lines = |found: Found| format!("{}:{}", found.file.display(), found.line);
        in_package(files).into_iter().map(lines).collect()
    };
    let spawns = file("src/b.rs", "fn f() {\n thread::spawn(g);\n frame.gl();\n}");
    let app = file("src/a.rs", "impl eframe::App for A {}");
    let joins = file("src/c.rs", "fn f(t: JoinHandle<()>) { t.join().ok(); }");
    let path_join = file("src/c.rs", "fn f(p: &Path) { p.join(\"a\"); }");
    let maps = file("src/c.rs", "fn f() { all.map(JoinHandle::join); }");
    let exports = file("src/main.rs", "export_eframe_app!(A::new, state);");
    for (files, expected) in [
        (vec![spawns.clone(), app.clone()], &["src/a.rs:1", "src/b.rs:2", "src/b.rs:3"][..]),
        (vec![spawns.clone(), path_join], &["src/b.rs:2", "src/b.rs:3"]),
        (vec![spawns.clone(), joins], &["src/b.rs:3"]),
        (vec![spawns, maps], &["src/b.rs:3"]),
        (vec![app, exports], &[]),
        (vec![], &[]),
    ] {
        assert_eq!(all(&files), expected, "{files:?}");
    }
}

#[test]
fn a_line_names_place_code_and_way_out() {
    let files = [(PathBuf::from("src/main.rs"), "\nfn f() { frame.storage(); }".to_owned())];
    let lines: Vec<_> = in_package(&files).iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        ["src/main.rs:2: `Frame::storage` is always `None` in a module (`frame.storage()`); \
             use `cc.storage` in the creator and `App::save`"]
    );
}

#[test]
fn a07_all_sources_below_a_directory_are_read_and_named_from_the_package_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let src = dir.path().join("src");
    std::fs::create_dir_all(src.join("deep")).expect("a directory");
    for (file, text) in [
        ("a.rs", "fn f() { frame.gl(); }"),
        ("deep/b.rs", "\nfn f() { frame.storage(); }"),
        ("c.txt", "fn f() { frame.gl(); }"),
        ("broken.rs", "fn f( {"),
    ] {
        std::fs::write(src.join(file), text).expect("a file");
    }
    let found = below(&src, dir.path());
    let places: Vec<(String, u32)> =
        found.iter().map(|found| (found.file.display().to_string(), found.line)).collect();
    assert_eq!(places, [("src/a.rs".to_owned(), 1), ("src/deep/b.rs".to_owned(), 2)]);
}
