//! Each row: what happens, and the steps that follow, in a short form.

use super::*;

const START: Duration = Duration::from_secs(5);
const STOP: Duration = Duration::from_secs(3);

/// A lifecycle under a clock of its own, with each step as one word.
struct Story {
    lifecycle: Lifecycle,
    now: Instant,
    /// The run of the newest start of each module.
    runs: BTreeMap<String, u64>,
}

impl Story {
    fn new(policy: OnConfigError) -> Self {
        let lifecycle = Lifecycle::new(Limits { start: START, stop: STOP }, policy);
        Self { lifecycle, now: Instant::now(), runs: BTreeMap::new() }
    }

    /// The steps so far, in words.
    fn steps(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(step) = self.lifecycle.next_step() {
            if let Step::Start { module, run, .. } = &step {
                self.runs.insert(module.clone(), *run);
            }
            words.push(word(&step));
        }
        words
    }

    /// The answer to a start: these services have a thread.
    fn listed(&mut self, module: &str, names: &[&str]) -> Vec<String> {
        let active = names.iter().map(|name| (*name).to_owned()).collect();
        let started = Started { active, inactive: Vec::new() };
        self.lifecycle.listed(module, self.runs[module], started, self.now);
        self.steps()
    }

    fn ready(&mut self, module: &str, name: &str) -> Vec<String> {
        self.report(module, name, Report::Ready)
    }

    fn ended(&mut self, module: &str, name: &str) -> Vec<String> {
        self.report(module, name, Report::Ended(None))
    }

    fn failed(&mut self, module: &str, name: &str) -> Vec<String> {
        self.report(module, name, Report::Ended(Some("no".to_owned())))
    }

    fn report(&mut self, module: &str, name: &str, report: Report) -> Vec<String> {
        self.lifecycle.report(module, self.runs[module], name, report, self.now);
        self.steps()
    }

    fn after(&mut self, time: Duration) -> Vec<String> {
        self.now += time;
        self.lifecycle.tick(self.now);
        self.steps()
    }

    fn reload(&mut self) -> Vec<String> {
        self.lifecycle.reload(true, self.now);
        self.steps()
    }

    /// A module whose services run.
    fn runs(&mut self, module: &str, names: &[&str]) {
        self.lifecycle.start_module(module);
        assert_eq!(self.steps(), [format!("start {module}")]);
        self.listed(module, names);
        names.iter().for_each(|name| drop(self.ready(module, name)));
        assert!(self.lifecycle.is_settled());
    }
}

fn word(step: &Step) -> String {
    match step {
        Step::Start { module, only: None, .. } => format!("start {module}"),
        Step::Start { module, only: Some(only), .. } => format!("start {module}/{only}"),
        Step::Stop(id) => format!("stop {}/{}", id.module, id.name),
        Step::GoBack => "go back".to_owned(),
        Step::Tell(told) => match told {
            Told::Starting { id } => format!("{id} starting"),
            Told::Started { id, .. } => format!("{id} started"),
            Told::Stopping { id } => format!("{id} stopping"),
            Told::Stopped { id, forced: true, .. } => format!("{id} left behind"),
            Told::Stopped { id, error: Some(error), .. } => format!("{id} failed: {error}"),
            Told::Stopped { id, .. } => format!("{id} stopped"),
            Told::AllStopped => "all stopped".to_owned(),
            Told::AllStarted { names, inactive, .. } => {
                let inactive = if inactive.is_empty() { "" } else { " (and inactive ones)" };
                format!("all started: {}{inactive}", names.join(" "))
            }
            Told::StartFailed { message, .. } => format!("start failed: {message}"),
            Told::ReloadFailed { message } => format!("reload failed: {message}"),
            Told::Reloaded => "reloaded".to_owned(),
        },
    }
}

#[test]
fn h9_services_start_together_and_count_as_started_when_all_are_ready() {
    let mut story = Story::new(OnConfigError::Keep);
    story.lifecycle.start_module("ui");
    assert_eq!(story.steps(), ["start ui"]);
    assert_eq!(story.listed("ui", &["a", "b"]), ["a starting", "b starting"]);
    assert_eq!(story.ready("ui", "b"), ["b started"]);
    assert!(!story.lifecycle.is_settled());
    assert_eq!(story.ready("ui", "a"), ["a started", "all started: a b"]);
    assert_eq!(story.ready("ui", "a"), [""; 0], "it says so once");
    assert!(story.lifecycle.is_settled() && story.lifecycle.deadline().is_none());
    // A set without services has started at once.
    story.lifecycle.start_module("other");
    assert_eq!(story.steps(), ["start other"]);
    assert_eq!(story.listed("other", &[]), ["all started: "]);
}

#[test]
fn f08_one_that_fails_to_start_stops_those_that_have_started() {
    let message = "start failed: service `b` did not start: ";
    for (how, said) in [
        (Report::Ended(Some("no".to_owned())), "no"),
        (Report::Ended(None), "it ended before it was ready"),
    ] {
        let mut story = Story::new(OnConfigError::Keep);
        story.lifecycle.start_module("ui");
        story.steps();
        story.listed("ui", &["a", "b", "c"]);
        story.ready("ui", "a");
        let failed = format!("b failed: {said}");
        let stops = ["a stopping", "stop ui/a", "c stopping", "stop ui/c"];
        let expected: Vec<&str> = std::iter::once(failed.as_str()).chain(stops).collect();
        assert_eq!(story.report("ui", "b", how), expected);
        assert_eq!(story.ready("ui", "c"), [""; 0], "it was asked to stop before it was ready");
        assert_eq!(story.ended("ui", "c"), ["c stopped"]);
        assert_eq!(story.ended("ui", "a"), ["a stopped".to_owned(), format!("{message}{said}")]);
        assert!(story.lifecycle.is_stopped(None) && story.lifecycle.is_settled());
    }
}

#[test]
fn f08_one_that_is_not_ready_in_time_fails() {
    let mut story = Story::new(OnConfigError::Keep);
    story.lifecycle.start_module("ui");
    story.steps();
    story.listed("ui", &["a"]);
    assert_eq!(story.lifecycle.deadline(), Some(story.now + START));
    assert_eq!(story.after(START - Duration::from_millis(1)), [""; 0]);
    assert_eq!(story.after(Duration::from_millis(1)), ["a stopping", "stop ui/a"]);
    let late = "it was not ready within 5000 ms";
    let expected =
        [format!("a failed: {late}"), format!("start failed: service `a` did not start: {late}")];
    assert_eq!(story.ended("ui", "a"), expected);
    // A list that cannot be made starts nothing.
    story.lifecycle.start_module("ui");
    story.steps();
    story.lifecycle.refused("ui", "app.toml:1: no".to_owned(), story.now);
    assert_eq!(story.steps(), ["start failed: app.toml:1: no"]);
}

#[test]
fn f09_a_stop_waits_for_the_end_and_leaves_behind_what_does_not_end() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a", "b"]);
    story.lifecycle.stop_module("ui", story.now);
    let asked = ["a stopping", "stop ui/a", "b stopping", "stop ui/b"];
    assert_eq!(story.steps(), asked);
    story.lifecycle.stop_module("ui", story.now);
    assert_eq!(story.steps(), [""; 0], "once is enough");
    assert_eq!(story.ended("ui", "a"), ["a stopped"]);
    assert!(!story.lifecycle.is_stopped(Some("ui")) && story.lifecycle.is_stopped(Some("other")));
    assert_eq!(story.after(STOP), ["b left behind"]);
    assert!(story.lifecycle.is_stopped(Some("ui")));
    // What was left behind is not taken for the new one of its name.
    let left = story.runs["ui"];
    story.lifecycle.start_module("ui");
    assert_eq!(story.steps(), ["start ui"]);
    story.listed("ui", &["b"]);
    story.lifecycle.report("ui", left, "b", Report::Ended(None), story.now);
    assert_eq!(story.steps(), [""; 0]);
    assert_eq!(story.ready("ui", "b"), ["b started", "all started: b"]);
}

#[test]
fn h2_a_reload_stops_everything_before_anything_starts() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a"]);
    story.runs("other", &["x"]);
    assert_eq!(story.reload(), ["x stopping", "stop other/x", "a stopping", "stop ui/a"]);
    assert_eq!(story.ended("ui", "a"), ["a stopped"]);
    assert_eq!(story.ended("other", "x"), ["x stopped", "all stopped", "start other", "start ui"]);
    assert!(story.lifecycle.is_reloading());
    story.listed("ui", &["a", "new"]);
    story.listed("other", &[]);
    story.ready("ui", "a");
    assert_eq!(
        story.ready("ui", "new"),
        ["new started", "all started: ", "all started: a new", "reloaded"]
    );
    assert!(!story.lifecycle.is_reloading() && story.lifecycle.is_settled());
}

#[test]
fn f08_a_reload_that_fails_goes_back_or_stops() {
    for (policy, then) in [
        (OnConfigError::Keep, &["go back", "start other", "start ui"][..]),
        (OnConfigError::Stop, &[]),
    ] {
        let mut story = Story::new(policy);
        story.runs("ui", &["a"]);
        story.runs("other", &["x"]);
        story.reload();
        story.ended("ui", "a");
        story.ended("other", "x");
        story.listed("other", &["x"]);
        story.listed("ui", &["a"]);
        story.ready("other", "x");
        let failed = story.failed("ui", "a");
        assert_eq!(failed, ["a failed: no", "x stopping", "stop other/x"]);
        let told = ["x stopped", "reload failed: service `a` did not start: no"];
        let expected: Vec<&str> = told.iter().chain(then).copied().collect();
        assert_eq!(story.ended("other", "x"), expected);
        assert_eq!(story.lifecycle.is_reloading(), policy == OnConfigError::Keep);
        if policy == OnConfigError::Keep {
            story.listed("other", &["x"]);
            story.listed("ui", &["a"]);
            story.ready("ui", "a");
            assert_eq!(
                story.ready("other", "x"),
                ["x started", "all started: x", "all started: a"]
            );
        }
        // Another one is taken up.
        story.reload();
        assert!(story.lifecycle.is_reloading());
    }
}

#[test]
fn f08_when_the_values_before_do_not_work_either_nothing_runs() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a"]);
    story.reload();
    story.ended("ui", "a");
    story.listed("ui", &["a"]);
    let message = "reload failed: service `a` did not start: no";
    assert_eq!(story.failed("ui", "a"), ["a failed: no", message, "go back", "start ui"]);
    story.listed("ui", &["a"]);
    assert_eq!(story.failed("ui", "a"), ["a failed: no", message]);
    assert!(story.lifecycle.is_stopped(None) && !story.lifecycle.is_reloading());
}

#[test]
fn h29_values_that_cannot_be_used_keep_services_or_stop_them() {
    for (policy, steps) in [
        (OnConfigError::Keep, &["reload failed: no"][..]),
        (OnConfigError::Stop, &["reload failed: no", "a stopping", "stop ui/a"]),
    ] {
        let mut story = Story::new(policy);
        story.runs("ui", &["a"]);
        story.lifecycle.reload_refused("no".to_owned(), story.now);
        assert_eq!(story.steps(), steps);
        if policy == OnConfigError::Stop {
            assert_eq!(story.ended("ui", "a"), ["a stopped", "all stopped"]);
            assert!(!story.lifecycle.is_reloading());
            assert_eq!(story.reload(), ["all stopped", "start ui"]);
        }
    }
}

#[test]
fn f05_after_the_end_nothing_starts() {
    // In the middle of a reload, before and after its stop.
    for stopped in [false, true] {
        let mut story = Story::new(OnConfigError::Keep);
        story.runs("ui", &["a"]);
        story.lifecycle.reload(true, story.now);
        if stopped {
            story.steps();
            story.lifecycle.report("ui", story.runs["ui"], "a", Report::Ended(None), story.now);
        }
        story.lifecycle.end(story.now);
        let steps = story.steps();
        assert!(!steps.iter().any(|step| step.starts_with("start")), "{steps:?}");
        story.ended("ui", "a");
        assert!(story.lifecycle.is_stopped(None) && !story.lifecycle.is_reloading());
        story.lifecycle.start_module("ui");
        story.lifecycle.reload(true, story.now);
        assert_eq!(story.steps(), [""; 0]);
    }
    // A list that is answered too late is stopped at once.
    let mut story = Story::new(OnConfigError::Keep);
    story.lifecycle.start_module("ui");
    story.steps();
    story.lifecycle.end(story.now);
    assert_eq!(story.listed("ui", &["a"]), ["a starting", "a stopping", "stop ui/a"]);
}

#[test]
fn one_service_alone_is_stopped_and_started() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a", "b"]);
    let id = ServiceId { module: "ui".to_owned(), name: "a".to_owned() };
    story.lifecycle.start_service(&id);
    assert_eq!(story.steps(), [""; 0], "it runs");
    story.lifecycle.stop_service(&id, story.now);
    assert_eq!(story.steps(), ["a stopping", "stop ui/a"]);
    assert_eq!(story.ended("ui", "a"), ["a stopped"]);
    let first = story.runs["ui"];
    story.lifecycle.start_service(&id);
    assert_eq!(story.steps(), ["start ui/a"]);
    assert_eq!(story.listed("ui", &["a"]), ["a starting"]);
    // It fails alone.
    assert_eq!(story.failed("ui", "a"), ["a failed: no"]);
    assert!(story.lifecycle.is_settled() && !story.lifecycle.is_stopped(Some("ui")));
    // One that ends by itself is told, and no more.
    let failed = Report::Ended(Some("no".to_owned()));
    story.lifecycle.report("ui", first, "b", failed, story.now);
    assert_eq!(story.steps(), ["b failed: no"]);
    assert!(story.lifecycle.is_stopped(Some("ui")));
}

#[test]
fn h25_what_starts_while_a_reload_stops_waits_for_it() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a"]);
    story.reload();
    story.lifecycle.start_module("late");
    let id = ServiceId { module: "late".to_owned(), name: "x".to_owned() };
    story.lifecycle.start_service(&id);
    assert_eq!(story.steps(), [""; 0]);
    assert_eq!(story.ended("ui", "a"), ["a stopped", "all stopped", "start late", "start ui"]);
    story.listed("late", &["x"]);
    story.listed("ui", &["a"]);
    story.ready("late", "x");
    story.ready("ui", "a");
    assert!(story.lifecycle.is_settled());
    // Nothing starts while nothing is to run.
    let mut story = Story::new(OnConfigError::Stop);
    story.runs("ui", &["a"]);
    story.lifecycle.reload_refused("no".to_owned(), story.now);
    story.steps();
    story.lifecycle.start_module("late");
    assert_eq!(story.ended("ui", "a"), ["a stopped", "all stopped"]);
    assert!(story.lifecycle.is_stopped(None) && !story.lifecycle.is_reloading());
}

#[test]
fn f08_without_values_to_go_back_to_nothing_runs() {
    let mut story = Story::new(OnConfigError::Keep);
    story.runs("ui", &["a"]);
    story.lifecycle.reload(false, story.now);
    story.steps();
    story.ended("ui", "a");
    story.listed("ui", &["a"]);
    let message = "reload failed: service `a` did not start: no";
    assert_eq!(story.failed("ui", "a"), ["a failed: no", message]);
    assert!(!story.lifecycle.is_reloading());
}
