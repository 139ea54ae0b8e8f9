//! The terminal: a line for each event, and a bar while the compiler runs.
//!
//! Owns: one thread that follows the journal. Never: makes the journal wait; a terminal that is
//! stopped misses what it cannot take.

use crate::journal::event::{Entry, Event};
use crate::journal::{Colour, EventLine, Journal, NothingYet, Subscription};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Lines the terminal may be behind.
const BEHIND_MAX: usize = 1024;
/// How often a build that takes long says so, where there is no bar.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// How long the thread may go without looking whether the host has ended.
const TURN: Duration = Duration::from_secs(1);
/// The same once it has said that it stops: what runs beside it still has to end, and to be told of.
const LAST_TURN: Duration = Duration::from_millis(20);

/// Follows the journal until it is dropped.
pub(crate) struct Terminal {
    thread: Option<JoinHandle<()>>,
    over: Arc<AtomicBool>,
}

/// Writes one line.
#[expect(clippy::print_stderr, reason = "the terminal is where the host speaks to its user")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}

impl Terminal {
    pub(crate) fn start(journal: &Arc<Journal>) -> Self {
        let (earlier, lines) = journal.subscribe_since(None, BEHIND_MAX);
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let mut screen = Screen::detect();
        // Without the thread the host only says less.
        let thread = std::thread::Builder::new()
            .name("pitstop-tty".to_owned())
            .spawn(move || {
                earlier.iter().for_each(|entry| screen.show(entry));
                screen.follow(&lines, &ends);
            })
            .ok();
        Self { thread, over }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // its panic has been printed
        }
    }
}

struct Screen {
    colour: Colour,
    /// Only a real terminal has a bar; a file or a pipe gets plain lines.
    has_bar: bool,
    bar: Option<ProgressBar>,
    /// When the last line about progress was written, or the build began.
    progress_us: u64,
}

impl Screen {
    fn detect() -> Self {
        let stderr = std::io::stderr();
        Self {
            colour: Colour::detect(&stderr),
            has_bar: stderr.is_terminal(),
            bar: None,
            progress_us: 0,
        }
    }

    fn follow(&mut self, lines: &Subscription, ends: &AtomicBool) {
        let mut turn = TURN;
        loop {
            match lines.recv_timeout(turn) {
                Ok(entry) => {
                    self.show(&entry);
                    if matches!(entry.event, Event::Stopped { .. }) {
                        turn = LAST_TURN;
                    }
                }
                Err(NothingYet::Timeout) if ends.load(Ordering::Acquire) => return,
                Err(NothingYet::Timeout) => {}
                Err(NothingYet::Closed) => return,
            }
        }
    }

    /// Says how far a build has come, from time to time.
    fn show_progress_line(&mut self, progress: &Entry) {
        let since = Duration::from_micros(progress.t_us.saturating_sub(self.progress_us));
        if since >= PROGRESS_EVERY {
            self.progress_us = progress.t_us;
            say(&EventLine::for_terminal(progress, self.colour).to_string());
        }
    }

    fn show(&mut self, entry: &Entry) {
        if let Event::BuildProgress { done, total, unit } = &entry.event {
            if !self.has_bar {
                self.show_progress_line(entry);
            } else {
                let bar = self.bar.get_or_insert_with(|| ProgressBar::new(0));
                bar.set_style(style(*total > 0));
                bar.set_length(u64::from(*total));
                bar.set_position(u64::from(*done));
                bar.set_message(unit.clone());
            }
            return;
        }
        if is_told_by_another(&entry.event) {
            return;
        }
        if let Event::BuildStarted { .. } = &entry.event {
            self.progress_us = entry.t_us;
        }
        let ends_build = matches!(
            entry.event,
            Event::BuildFinished { .. } | Event::BuildFailed { .. } | Event::Stopped { .. }
        );
        if ends_build && let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let line = EventLine::for_terminal(entry, self.colour).to_string();
        match &self.bar {
            Some(bar) => bar.suspend(|| say(&line)),
            None => say(&line),
        }
    }
}

/// Whether it follows from another event that is shown.
fn is_told_by_another(event: &Event) -> bool {
    matches!(
        event,
        Event::Kept { .. }
            | Event::Resolved { .. }
            | Event::ServiceStarting { .. }
            | Event::ServiceStarted { .. }
            | Event::ServiceStopping { .. }
            | Event::ServiceStopped { forced: false, error: None, .. }
    )
}

/// A bar needs a total; without one there is only how much is done.
fn style(has_total: bool) -> ProgressStyle {
    let template =
        if has_total { "{bar:30} {pos}/{len} {msg}" } else { "{spinner} {pos} done {msg}" };
    ProgressStyle::with_template(template).expect("the template names known keys")
}
