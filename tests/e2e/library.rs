//! Files that are no library, libraries that are no module, modules that do not fit.

use crate::RELOADED;
use host::compile::Artifact;
use host::control::Request;
use host::journal::event::{Generation, Stage};
use host::module::{HostCalls, Library};
use host::slot::{Candidate, Rejection};
use pitstop_tests::host_process::pitstop_file;
use pitstop_tests::in_process;
use pitstop_tests::tiny::{TINY, compile};
use pitstop_tests::{HostProcess, Project, alone, processes, wait_until};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The rejection of a file that must not become a candidate.
#[track_caller]
fn refuse(path: &Path) -> Rejection {
    let limit = Duration::from_secs(60);
    let hash = String::new();
    Candidate::load(path, Generation(1), "tiny", hash, HostCalls::silent(), limit)
        .expect_err("this must not be loaded")
}

#[test]
fn k08_files_that_are_no_library_are_refused_by_name_and_reason() {
    let dir = pitstop_tests::temp_dir();
    let good = fs::read(compile(dir.path(), "good", TINY, &[])).expect("it was just written");
    let mut arm = good.clone();
    // `e_machine` of the ELF header: AArch64.
    arm[18] = 0xb7;
    // A linker that has reserved its whole output and written the first half of it.
    let mut half_written = good.clone();
    half_written[good.len() / 2..].fill(0);
    let this_program = fs::read(std::env::current_exe().expect("this test")).expect("readable");
    let files: [(&str, Option<&[u8]>, &str); 7] = [
        ("missing.so", None, "No such file"),
        ("empty.so", Some(b""), "the file is empty"),
        ("text.so", Some(b"int main() { return 0; }"), "not a dynamic library"),
        ("archive.so", Some(b"!<arch>\nlib.rmeta/      "), "not a dynamic library"),
        ("half.so", Some(&good[..good.len() / 2]), "the file is cut short"),
        ("arm.so", Some(&arm), "built for Aarch64, this host runs on x86_64"),
        ("program.so", Some(&this_program), "the loader refused it"),
    ];
    for (name, bytes, reason) in files {
        let path = dir.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).expect("written");
        }
        let rejection = refuse(&path);
        assert_eq!(rejection.stage, Stage::Load, "{name}");
        let said = &rejection.reason;
        assert!(said.contains(name) && said.contains(reason), "{name}: {said:?} lacks {reason:?}");
    }
}

/// Damages the file of an earlier generation and goes back to it.
#[test]
fn k08_old_code_runs_on_while_damaged_files_are_refused() {
    type Damage = fn(&Path);
    let damages: [(Damage, &str); 6] = [
        (|file| fs::remove_file(file).expect("removed"), ""),
        (|file| fs::write(file, "").expect("written"), "the file is empty"),
        (|file| cut(file, 2), "cut short"),
        (|file| cut(file, 100), ""),
        (
            |file| fs::write(file, "int main() { return 0; }").expect("written"),
            "not a dynamic library",
        ),
        (|file| change(file, 18, 0xb7), "built for Aarch64"),
    ];
    let project = Project::new();
    project.edit("pitstop.toml", |toml| format!("kept_generations = 20\n{toml}"));
    let mut host = HostProcess::start(&project);
    let last = damages.len() as u64 + 3;
    for n in 2..=last {
        host.check(|| project.rename("ui", &n.to_string()), &RELOADED);
    }
    // What is still mapped must not be changed under it.
    wait_until("earlier generations end", || {
        (host.count("retired") as u64 + 1 == last).then_some(())
    });
    let seen = host.seen_by("ui");
    for (n, (damage, reason)) in (2..).zip(damages) {
        let files = generation_files(&project, n);
        assert_eq!(files.len(), 1, "g{n} has a file of its own");
        damage(&files[0]);
        let before = ticks(&host);
        let request = Request::Rollback { module: None, to: Some(Generation(n)) };
        let reply = host.request(&request);
        let error = reply.error.unwrap_or_default();
        assert!(!reply.ok && error.contains(&format!("g{n}")) && error.contains(reason), "{error}");
        let status = host.status().modules.remove(0);
        assert_eq!(status.generation, Some(Generation(last)), "{}", host.words());
        wait_until("the old code draws", || (ticks(&host) > before).then_some(()));
        assert_eq!(host.seen_by("ui"), seen, "nothing else has drawn");
    }
    host.check(|| project.rename("ui", "after all"), &RELOADED);
}

fn ticks(host: &HostProcess) -> u64 {
    host.state("ui")["ticks"].as_u64().expect("it counts")
}

/// The copies of the library of a generation.
fn generation_files(project: &Project, generation: u64) -> Vec<PathBuf> {
    let entries = fs::read_dir(pitstop_file(project, "generations")).expect("the directory");
    let name = format!("ui-g{generation}.");
    let paths = entries.map(|entry| entry.expect("readable").path());
    paths.filter(|path| path.to_string_lossy().contains(&name)).collect()
}

fn cut(file: &Path, part: u64) {
    let opened = File::options().write(true).open(file).expect("ours to cut");
    let length = opened.metadata().expect("a file").len();
    opened.set_len(length / part).expect("cut");
}

fn change(file: &Path, at: usize, byte: u8) {
    let mut bytes = fs::read(file).expect("readable");
    bytes[at] = byte;
    fs::write(file, bytes).expect("written");
}

/// The loader trusts what it maps: a page that is not there kills the process. So every length is
/// tried in a process of its own, which must live through all of them.
#[test]
fn k08_a_library_cut_off_at_any_byte_is_refused() {
    if !alone("library::k08_a_library_cut_off_at_any_byte_is_refused") {
        return;
    }
    let dir = pitstop_tests::temp_dir();
    let path = compile(dir.path(), "good", TINY, &[]);
    let whole = fs::metadata(&path).expect("it was just written").len();
    drop(Library::open(&path).unwrap_or_else(|error| panic!("the whole file loads: {error}")));
    // Every byte of the headers at both ends, and every page and a bit in between.
    let lengths = (0..4096).chain((4096..whole).step_by(1021)).chain(whole - 4096..whole);
    let mut lengths: Vec<u64> = lengths.collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let file = File::options().write(true).open(&path).expect("ours to cut");
    for length in lengths {
        file.set_len(length).expect("cut");
        let said = match Library::open(&path) {
            Ok(_) => panic!("{length} of {whole} bytes were loaded"),
            Err(error) => error.to_string(),
        };
        assert!(said.contains("good.so: "), "{length} bytes: {said}");
    }
}

/// As above, but the file has its full length and holes where nothing has been written yet.
#[test]
fn k08_a_library_with_an_unwritten_part_never_kills_the_host() {
    if !alone("library::k08_a_library_with_an_unwritten_part_never_kills_the_host") {
        return;
    }
    let dir = pitstop_tests::temp_dir();
    let good = fs::read(compile(dir.path(), "good", TINY, &[])).expect("it was just written");
    for part in 0..16 {
        let mut bytes = good.clone();
        bytes[good.len() * part / 16..].fill(0);
        let path = dir.path().join(format!("from_{part}.so"));
        fs::write(&path, bytes).expect("written");
        if let Err(error) = Library::open(&path) {
            assert!(error.to_string().contains(&format!("from_{part}.so: ")), "{error}");
        }
    }
}

#[test]
fn k09_each_misfit_is_refused_by_its_own_message_before_any_call() {
    let dir = pitstop_tests::temp_dir();
    let header_size = "std::mem::size_of::<Header>() as u32";
    let table_size = "size: std::mem::size_of::<Table>() as u32";
    let misfits = [
        ("no_symbol", "PITSTOP_MODULE", "SOMETHING_ELSE", "exports no PITSTOP_MODULE"),
        ("magic", "*b\"PITSTOP\\0\"", "*b\"SOMEBODY\"", "this is not a Pitstop module"),
        ("abi", "abi_version: 2", "abi_version: 1", "ABI version 1, this host speaks 2"),
        ("short", header_size, "64", "header has 64 bytes, this host's has 72"),
        ("long", header_size, "80", "header has 80 bytes, this host's has 72"),
        ("pointers", "pointer_width: 64", "pointer_width: 32", "32-bit pointers, this host has 64"),
        ("vertices", "vertex_size: 20", "vertex_size: 24", "vertices have 24 bytes"),
        ("no_table", "table: &TABLE", "table: std::ptr::null()", "function table has 0 bytes"),
        ("few", table_size, "size: 72", "table has 72 bytes, this host needs at least 80"),
        ("views", "len: 1 }", "len: 0 }", "exports 0 views"),
    ];
    for (name, line, spoilt, reason) in misfits {
        assert!(TINY.contains(line), "{name}: the fixture has no {line:?}");
        let path = compile(dir.path(), name, &TINY.replace(line, spoilt), &[]);
        expect_misfit(&path, reason);
    }
    let aborting = compile(dir.path(), "aborting", TINY, &["-Cpanic=abort"]);
    expect_misfit(&aborting, "built with panic = \"abort\"");
}

#[track_caller]
fn expect_misfit(path: &Path, reason: &str) {
    let rejection = refuse(path);
    assert_eq!(rejection.stage, Stage::Handshake, "{rejection:?}");
    let (name, said) = (path.display().to_string(), &rejection.reason);
    assert!(said.contains(&name) && said.contains(reason), "{said:?} lacks {reason:?}");
    assert!(!processes::is_mapped(path), "{name} stays mapped");
}

#[test]
fn g29_a_null_function_is_refused_by_name_before_any_call() {
    let dir = pitstop_tests::temp_dir();
    let all = "[Some(never_call_this); FUNCTIONS]";
    assert!(TINY.contains(all), "the fixture has no {all:?}");
    for (index, name) in [(0, "create"), (1, "logic"), (8, "destroy")] {
        let absent = format!(
            "{{ let mut all: [Option<extern \"C\" fn() -> i32>; FUNCTIONS] = {all}; \
             all[{index}] = None; all }}"
        );
        let path = compile(dir.path(), name, &TINY.replace(all, &absent), &[]);
        expect_misfit(&path, &format!("function table has no `{name}`"));
    }
}

#[test]
fn k09_a_longer_table_is_a_newer_module_and_fits() {
    let dir = pitstop_tests::temp_dir();
    let longer = TINY.replace("FUNCTIONS: usize = 9", "FUNCTIONS: usize = 12");
    let path = compile(dir.path(), "longer", &longer, &[]);
    let library = Library::open(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((library.build(), library.views()), ("tiny", &["main".to_owned()][..]));
}

/// Each copy counts its own frames in a static and shows the count in the state.
const COUNT_FRAMES: &str = "static FRAMES: std::sync::atomic::AtomicU64 = \
     std::sync::atomic::AtomicU64::new(1);
     data.text = FRAMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();";

#[test]
fn k15_the_same_library_twice_is_two_generations_with_statics_of_their_own() {
    let project = Project::new();
    project.replace("ui/src/lib.rs", "// in ui", COUNT_FRAMES);
    let artifact = artifact_of(&project);
    let mut stage = in_process::Stage::new();
    let first = stage.reload(&artifact).expect("it loads");
    for _ in 0..5 {
        let _picture = stage.frame(&[]);
    }
    assert_eq!(stage.state()["text"], "7", "two hidden passes and five frames");
    let second = stage.reload(&artifact).expect("it loads again");
    let _picture = stage.frame(&[]);
    assert_eq!((first, second), (Generation(1), Generation(2)));
    assert_eq!(stage.state()["text"], "3", "two hidden passes and one frame");
    assert_eq!(stage.slot().live_generations(), [second, first], "both are loaded");

    // A new build lies at the same path; what the loader remembers of that must not matter.
    project.rename("ui", "two");
    let rebuilt = artifact_of(&project);
    assert_eq!(rebuilt.path, artifact.path);
    stage.reload(&rebuilt).expect("it loads");
    let _picture = stage.frame(&[]);
    assert_eq!(stage.state()["seen_by"], serde_json::json!(["one", "two"]));
}

#[track_caller]
fn artifact_of(project: &Project) -> Artifact {
    project.build().artifacts[&project.package("ui")].clone()
}
