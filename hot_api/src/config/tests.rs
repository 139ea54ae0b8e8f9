use super::*;
use crate::services::Refusal;
use serde_json::{Value, json};

/// The files of a directory, and what they come to with an environment.
fn read(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Configuration, String> {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).expect("write a test file");
    }
    let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
    Configuration::read_with(dir.path(), environment).map_err(|error| error.to_string())
}

fn values(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Value {
    Value::Object(read(files, environment).expect("good files").values().clone())
}

#[test]
fn f02_later_files_and_the_environment_win() {
    let app = ("app.toml", "name = \"a\"\n[server]\nport = 1\nhosts = [\"x\", \"y\"]\n");
    let local = ("app.local.toml", "server.port = 2\nserver.tls = true\n");
    let env = (".env", "APP__SERVER__PORT=3\nAPP__NAME=dotenv\n");
    let env_local = (".env.local", "APP__SERVER__PORT=4\n");
    let port = |files: &[(&str, &str)], real: &[(&str, &str)]| {
        values(files, real)["server"]["port"].clone()
    };
    assert_eq!(values(&[], &[]), json!({}));
    assert_eq!(port(&[app], &[]), 1);
    assert_eq!(port(&[app, local], &[]), 2);
    assert_eq!(port(&[app, local, env], &[]), 3);
    assert_eq!(port(&[app, local, env, env_local], &[]), 4);
    let real = [("APP__SERVER__PORT", "5"), ("APPLE__X", "1"), ("HOME", "/")];
    let all = values(&[app, local, env, env_local], &real);
    let expected = json!({
        "name": "dotenv", "server": {"port": 5, "hosts": ["x", "y"], "tls": true}
    });
    assert_eq!(all, expected);
    // Whatever the spelling, and whether a key or a table around it is given.
    let spelled = (".env", "APP__server__port=9\n");
    assert_eq!(port(&[app, spelled], &[("APP__SERVER__PORT", "5")]), 5);
    assert_eq!(port(&[app, env], &[("APP__SERVER", "{ port = 5 }")]), 5);
    assert_eq!(port(&[app, (".env", "APP__SERVER__PORT=3\nAPP__SERVER__PORT=4\n")], &[]), 4);
    // A value takes the place of a table and the other way round, with all that is in it.
    let table = ("app.local.toml", "[name]\nfirst = \"b\"\n");
    assert_eq!(values(&[app, table], &[])["name"], json!({"first": "b"}));
    let scalar = ("app.local.toml", "server = 1\n");
    assert_eq!(values(&[app, scalar], &[])["server"], 1);
}

#[test]
fn f02_a_variable_is_a_toml_value_or_text() {
    for (text, expected) in [
        ("8080", json!(8080)),
        ("0x1F", json!(31)),
        ("1.5", json!(1.5)),
        ("true", json!(true)),
        ("[1, 2]", json!([1, 2])),
        ("{ a = { b = 1 } }", json!({"a": {"b": 1}})),
        ("\"8080\"", json!("8080")),
        ("2026-01-02", json!("2026-01-02")),
        ("plain text", json!("plain text")),
        ("1\nother = 2", json!("1\nother = 2")),
        ("nan", json!("nan")),
        ("", json!("")),
    ] {
        assert_eq!(values(&[], &[("APP__A__B", text)]), json!({"a": {"b": expected}}), "{text}");
    }
    // The spelling of the file is kept.
    let app = ("app.toml", "[Server]\nmaxJobs = 1\n");
    let spelled = values(&[app], &[("APP__SERVER__MAXJOBS", "2"), ("APP__SERVER__NEW", "3")]);
    assert_eq!(spelled, json!({"Server": {"maxJobs": 2, "new": 3}}));
}

#[test]
fn f07_other_variables_are_no_keys_and_go_with_their_line() {
    let env = |text: &'static str| read(&[(".env", text)], &[]).expect("a good file");
    let both = env("TOKEN=secret\nexport OTHER='a b' # why\n");
    assert_eq!(both.values().len(), 0);
    assert_eq!(both.variables()["TOKEN"], "secret");
    assert_eq!(both.variables()["OTHER"], "a b");
    assert!(!env("OTHER=1\n").variables().contains_key("TOKEN"));
    let local = read(&[(".env", "A=1\nB=1\n"), (".env.local", "B=2\n")], &[]).expect("good files");
    assert_eq!((&*local.variables()["A"], &*local.variables()["B"]), ("1", "2"));
}

#[test]
fn f03_what_cannot_be_read_names_file_line_and_key() {
    let inf = "`inf` and `nan` cannot be configured";
    for (files, environment, says) in [
        (&[("app.toml", "a = 1\nb = \n")][..], &[][..], "app.toml:2: "),
        (&[("app.local.toml", "a = 1\na = 2\n")], &[], "app.local.toml:2: duplicate key"),
        (&[("app.toml", "[t]\nx = inf\n")], &[], &format!("app.toml:2: t.x: {inf}")),
        (&[("app.toml", "[t]\nx = [1.0, nan]\n")], &[], &format!("app.toml:2: t.x: {inf}")),
        (
            &[("app.toml", "x = 99999999999999999999\n")],
            &[],
            "app.toml:1: x: this number does not fit",
        ),
        (&[(".env", "A=1\n2=secret word\n")], &[], ".env:2: this is no `NAME=value`"),
        (
            &[("app.toml", "server = 1\n"), (".env", "\nAPP__SERVER__PORT=1\n")],
            &[],
            ".env (APP__SERVER__PORT):2: server.port: `server` is no table in app.toml:1",
        ),
        (&[], &[("APP__", "1")], "environment (APP__): this name stands for no key"),
        (&[], &[("APP__A.B", "1")], "environment (APP__A.B): this name stands for no key"),
        (&[], &[("APP__A____B", "1")], "environment (APP__A____B): this name stands for no key"),
    ] {
        let error = read(files, environment).expect_err(says);
        assert!(error.starts_with(says), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let dir = tempfile::tempdir().expect("create a temporary directory");
    std::fs::create_dir(dir.path().join(".env")).expect("a directory in its place");
    let error = Configuration::read_with(dir.path(), []).expect_err("it cannot be read");
    assert!(error.to_string().starts_with(".env: "), "{error}");
}

#[test]
fn f03_a_refusal_is_explained_where_the_value_stands_and_shows_no_secret() {
    let app = "list = [1,\n  2]\n[server]\nport = \"x\"\n[[server.users]]\nname = 1\n";
    let env = ".env (APP__DB__PASSWORD)";
    let files = [("app.toml", app), (".env", "# c\nAPP__DB__PASSWORD=hunter2\n")];
    let read = read(&files, &[]).expect("good files");
    for (key, message, says) in [
        ("server.port", "invalid type", "app.toml:4: server.port: invalid type"),
        ("list[1]", "invalid type", "app.toml:2: list[1]: invalid type"),
        ("server.users[0].name", "no", "app.toml:6: server.users[0].name: no"),
        ("server", "missing field `host`", "app.toml:3: server: missing field `host`"),
        (".", "missing field `name`", "missing field `name`"),
        ("", "two services are called `a`", "two services are called `a`"),
    ] {
        let refusal = Refusal { key: key.to_owned(), message: message.to_owned() };
        assert_eq!(read.explain(&refusal).to_string(), says);
    }
    let masked = "invalid type: string ••••••, expected u16";
    for (key, message, says) in [
        (
            "db.password",
            "invalid type: string \"hunter2\", expected u16",
            format!("{env}:2: db.password: {masked}"),
        ),
        // As types with `flatten` and tagged ones have it: with the key of a table around it.
        ("db", "invalid type: string \"hunter2\", expected u16", format!("{env}:2: db: {masked}")),
        (".", "invalid type: string \"hunter2\", expected u16", masked.to_owned()),
        ("db", "hunter2 is too short", format!("{env}:2: db: •••••• is too short")),
        (
            "db.password",
            "it is odd, expected 8",
            format!("{env}:2: db.password: this value cannot be used, expected 8"),
        ),
        ("db.password", "it is odd", format!("{env}:2: db.password: this value cannot be used")),
    ] {
        let refusal = Refusal { key: key.to_owned(), message: message.to_owned() };
        assert_eq!(read.explain(&refusal).to_string(), says);
    }
    // A short one masks nothing but itself.
    let pin =
        self::read(&[], &[("APP__PIN", "1"), ("APP__LIST", "[1, \"a\"]")]).expect("good variables");
    let said = |key: &str, message: &str| {
        let refusal = Refusal { key: key.to_owned(), message: message.to_owned() };
        pin.explain(&refusal).message
    };
    let wrong = "invalid type: integer `1`, expected u16 or i16";
    assert_eq!(said("pin", wrong), "invalid type: integer ••••••, expected u16 or i16");
    assert_eq!(
        said("list[1]", "invalid type: string \"a\", expected u16"),
        "invalid type: string ••••••, expected u16"
    );
}

#[test]
fn f10_an_unknown_key_has_a_suggestion() {
    let read = read(&[("app.toml", "\nsevrer = 1\nother = 2\ndb = 1\n\"a\\nb\" = 1\n")], &[]);
    let read = read.expect("a good file");
    let known = ["server".to_owned(), "server.port".to_owned(), "url".to_owned()];
    let said = |key: &str| read.unknown_key(key, &known).to_string();
    assert_eq!(said("sevrer"), "app.toml:2: sevrer: unknown key; did you mean `server`?");
    assert_eq!(said("other"), "app.toml:3: other: unknown key; no module reads it");
    assert_eq!(said("db"), "app.toml:4: db: unknown key; no module reads it");
    assert_eq!(said("a\nb"), "app.toml:5: a\u{fffd}b: unknown key; no module reads it");
}

#[test]
fn entries_have_their_sources_and_hide_what_may_be_secret() {
    let files = [
        ("app.toml", "a = 1\n[t]\nb = [1, 2]\nempty = {}\n"),
        ("app.local.toml", "[t]\nc = \"text\"\n"),
        (".env", "APP__T__D=secret\nTOKEN=secret\n"),
    ];
    let read = read(&files, &[("APP__A", "2")]).expect("good files");
    let entries: Vec<_> =
        read.entries().into_iter().map(|it| (it.key, it.value, it.source)).collect();
    let expected = [
        ("a", "••••••", "environment (APP__A)"),
        ("t.b", "[1,2]", "app.toml:3"),
        ("t.c", "\"text\"", "app.local.toml:2"),
        ("t.d", "••••••", ".env (APP__T__D):1"),
        ("t.empty", "{}", "app.toml:4"),
        ("env TOKEN", "••••••", ".env (TOKEN)"),
    ];
    let expected =
        expected.map(|(key, value, source)| (key.to_owned(), value.to_owned(), source.to_owned()));
    assert_eq!(entries, expected);
}
