//! Carries out what the policy says, for one program.
//!
//! Owns: the running process and the clock. Consumes: [`Order`]s and the ends of processes. Produces: remarks
//! and events. Never: decides; [`Policy`](super::policy::Policy) does.

use super::guard::Guard;
use super::policy::{Action, Happened, Policy, Terms};
use super::program::Program;
use super::remark::Remark;
use crate::journal::event::Event;
use crate::os::group::{Group, GroupChange};
#[cfg(unix)]
use crate::os::terminal::Terminal;
use crossbeam_channel::{Receiver, bounded, never, select_biased};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a runner is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// A build has succeeded.
    Built {
        /// The same text stands for the same result.
        result: String,
        /// Where the program is, when the build says so.
        path: Option<PathBuf>,
    },
    /// A build has failed.
    BuildFailed {
        /// How many errors, and the first.
        summary: String,
        /// What shows all of it.
        build: String,
    },
    /// The program, and the runner with it, is to end; the second time at once.
    Stop,
}

/// Who is told what happens. Called on the thread of the runner.
pub trait Observer {
    /// There is something to say about the program of this name.
    fn remark(&self, name: &str, remark: &Remark);
    /// Something for the journal.
    fn event(&self, event: Event);
}

/// One program, from the first build to the end.
pub struct Runner<'a> {
    program: Program,
    terms: Terms,
    policy: Policy,
    orders: Receiver<Order>,
    observer: &'a dyn Observer,
    running: Option<Running>,
    /// The last failure that was told.
    told: Option<String>,
    /// How the program has ended last.
    status: Option<ExitStatus>,
    #[cfg(unix)]
    terminal: Option<Terminal>,
}

/// The exit code of a program that Ctrl+C has ended, by the convention of shells.
const INTERRUPTED: i32 = 130;

#[derive(Debug)]
struct Running {
    group: Group,
    /// Dropped before the group's number may be another's.
    guard: Option<Guard>,
    changes: Receiver<GroupChange>,
    waiting: JoinHandle<()>,
    /// When it was asked to end.
    asked: Option<Instant>,
    is_killed: bool,
}

impl<'a> Runner<'a> {
    /// A runner of this program. Its orders end with their sender, which is the same as [`Order::Stop`].
    #[must_use]
    pub fn new(
        program: Program,
        terms: Terms,
        orders: Receiver<Order>,
        observer: &'a dyn Observer,
    ) -> Self {
        Self {
            #[cfg(unix)]
            terminal: Some(program.has_terminal)
                .filter(|it| *it)
                .and_then(|_| Terminal::of_stdin()),
            program,
            terms,
            policy: Policy::new(terms),
            orders,
            observer,
            running: None,
            told: None,
            status: None,
        }
    }

    /// Runs until it is told to stop, or its terms say so, and the program has ended. Blocks. Returns how the
    /// program has ended last, if it ever ran.
    pub fn run(mut self) -> Option<ExitStatus> {
        loop {
            let changes = self.running.as_ref().map_or_else(never, |it| it.changes.clone());
            let timer = self.policy.timer().map_or_else(never, crossbeam_channel::at);
            let actions = select_biased! {
                recv(changes) -> change => match change {
                    Ok(GroupChange::Stopped { is_wanted }) => self.stopped(is_wanted),
                    Ok(GroupChange::Ended) | Err(_) => self.ended(),
                },
                recv(self.orders) -> order => self.take(order.unwrap_or(Order::Stop)),
                recv(timer) -> _ => {
                    let is_there = self.program.is_there();
                    self.policy.tick(Instant::now(), is_there)
                }
            };
            if self.do_all(actions) {
                return self.status;
            }
        }
    }

    fn take(&mut self, order: Order) -> Vec<Action> {
        match order {
            Order::Built { result, path } => {
                self.told = None;
                self.program.path = path.unwrap_or_else(|| self.program.path.clone());
                self.policy.take(Instant::now(), Happened::Built(result))
            }
            Order::BuildFailed { summary, build } => {
                if self.told.as_ref() != Some(&summary) {
                    let pid = self.running.as_ref().map(|running| running.group.pid());
                    self.told = Some(summary.clone());
                    self.say(&Remark::BuildFailed { summary, build, pid });
                }
                Vec::new()
            }
            Order::Stop => self.policy.take(Instant::now(), Happened::Stop),
        }
    }

    /// Whether there is nothing more to do.
    fn do_all(&mut self, mut actions: Vec<Action>) -> bool {
        while !actions.is_empty() {
            for action in std::mem::take(&mut actions) {
                match action {
                    Action::Start => actions.extend(self.start()),
                    Action::Signal => self.ask_to_end(),
                    Action::Kill => self.kill(),
                    Action::SayMissing => {
                        let path = self.program.path.display().to_string();
                        self.say(&Remark::Missing { path });
                    }
                    // Said where the status is known.
                    Action::SayEnded(_) => {}
                    Action::End => return true,
                }
            }
        }
        false
    }

    fn start(&mut self) -> Vec<Action> {
        match self.spawn() {
            Ok(running) => {
                let (name, pid) = (self.program.name.clone(), running.group.pid());
                #[cfg(unix)]
                if let Some(terminal) = &self.terminal {
                    terminal.give_to(pid);
                }
                self.running = Some(running);
                self.say(&Remark::Started { pid });
                self.observer.event(Event::ProcessStarted { name, pid });
                Vec::new()
            }
            Err(error) => {
                let reason = format!("{}: {error}", self.program.path.display());
                let actions = self.policy.take(Instant::now(), Happened::NotStarted);
                let is_tried_again = actions.is_empty();
                self.say(&Remark::NotStarted { reason, is_tried_again });
                actions
            }
        }
    }

    fn spawn(&self) -> std::io::Result<Running> {
        let group = Group::spawn_to_die_with_us(self.program.command())?;
        let (tell, changes) = bounded(1);
        let end = group.end();
        let waiting =
            std::thread::Builder::new().name("pitstop-wait".to_owned()).spawn(move || {
                // Until the program has ended, or the runner has, so that nobody takes it.
                loop {
                    let change = end.next();
                    if tell.send(change).is_err() || change == GroupChange::Ended {
                        return;
                    }
                }
            })?;
        // Without it the program outlives this process if that is killed; it runs all the same.
        let guard = Guard::over(group.pid()).ok();
        Ok(Running { group, guard, changes, waiting, asked: None, is_killed: false })
    }

    fn ask_to_end(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.asked = Some(Instant::now());
        let (pid, signal) = (running.group.pid(), self.program.signal);
        #[cfg(unix)]
        running.group.signal(signal.number());
        #[cfg(not(unix))]
        running.group.kill();
        self.say(&Remark::AskedToEnd { pid, signal });
    }

    fn kill(&mut self) {
        let Some(running) = &mut self.running else { return };
        let asked = running.asked.get_or_insert_with(Instant::now);
        let is_late = asked.elapsed() >= self.terms.stop_timeout;
        running.is_killed = true;
        running.group.kill();
        let (pid, after) = (running.group.pid(), is_late.then_some(self.terms.stop_timeout));
        self.say(&Remark::Killed { pid, after });
    }

    /// When Ctrl+Z has stopped the program, which has the terminal, all of this stops, so that the shell has the
    /// terminal, and goes on when the shell says so. A program that was quicker than the terminal goes on.
    #[cfg(unix)]
    fn stopped(&mut self, is_wanted: bool) -> Vec<Action> {
        if let (Some(terminal), Some(running)) = (&self.terminal, &self.running) {
            if is_wanted {
                terminal.stop_with_shell();
            }
            terminal.give_to(running.group.pid());
        }
        Vec::new()
    }

    #[cfg(not(unix))]
    fn stopped(&mut self, _is_wanted: bool) -> Vec<Action> {
        Vec::new()
    }

    /// The process has ended, and with it all that is left in its group.
    fn ended(&mut self) -> Vec<Action> {
        let Some(running) = self.running.take() else { return Vec::new() };
        let Running { group, guard, waiting, asked, is_killed, .. } = running;
        let pid = group.pid();
        let _ = waiting.join(); // it has sent its last message, so it is about to end
        drop(guard);
        let status = group.reap();
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
        }
        let Ok(status) = status else {
            return self.policy.take(Instant::now(), Happened::Exited { failed: true });
        };
        self.status = Some(status);
        let ms = asked.map_or(Duration::ZERO, |asked| asked.elapsed()).as_millis() as u64;
        self.observer.event(Event::ProcessStopped {
            name: self.program.name.clone(),
            pid,
            code: status.code(),
            signal: signal_of(status),
            ms,
            forced: is_killed,
        });
        let failed = !status.success();
        let mut actions = self.policy.take(Instant::now(), Happened::Exited { failed });
        if asked.is_none() && self.was_interrupted(status) {
            // Ctrl+C went to the program, which had the terminal, and is meant for all of this.
            return self.policy.take(Instant::now(), Happened::Stop);
        }
        for action in &actions {
            if let Action::SayEnded(then) = action {
                self.say(&Remark::Ended { status, then: *then });
            }
        }
        actions.retain(|action| !matches!(action, Action::SayEnded(_)));
        actions
    }

    #[cfg(unix)]
    fn was_interrupted(&self, status: ExitStatus) -> bool {
        let by_signal = signal_of(status) == Some(rustix::process::Signal::INT.as_raw());
        self.terminal.is_some() && (by_signal || status.code() == Some(INTERRUPTED))
    }

    #[cfg(not(unix))]
    fn was_interrupted(&self, _status: ExitStatus) -> bool {
        false
    }

    fn say(&self, remark: &Remark) {
        self.observer.remark(&self.program.name, remark);
    }
}

/// The signal that has ended a program, if one has.
#[must_use]
#[cfg(unix)]
pub fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

/// There are no signals here.
#[must_use]
#[cfg(not(unix))]
pub fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}
