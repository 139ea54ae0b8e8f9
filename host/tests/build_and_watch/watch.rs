//! Real saves, seen through the real file system.

use crate::project::{DEADLINE, Project};
use crossbeam_channel::{Receiver, Sender};
use host::compile::Cancel;
use host::sources::watch::{ChangeSet, ContentIndex, WatchConfig, WatchEvent, Watcher};
use host::sources::workspace::{Inputs, Workspace};
use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Longer than every delay of the watcher: what has not come by then does not come.
const QUIET: Duration = Duration::from_millis(400);

/// Dropped from the top: nobody listens any more when the watcher sees the project vanish.
struct Watched {
    events: Receiver<WatchEvent>,
    watcher: Watcher,
    project: Project,
}

impl Watched {
    fn start(project: Project) -> Self {
        Self::polling(project, None)
    }

    fn polling(project: Project, poll_interval: Option<Duration>) -> Self {
        let (sender, events) = crossbeam_channel::unbounded();
        Self::sending(project, poll_interval, sender, events)
    }

    fn sending(
        project: Project,
        poll_interval: Option<Duration>,
        sender: Sender<WatchEvent>,
        events: Receiver<WatchEvent>,
    ) -> Self {
        let config = WatchConfig { inputs: inputs(&project), poll_interval };
        let on_event = Box::new(move |event| {
            // A test that has seen enough hears no more.
            let _ = sender.send(event);
        });
        let watcher = Watcher::start(config, on_event).expect("watching starts");
        Self { project, watcher, events }
    }

    fn within(&self, time: Duration) -> Option<ChangeSet> {
        match self.events.recv_timeout(time).ok()? {
            WatchEvent::Change(set) => Some(set),
            WatchEvent::Notice(text) => panic!("no notice was expected: {text}"),
        }
    }

    /// The next change set, as paths relative to the workspace.
    #[track_caller]
    fn next(&self) -> BTreeSet<String> {
        let set = self.within(DEADLINE).expect("a change is seen");
        let relative = set.files.iter().map(|file| {
            let file = file.strip_prefix(&self.project.root).unwrap_or(file);
            file.display().to_string()
        });
        relative.collect()
    }

    #[track_caller]
    fn expect(&self, what: &str, files: &[&str]) {
        let files: BTreeSet<String> = files.iter().map(|&file| file.to_owned()).collect();
        assert_eq!(self.next(), files, "{what}");
    }

    #[track_caller]
    fn expect_quiet(&self, what: &str) {
        let set = self.within(QUIET);
        assert_eq!(set, None, "{what}: one change set too many");
    }

    /// Events come in order, so when a save made now comes first, nothing before it counted.
    #[track_caller]
    fn expect_nothing_so_far(&self, what: &str) {
        self.project.write("ui/src/sentinel.rs", &format!("// {what}"));
        self.expect(what, &["ui/src/sentinel.rs"]);
        self.expect_quiet(what);
    }
}

fn inputs(project: &Project) -> Inputs {
    let workspace = Workspace::load(&project.root).expect("cargo knows the workspace");
    let inputs = workspace.modules_inputs(&["ui".to_owned()]);
    inputs.expect("ui is a package")
}

/// Lets time pass between two parts of one save; returns whether the machine stalled for so long
/// that no watcher could take the parts for one save.
fn pause(millis: u64) -> bool {
    let began = Instant::now();
    let timer = crossbeam_channel::after(Duration::from_millis(millis));
    timer.recv().expect("a timer fires");
    began.elapsed() > Duration::from_millis(millis + 40)
}

#[test]
fn d01_each_way_of_saving_is_seen_exactly_once() {
    let truncate = |file: &Path, text: &str| fs::write(file, text).map(|()| false);
    let slow_truncate = |file: &Path, text: &str| {
        fs::write(file, "")?;
        let stalled = pause(30);
        fs::write(file, text).map(|()| stalled)
    };
    let rename = |file: &Path, text: &str| {
        let temp = file.with_file_name(".lib.rs.tmp123");
        fs::write(&temp, text)?;
        fs::rename(temp, file).map(|()| false)
    };
    let backup = |file: &Path, text: &str| {
        fs::rename(file, file.with_file_name("lib.rs~"))?;
        let stalled = pause(10);
        fs::write(file, text)?;
        fs::remove_file(file.with_file_name("lib.rs~")).map(|()| stalled)
    };
    let pieces = |file: &Path, text: &str| {
        let mut stalled = false;
        let mut open = OpenOptions::new().write(true).truncate(true).open(file)?;
        for piece in text.as_bytes().chunks(8) {
            open.write_all(piece)?;
            stalled |= pause(30);
        }
        Ok(stalled)
    };
    type Save<'a> = &'a dyn Fn(&Path, &str) -> std::io::Result<bool>;
    let table: [(&str, Save<'_>); 5] = [
        ("truncate and write", &truncate),
        ("truncate, wait, write", &slow_truncate),
        ("write another file, rename it", &rename),
        ("rename away, create", &backup),
        ("write in pieces", &pieces),
    ];
    let watched = Watched::start(Project::with_module("// first"));
    let file = watched.project.path("ui/src/lib.rs");
    for (name, save) in table {
        let mut attempts = 0..20;
        let text = loop {
            let attempt = attempts.next().expect("the machine does not always stall");
            let text = format!("// saved by: {name}, with some length ({attempt})");
            let stalled = save(&file, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
            if !stalled {
                break text;
            }
            while watched.within(QUIET).is_some() {}
        };
        watched.expect(name, &["ui/src/lib.rs"]);
        let content = fs::read_to_string(&file).expect("the file is there");
        assert_eq!(content, text, "{name}: complete when it was reported");
        watched.expect_quiet(name);
    }
}

#[test]
fn d01_pieces_appended_one_by_one_are_the_first_and_the_rest() {
    let watched = Watched::start(Project::with_module("// first"));
    let file = watched.project.path("ui/src/lib.rs");
    let began = Instant::now();
    for _ in 0..5 {
        let mut open = OpenOptions::new().append(true).open(&file).expect("open");
        open.write_all(b"// more\n").expect("append");
        drop(open);
        pause(30);
    }
    let took = began.elapsed();
    let mut sets = vec![watched.within(DEADLINE).expect("the first piece is seen")];
    while let Some(set) = watched.within(QUIET) {
        sets.push(set);
    }
    // A machine that stalls between two pieces makes two bursts of them.
    let stalls = took.as_millis() as usize / 150;
    assert!((2..=2 + stalls).contains(&sets.len()), "{took:?}: {sets:?}");
}

#[test]
fn d02_reading_and_touching_trigger_nothing() {
    let watched = Watched::start(Project::with_module("// first"));
    let file = watched.project.path("ui/src/lib.rs");
    for _ in 0..10 {
        fs::read(&file).expect("read the file");
        blake3::hash(&fs::read(&file).expect("hash the file"));
    }
    let open = OpenOptions::new().write(true).open(&file).expect("open");
    open.set_modified(SystemTime::now()).expect("touch");
    drop(open);
    fs::write(&file, "// first").expect("write the same bytes");
    let mut permissions = fs::metadata(&file).expect("metadata").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).expect("change the mode");
    watched.expect_nothing_so_far("reading, touching, same bytes, mode");
}

#[test]
fn d03_the_build_itself_triggers_nothing() {
    let watched = Watched::start(Project::with_module("// first"));
    let project = &watched.project;
    let mut guard = watched.watcher.build_guard();
    let mut builder = project.builder(&["ui"]);
    builder.build(&Cancel::new(), &mut |_| {}).expect("the build succeeds");
    guard.knows_lock_file(builder.lock_file());
    assert!(project.path("Cargo.lock").exists(), "cargo wrote it");
    project.write("ui/rustc-ice-2025-01-01T00_00_00-1.txt", "oops");
    project.write("ui/target/debug/x.d", "x");
    drop(guard);
    watched.expect_nothing_so_far("a build");
    let lock = fs::read_to_string(project.path("Cargo.lock")).expect("read the lock file");
    project.write("Cargo.lock", &lock);
    watched.expect_nothing_so_far("the lock file rewritten");
    project.write("Cargo.lock", &format!("{lock}# by hand\n"));
    watched.expect("a real change of it", &["Cargo.lock"]);
}

#[test]
fn g14_a_lock_file_that_somebody_else_writes_during_a_build_is_a_change() {
    let watched = Watched::start(Project::with_module("// first"));
    let project = &watched.project;
    let mut guard = watched.watcher.build_guard();
    let mut builder = project.builder(&["ui"]);
    builder.build(&Cancel::new(), &mut |_| {}).expect("the build succeeds");
    guard.knows_lock_file(builder.lock_file());
    let lock = fs::read_to_string(project.path("Cargo.lock")).expect("read the lock file");
    project.write("Cargo.lock", &format!("{lock}# by hand\n"));
    drop(guard);
    watched.expect("no build has seen it", &["Cargo.lock"]);
    watched.expect_quiet("and it is told once");
}

#[test]
fn d04_k16_hidden_ignored_and_distant_files_count_when_the_build_reads_them() {
    let project = Project::with_module(
        "include!(\"made.rs\");\npub const A: &str = include_str!(\"../../words/.a.txt\");\n",
    );
    project.write("ui/.gitignore", "made.rs\n");
    project.write("ui/src/made.rs", "// made");
    project.write("words/.a.txt", "a");
    let watched = Watched::start(project);
    let project = &watched.project;
    project.write("ui/src/made.rs", "// made again");
    project.write("words/.a.txt", "b");
    watched.expect_nothing_so_far("before any build nobody knows of them");
    let mut guard = watched.watcher.build_guard();
    let mut builder = project.builder(&["ui"]);
    let built = builder.build(&Cancel::new(), &mut |_| {}).expect("the build succeeds");
    guard.knows_lock_file(builder.lock_file());
    drop(guard);
    let wider = inputs(project).with_files(built.inputs());
    watched.watcher.set_inputs(wider, built.started);
    watched.expect_nothing_so_far("being told of them is not a change");
    for file in ["ui/src/made.rs", "words/.a.txt"] {
        project.write(file, "// changed");
        watched.expect(file, &[file]);
        watched.expect_quiet(file);
    }
    project.write("words/.b.txt", "x");
    project.write("ui/.hidden/x.rs", "x");
    watched.expect_nothing_so_far("their neighbours still do not count");
}

#[test]
fn d06_k16_new_deleted_and_renamed_files_and_directories_are_seen() {
    let watched = Watched::start(Project::with_module("// first"));
    let project = &watched.project;
    let path = |path: &str| project.path(path);
    project.write("ui/src/new.rs", "x");
    watched.expect("a new file", &["ui/src/new.rs"]);
    watched.expect_quiet("a new file");
    fs::rename(path("ui/src/new.rs"), path("ui/src/named.rs")).expect("rename");
    watched.expect("both names at once", &["ui/src/named.rs", "ui/src/new.rs"]);
    fs::remove_file(path("ui/src/named.rs")).expect("delete");
    watched.expect("a deleted file", &["ui/src/named.rs"]);
    for round in ["made", "made again"] {
        project.write("ui/src/a/b/c/deep.rs", round);
        watched.expect(round, &["ui/src/a/b/c/deep.rs"]);
        project.write("ui/src/a/b/c/deep.rs", "edited");
        watched.expect("edited", &["ui/src/a/b/c/deep.rs"]);
        fs::remove_dir_all(path("ui/src/a")).expect("delete directories");
        watched.expect("deleted", &["ui/src/a/b/c/deep.rs"]);
    }
    fs::rename(path("ui"), path("away")).expect("move the package away");
    let gone = watched.next();
    assert!(gone.contains("ui/Cargo.toml"), "the package is gone: {gone:?}");
    fs::rename(path("away"), path("ui")).expect("move it back");
    let back = watched.next();
    assert!(back.contains("ui/Cargo.toml"), "the package is back: {back:?}");
    watched.expect_nothing_so_far("and watched again");
}

#[test]
fn d07_c6_c7_polling_sees_an_edit_within_two_seconds_and_stops() {
    let interval = Duration::from_millis(100);
    let watched = Watched::polling(Project::with_module("// first"), Some(interval));
    let saved = Instant::now();
    watched.project.write("ui/src/lib.rs", "// second");
    watched.expect("an edit", &["ui/src/lib.rs"]);
    assert!(saved.elapsed() < Duration::from_secs(2), "{:?}", saved.elapsed());
    drop(watched.watcher);
    let end = watched.events.recv_timeout(DEADLINE);
    assert!(end.is_err(), "the thread and its sender are gone: {end:?}");
}

#[test]
fn d08_c18_after_lost_events_a_rescan_finds_everything() {
    // Polling at the start and then once a day is as good as deaf: events are lost.
    let day = Duration::from_secs(24 * 60 * 60);
    let watched = Watched::polling(Project::with_module("// first"), Some(day));
    watched.project.write("ui/src/lib.rs", "// second");
    watched.project.write("ui/src/deep/new.rs", "x");
    watched.watcher.rescan();
    let mut seen = watched.next();
    while seen.len() < 2 {
        seen.extend(watched.next());
    }
    let expected = ["ui/src/deep/new.rs", "ui/src/lib.rs"].map(str::to_owned);
    assert_eq!(seen, expected.into(), "what is there");
    fs::remove_file(watched.project.path("ui/src/lib.rs")).expect("delete");
    watched.watcher.rescan();
    watched.expect("what is gone", &["ui/src/lib.rs"]);
    watched.watcher.rescan();
    watched.expect_quiet("nothing is found twice");
}

#[test]
fn d08_more_events_than_the_queue_holds_are_not_lost() {
    let (sender, events) = crossbeam_channel::bounded(0);
    let watched = Watched::sending(Project::with_module("// first"), None, sender, events);
    // Nobody takes the first change set, so the watching thread is stuck while each of these
    // files causes several events.
    let files = 3000;
    for n in 0..files {
        watched.project.write(&format!("ui/src/n{n}.rs"), "x");
    }
    let mut seen = BTreeSet::new();
    while seen.len() < files {
        seen.extend(watched.next());
    }
}

#[test]
fn d09_a_hundred_files_saved_at_once_are_one_burst() {
    let watched = Watched::start(Project::with_module("// first"));
    let began = Instant::now();
    for n in 0..100 {
        watched.project.write(&format!("ui/src/n{n}.rs"), "x");
    }
    let took = began.elapsed();
    let mut sets = vec![watched.within(DEADLINE).expect("the first is seen")];
    while let Some(set) = watched.within(QUIET) {
        sets.push(set);
    }
    let count = sets.len();
    let whole = sets
        .into_iter()
        .reduce(|mut all, later| {
            all.merge(later);
            all
        })
        .expect("there is one at least");
    assert_eq!(whole.files.len(), 100, "none is lost");
    assert!(whole.first_event >= began, "the first event is one of these");
    // The first and the rest; a machine that stalls while writing makes more bursts of it.
    let stalls = took.as_millis() as usize / 75;
    assert!(count <= 2 + stalls, "{count} change sets in {took:?}");
}

#[test]
fn without_a_watcher_the_index_tells_what_changed() {
    let project = Project::with_module("// first");
    let mut index = ContentIndex::new(inputs(&project));
    assert_eq!(index.scan_changes(), Vec::<std::path::PathBuf>::new());
    project.write("ui/src/lib.rs", "// second");
    assert_eq!(index.scan_changes(), [project.path("ui/src/lib.rs")]);
}
