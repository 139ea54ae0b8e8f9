//! What a host costs that has nothing to do: time, wake-ups and memory.
//!
//! The host is the real one, headless, on this repository; the baseline is the same without
//! watching files.

use super::report::Report;
use super::run::Run;
use anyhow::Context as _;
use pitstop_tests::host_binary::host_binary;
use pitstop_tests::repo;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long the host is looked at.
const WINDOW: Duration = Duration::from_secs(10);
/// What the first load leaves to do: a checkpoint, the retiring of nothing, settling animations.
const SETTLE: Duration = Duration::from_secs(5);

/// Measures a host that watches, beside one that does not.
///
/// # Errors
/// When the host does not start, or the system does not tell about processes.
pub fn run(run: &mut Run<'_>) -> anyhow::Result<()> {
    let still = measure(&["--no-watch"])?;
    let watching = measure(&[])?;
    let rate = |count: u64| count as f64 / WINDOW.as_secs_f64();
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let report = Report::new(format!("idle, over {WINDOW:?}"))
        .number("processor ms a second", rate(watching.cpu_ms), "ms")
        .number("not watching, ms a second", rate(still.cpu_ms), "ms")
        .number("wake-ups a second", rate(watching.wake_ups), "")
        .number("not watching, wake-ups", rate(still.wake_ups), "")
        .number("memory", mebibytes(watching.memory), "MiB")
        .number("not watching, memory", mebibytes(still.memory), "MiB")
        .number("watching adds", mebibytes(watching.memory) - mebibytes(still.memory), "MiB");
    run.report(report);
    Ok(())
}

/// What a process used in the window, and what it holds at its end.
struct Usage {
    cpu_ms: u64,
    wake_ups: u64,
    memory: u64,
}

/// A host of our own; ends with this value.
struct Host(Child);

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            let _gone = kill_process(pid, Signal::INT);
        }
        let _status = self.0.wait();
    }
}

fn measure(args: &[&str]) -> anyhow::Result<Usage> {
    let mut command = Command::new(host_binary());
    command.args(["--headless", "--no-supervise", "--events", "-", "--workspace"]).arg(repo());
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut host = Host(command.spawn().context("the host does not start")?);
    let journal = BufReader::new(host.0.stdout.take().context("it was piped")?);
    // The rest of the journal stays in the pipe: a host with nothing to do writes little.
    let loaded = journal.lines().map_while(Result::ok).find(|line| {
        ["\"committed\"", "\"build_failed\"", "\"stopped\""].iter().any(|kind| line.contains(kind))
    });
    let loaded = loaded.context("the host ended before it had loaded the demo application")?;
    anyhow::ensure!(
        loaded.contains("\"committed\""),
        "the demo application does not run: {loaded}"
    );
    wait(SETTLE);
    let before = usage(host.0.id())?;
    wait(WINDOW);
    let after = usage(host.0.id())?;
    Ok(Usage {
        cpu_ms: after.cpu_ms - before.cpu_ms,
        wake_ups: after.wake_ups.saturating_sub(before.wake_ups),
        memory: after.memory,
    })
}

/// Time is all that is waited for here.
fn wait(time: Duration) {
    let _over = crossbeam_channel::after(time).recv();
}

/// Since its start, as the system counts it.
fn usage(pid: u32) -> anyhow::Result<Usage> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold blanks; user and system time are 12 and 13 behind it.
    let (_, fields) = stat.rsplit_once(") ").context("a line of /proc/…/stat")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>()?;
    let mut wake_ups = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between listing and reading.
        let status = fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        wake_ups += number(&status, "voluntary_ctxt_switches:").unwrap_or(0);
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kibibytes = number(&status, "VmRSS:").context("the resident size")?;
    let ticks_a_second = rustix::param::clock_ticks_per_second();
    Ok(Usage { cpu_ms: ticks * 1000 / ticks_a_second, wake_ups, memory: kibibytes * 1024 })
}

/// The number on the line that begins with `key`.
fn number(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}
