//! Carries out what the policy says, for one program.
//!
//! Owns: the running process and the clock. Consumes: [`Order`]s and the ends of processes. Produces: events.
//! Never: decides; [`Policy`](super::policy::Policy) does.

#[cfg(unix)]
use super::ctrl_c::CtrlC;
use super::guard::Guard;
use super::policy::{Action, Happened, Policy, Terms};
use super::program::{PrintsTo, Program, StopSignal};
use crate::journal::event::{AfterEnd, Event, WaitsFor};
use crate::os::group::{Group, GroupChange, signal_of};
#[cfg(unix)]
use crate::os::terminal::Terminal;
use crossbeam_channel::{Receiver, Sender, bounded, never, select_biased, unbounded};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::PathBuf;
use std::process::{ChildStdout, ExitStatus};
use std::sync::Arc;
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
    /// The program is to run.
    Start,
    /// The program is to end and not to be started by a build; the second time at once.
    Halt,
    /// The program, and the runner with it, is to end; the second time at once.
    Stop,
}

/// Who is told what happens; called on the thread where it happens.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// One program, from the first build to the end.
pub struct Runner {
    program: Program,
    terms: Terms,
    policy: Policy,
    orders: Receiver<Order>,
    on_event: OnEvent,
    running: Option<Running>,
    /// How the program has ended last.
    ended: Option<Ended>,
    /// One message for each Ctrl+C that the terminal has sent to the program.
    interrupts: (Sender<()>, Receiver<()>),
    #[cfg(unix)]
    terminal: Option<Terminal>,
}

#[derive(Debug)]
struct Running {
    #[cfg(unix)]
    ctrl_c: Option<CtrlC>,
    /// Of the messages about Ctrl+C, so many are to come of signals that this process has sent.
    own_interrupts: usize,
    /// Dropped before the group, whose number may then be another's.
    guard: Option<Guard>,
    group: Group,
    changes: Receiver<GroupChange>,
    waiting: JoinHandle<()>,
    /// When it was asked to end.
    asked: Option<Instant>,
    is_killed: bool,
}

/// How a program has ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Its process id.
    pub pid: u32,
    /// `None` when the system does not say.
    pub status: Option<ExitStatus>,
    /// How long it took from the request on; `None` when nobody has asked for its end.
    pub took: Option<Duration>,
    /// Whether it had to be killed.
    pub is_killed: bool,
}

impl Runner {
    /// A runner of this program. Its orders end with their sender, which is the same as [`Order::Stop`].
    #[must_use]
    pub fn new(program: Program, terms: Terms, orders: Receiver<Order>, on_event: OnEvent) -> Self {
        let policy = Policy::new(terms, program.is_enabled);
        #[cfg(unix)]
        let terminal = if program.has_terminal { Terminal::of_stdin() } else { None };
        Self {
            #[cfg(unix)]
            terminal,
            program,
            terms,
            policy,
            orders,
            on_event,
            running: None,
            ended: None,
            interrupts: unbounded(),
        }
    }

    /// Runs until it is told to stop, or its terms say so, and the program has ended. Blocks. Returns how the
    /// program has ended last, if it ever ran.
    pub fn run(mut self) -> Option<Ended> {
        let mut actions = self.policy.begin();
        while !self.do_all(actions) {
            let changes = self.running.as_ref().map_or_else(never, |it| it.changes.clone());
            let timer = self.policy.timer().map_or_else(never, crossbeam_channel::at);
            actions = select_biased! {
                recv(changes) -> change => match change {
                    Ok(GroupChange::Stopped { is_wanted }) => self.stopped(is_wanted),
                    Ok(GroupChange::Ended) | Err(_) => self.ended(),
                },
                recv(self.interrupts.1) -> _ => self.interrupted(),
                recv(self.orders) -> order => self.take(order.unwrap_or(Order::Stop)),
                recv(timer) -> _ => {
                    let is_there = self.program.is_there();
                    self.policy.tick(Instant::now(), is_there)
                }
            };
        }
        self.ended
    }

    fn take(&mut self, order: Order) -> Vec<Action> {
        let happened = match order {
            Order::Built { result, path } => {
                self.program.path = path.unwrap_or_else(|| self.program.path.clone());
                Happened::Built(result)
            }
            Order::Start => Happened::Start,
            Order::Halt => Happened::Halt,
            Order::Stop => Happened::Stop,
        };
        self.policy.take(Instant::now(), happened)
    }

    /// Whether there is nothing more to do.
    fn do_all(&mut self, actions: Vec<Action>) -> bool {
        actions.into_iter().any(|action| {
            match action {
                Action::Start => {
                    let failed = self.start();
                    return self.do_all(failed);
                }
                Action::Signal => self.ask_to_end(),
                Action::Kill => self.kill(),
                Action::SayEnded(next) => self.say_ended(next),
                Action::SayWaits(waits_for) => self.say_waits(waits_for),
                Action::SayMissing => self.not_started(format!(
                    "the build succeeded, but there is no {}; what runs stays, until the next build",
                    self.program.path.display()
                )),
                Action::End => return true,
            }
            false
        })
    }

    /// What follows when it does not start.
    fn start(&mut self) -> Vec<Action> {
        match self.spawn() {
            Ok(running) => {
                let (name, pid) = (self.program.name.clone(), running.group.pid());
                #[cfg(unix)]
                if let Some(terminal) = &self.terminal {
                    terminal.give_to(pid);
                }
                self.running = Some(running);
                (self.on_event)(Event::ProcessStarted { name, pid });
                Vec::new()
            }
            Err(error) => {
                let actions = self.policy.take(Instant::now(), Happened::NotStarted);
                let is_tried_again = actions.is_empty();
                let then =
                    if is_tried_again { "; it is tried again after the next build" } else { "" };
                let path = &self.program.path;
                // What the system says is of the program that its first line names.
                let is_script = error.kind() == ErrorKind::NotFound && path.is_file();
                let what =
                    if is_script { " (the interpreter that its first line names)" } else { "" };
                let path = path.display();
                self.not_started(format!("cannot be started: {path}{what}: {error}{then}"));
                actions
            }
        }
    }

    fn not_started(&self, reason: String) {
        (self.on_event)(Event::ProcessNotStarted { name: self.program.name.clone(), reason });
    }

    fn say_waits(&self, waits_for: WaitsFor) {
        let Program { name, target, build, .. } = self.program.clone();
        (self.on_event)(Event::ProcessWaiting { name, waits_for, target, build });
    }

    fn say_ended(&self, next: Option<AfterEnd>) {
        let Some(Ended { pid, status, took, is_killed }) = self.ended else { return };
        (self.on_event)(Event::ProcessStopped {
            name: self.program.name.clone(),
            pid,
            code: status.and_then(|status| status.code()),
            signal: status.and_then(signal_of),
            ms: took.unwrap_or_default().as_millis() as u64,
            forced: is_killed,
            next,
        });
    }

    fn spawn(&self) -> std::io::Result<Running> {
        let mut command = self.program.command();
        let guard = Guard::over(&mut command, self.program.held.as_deref()).ok();
        // One request to end is enough: many programs take a second one for impatience.
        let mut group = match guard {
            Some(_) => Group::spawn(command)?,
            None => Group::spawn_to_die_with_us(command)?,
        };
        if let (PrintsTo::Lines(lines), (Some(stdout), _)) =
            (&self.program.prints_to, group.pipes())
        {
            read(stdout, lines.clone())?;
        }
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
        Ok(Running {
            #[cfg(unix)]
            ctrl_c: self.terminal.as_ref().and_then(|_| self.listen(group.pid())),
            own_interrupts: 0,
            guard,
            group,
            changes,
            waiting,
            asked: None,
            is_killed: false,
        })
    }

    /// Without it Ctrl+C is for the program alone, and does what the program makes of it.
    #[cfg(unix)]
    fn listen(&self, group: u32) -> Option<CtrlC> {
        CtrlC::of(group, self.interrupts.0.clone()).ok()
    }

    /// Ctrl+C is meant for all of this, and the program has it already.
    fn interrupted(&mut self) -> Vec<Action> {
        match &mut self.running {
            Some(running) if running.own_interrupts > 0 => {
                running.own_interrupts -= 1;
                return Vec::new();
            }
            _ => {}
        }
        let actions = self.policy.take(Instant::now(), Happened::Stop);
        match &mut self.running {
            Some(running) if actions == [Action::Signal] => {
                running.asked = Some(Instant::now());
                let pid = running.group.pid();
                self.say_stopping(pid, StopSignal::Int, None);
                Vec::new()
            }
            _ => actions,
        }
    }

    fn ask_to_end(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.asked = Some(Instant::now());
        running.own_interrupts += usize::from(self.program.signal == StopSignal::Int);
        let (pid, signal) = (running.group.pid(), self.program.signal);
        #[cfg(unix)]
        running.group.signal(signal.number());
        #[cfg(not(unix))]
        running.group.kill();
        self.say_stopping(pid, signal, None);
    }

    fn kill(&mut self) {
        let Some(running) = &mut self.running else { return };
        let asked = running.asked.get_or_insert_with(Instant::now);
        let is_late = asked.elapsed() >= self.terms.stop_timeout;
        running.is_killed = true;
        running.group.kill();
        let (pid, after) = (running.group.pid(), is_late.then_some(self.terms.stop_timeout));
        self.say_stopping(pid, StopSignal::Kill, after);
    }

    fn say_stopping(&self, pid: u32, signal: StopSignal, after: Option<Duration>) {
        let (name, signal) = (self.program.name.clone(), signal.to_string());
        let after_ms = after.map(|after| after.as_millis() as u64);
        (self.on_event)(Event::ProcessStopping { name, pid, signal, after_ms });
    }

    /// When Ctrl+Z has stopped the program, which has the terminal, all of this stops, so that the shell has the
    /// terminal, and goes on when the shell says so; likewise when the program wants a terminal that the shell
    /// has. A program that was quicker than the terminal goes on.
    #[cfg(unix)]
    fn stopped(&mut self, is_wanted: bool) -> Vec<Action> {
        if let (Some(terminal), Some(running)) = (&self.terminal, &self.running) {
            if is_wanted || !terminal.is_ours() {
                terminal.stop_with_shell();
            }
            terminal.go_on_with(running.group.pid());
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
        let Running { group, guard, waiting, asked, is_killed, own_interrupts, .. } = running;
        #[cfg(unix)]
        drop(running.ctrl_c);
        let pid = group.pid();
        let _ = waiting.join(); // it has sent its last message, so it is about to end
        drop(guard);
        let status = group.reap().ok();
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
        }
        let took = asked.map(|asked| asked.elapsed());
        self.ended = Some(Ended { pid, status, took, is_killed });
        if self.interrupts.1.try_iter().count() > own_interrupts {
            let _ = self.policy.take(Instant::now(), Happened::Stop); // nobody is there to be asked to end
        }
        let failed = status.is_none_or(|status| !status.success());
        self.policy.take(Instant::now(), Happened::Exited { failed })
    }
}

/// Reads what a program prints, on a thread that ends with its last writer.
fn read(stdout: ChildStdout, lines: Sender<String>) -> std::io::Result<()> {
    let reader = std::thread::Builder::new().name("pitstop-stdout".to_owned());
    let read = move || {
        let all = BufReader::new(stdout).lines().map_while(Result::ok);
        // Nobody reads any more.
        let _ = all.into_iter().try_for_each(|line| lines.send(line));
    };
    reader.spawn(read).map(drop)
}
