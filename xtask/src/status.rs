//! `cargo xtask status`: what the running app is doing.

use crate::output::{answer, say};
use crate::project::{ANSWER_LIMIT, Project};
use anyhow::Context;
use clap::Args;
use host::control::Request;
use host::journal::board::{ProcessBoard, ServiceBoard, ServiceState, trouble};
use host::journal::event::{ConfigValue, Event};
use host::journal::status::{ModuleHealth, ModuleStatus, Status as HostStatus};
use host::start::cli::Exit;
use std::process::ExitCode;
use std::time::Duration;

/// Show what the running app is doing
#[derive(Args, Debug)]
pub(crate) struct Status {
    /// Print one JSON object, as in target/pitstop/status.json
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(self, project: &Project) -> anyhow::Result<ExitCode> {
        let mut reply = project.ask(&Request::Status {}, Some(ANSWER_LIMIT))?;
        let Some(status) = reply.body.remove("status").filter(|_| reply.ok) else {
            return answer(&reply, self.json, String::new);
        };
        if self.json {
            say(&status.to_string())?;
        } else {
            let status = serde_json::from_value(status)
                .context("the host's status cannot be understood; is it of another version?")?;
            say(&text(&status))?;
        }
        Ok(Exit::Done.into())
    }
}

fn text(status: &HostStatus) -> String {
    let up = Duration::from_millis(status.heartbeat_unix_ms.saturating_sub(status.started_unix_ms));
    let window = if status.headless { "headless" } else { "with a window" };
    let mut text = format!(
        "Pitstop {}, pid {}, {window}, up {}\nsocket {}\n\n",
        status.version,
        status.pid,
        span(up),
        status.socket
    );
    let header = ["MODULE", "RUNS", "STATUS", "STATE", "LAST RELOAD", "KEPT"];
    text.push_str(&table(header, status.modules.iter().map(row)));
    if !status.processes.is_empty() {
        text.push('\n');
        let header = ["PROGRAM", "STATUS", "UP", "RESTARTS", "LAST EXIT"];
        let rows = status.processes.iter().map(|it| program_row(it, status.heartbeat_unix_ms));
        text.push_str(&table(header, rows));
    }
    if !status.services.is_empty() {
        text.push('\n');
        let header = ["SERVICE", "MODULE", "STATUS", "UP", "RESTARTS"];
        let rows = status.services.iter().map(|it| service_row(it, status.heartbeat_unix_ms));
        text.push_str(&table(header, rows));
    }
    if let Some(config) = status.config.as_ref().filter(|config| !config.values.is_empty()) {
        text.push('\n');
        let rows = config.values.iter().map(|it| {
            let ConfigValue { key, value, source } = it;
            [key.clone(), value.clone(), source.clone()]
        });
        text.push_str(&table(["CONFIGURATION", "VALUE", "SOURCE"], rows));
    }
    if let Some(error) = status.config.as_ref().and_then(|config| config.error.as_ref()) {
        text.push_str(&format!("\nThe configuration cannot be used: {error}\n"));
    }
    for service in &status.services {
        if let Some(error) = &service.last_error {
            text.push_str(&format!("\nservice {}: {error}\n", service.name));
        }
    }
    for module in &status.modules {
        if let Some(error) = &module.last_error {
            text.push_str(&format!("\n{}: {}\n", module.name, error.trim_end()));
        }
    }
    for module in &status.modules {
        if !module.busy.is_empty() {
            let waits = if module.deferred { "; its new code waits for that" } else { "" };
            text.push_str(&format!(
                "\n{} is busy: {}{waits}\n",
                module.name,
                module.busy.join(", ")
            ));
        }
    }
    for process in &status.processes {
        if let Some(trouble) = trouble(process, &status.targets) {
            text.push_str(&format!("\n{}: {trouble}\n", process.name));
        }
    }
    if status.restart_pending {
        text.push_str("\nA restart is pending: files changed that a swap cannot bring in.\n");
    }
    text.trim_end().to_owned()
}

/// Columns as wide as what is in them.
fn table<const N: usize>(header: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = std::iter::once(header.map(str::to_owned)).chain(rows).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            format!("{cell:width$}")
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn program_row(process: &ProcessBoard, now_unix_ms: u64) -> [String; 5] {
    let dash = || "-".to_owned();
    let up = process
        .pid
        .and(process.started_unix_ms)
        .map(|since| span(Duration::from_millis(now_unix_ms.saturating_sub(since))));
    [
        process.name.clone(),
        process.in_words(),
        up.unwrap_or_else(dash),
        process.restarts.to_string(),
        process.last_exit.map_or_else(dash, |exit| exit.to_string()),
    ]
}

fn service_row(service: &ServiceBoard, now_unix_ms: u64) -> [String; 5] {
    let since = service.started_unix_ms.filter(|_| service.state == ServiceState::Running);
    let up = since.map(|since| span(Duration::from_millis(now_unix_ms.saturating_sub(since))));
    [
        service.name.clone(),
        service.module.clone(),
        service.in_words().to_owned(),
        up.unwrap_or_else(|| "-".to_owned()),
        service.restarts.to_string(),
    ]
}

fn row(module: &ModuleStatus) -> [String; 6] {
    let dash = || "-".to_owned();
    let kept: Vec<String> = module.kept_generations.iter().map(ToString::to_string).collect();
    let last = module.last_reload.as_ref().and_then(|entry| match &entry.event {
        Event::Committed { total_us, .. } => Some(format!("{} ms", total_us / 1_000)),
        _ => None,
    });
    let health = match module.status {
        ModuleHealth::Ok => "ok",
        ModuleHealth::Building => "building",
        ModuleHealth::Failed => "failed",
        ModuleHealth::Fault => "fault",
    };
    [
        module.name.clone(),
        module.generation.map_or_else(dash, |generation| generation.to_string()),
        health.to_owned(),
        format!("{} B", module.state_bytes),
        last.unwrap_or_else(dash),
        if kept.is_empty() { dash() } else { kept.join(" ") },
    ]
}

fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::journal::board::{ConfigBoard, LastExit, TargetBoard};
    use host::journal::event::{Generation, WaitsFor};

    #[test]
    fn the_table_is_aligned_and_errors_follow_it() {
        let module = |name: &str, status, error: Option<&str>| ModuleStatus {
            name: name.into(),
            generation: Some(Generation(12)),
            artifact: None,
            state_bytes: 345,
            status,
            last_error: error.map(str::to_owned),
            last_reload: None,
            kept_generations: vec![Generation(10), Generation(11)],
            busy: vec!["export".into()],
            deferred: name == "hot_ui",
        };
        let status = HostStatus {
            version: "1.2.3".into(),
            pid: 7,
            started_unix_ms: 1_000,
            socket: "/s".into(),
            headless: true,
            modules: vec![
                module("hot_ui", ModuleHealth::Ok, None),
                ModuleStatus {
                    generation: None,
                    kept_generations: Vec::new(),
                    ..module("a", ModuleHealth::Failed, Some("error[E0308]\n"))
                },
            ],
            processes: vec![
                ProcessBoard {
                    name: "worker".into(),
                    target: Some("worker".into()),
                    pid: Some(77),
                    started_unix_ms: Some(190_000),
                    restarts: 2,
                    last_exit: Some(LastExit { code: None, signal: Some(2), forced: false }),
                    ..ProcessBoard::default()
                },
                ProcessBoard {
                    name: "b".into(),
                    waits_for: Some(WaitsFor::Start),
                    ..ProcessBoard::default()
                },
            ],
            targets: vec![TargetBoard {
                name: "worker".into(),
                last_error: Some("src/main.rs:1:1: no".into()),
                ..TargetBoard::default()
            }],
            services: vec![
                ServiceBoard {
                    module: "hot_ui".into(),
                    name: "http".into(),
                    state: ServiceState::Running,
                    started_unix_ms: Some(140_000),
                    restarts: 3,
                    last_error: None,
                },
                ServiceBoard {
                    module: "hot_ui".into(),
                    name: "mail".into(),
                    state: ServiceState::Failed,
                    last_error: Some("no route".into()),
                    ..ServiceBoard::default()
                },
            ],
            config: Some(ConfigBoard {
                values: vec![ConfigValue {
                    key: "server.port".into(),
                    value: "8080".into(),
                    source: "app.toml:2".into(),
                }],
                error: Some("app.toml:3: no".into()),
            }),
            restart_pending: true,
            heartbeat_unix_ms: 200_000,
        };
        assert_eq!(
            text(&status),
            "Pitstop 1.2.3, pid 7, headless, up 3 min\n\
             socket /s\n\
             \n\
             MODULE  RUNS  STATUS  STATE  LAST RELOAD  KEPT\n\
             hot_ui  g12   ok      345 B  -            g10 g11\n\
             a       -     failed  345 B  -            -\n\
             \n\
             PROGRAM  STATUS         UP    RESTARTS  LAST EXIT\n\
             worker   runs (pid 77)  10 s  2         signal: 2\n\
             b        does not run   -     0         -\n\
             \n\
             SERVICE  MODULE  STATUS   UP    RESTARTS\n\
             http     hot_ui  running  60 s  3\n\
             mail     hot_ui  failed   -     0\n\
             \n\
             CONFIGURATION  VALUE  SOURCE\n\
             server.port    8080   app.toml:2\n\
             \n\
             The configuration cannot be used: app.toml:3: no\n\
             \n\
             service mail: no route\n\
             \n\
             a: error[E0308]\n\
             \n\
             hot_ui is busy: export; its new code waits for that\n\
             \n\
             a is busy: export\n\
             \n\
             worker: the build failed: src/main.rs:1:1: no\n\
             \n\
             A restart is pending: files changed that a swap cannot bring in."
        );
    }

    #[test]
    fn spans_are_as_coarse_as_they_are_long() {
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_260, "2 h 1 min")] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
