//! The threads of this process, as the system lists them.
//!
//! Owns: telling which of them a generation has started. Never: ends one.

use std::collections::BTreeSet;

/// The threads that run at this moment, by the system's numbers; empty where it does not tell.
#[cfg(target_os = "linux")]
pub(super) fn running() -> BTreeSet<u32> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn running() -> BTreeSet<u32> {
    BTreeSet::new()
}

/// The names of those that still run and are not the host's own, each once with its count.
pub(super) fn names_of(threads: &BTreeSet<u32>) -> Vec<String> {
    let names = threads.iter().filter_map(|thread| name_of(*thread));
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("pitstop-")).collect();
    names.sort();
    let kinds = names.chunk_by(|a, b| a == b).map(|same| match same.len() {
        1 => same[0].clone(),
        count => format!("{} ({count} times)", same[0]),
    });
    kinds.collect()
}

fn name_of(thread: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn g42_threads_that_were_started_meanwhile_are_named() {
        let before = running();
        let (stop, stopped) = mpsc::channel::<()>();
        let (ready, is_ready) = mpsc::channel();
        let thread = std::thread::Builder::new().name("left-behind".to_owned()).spawn(move || {
            ready.send(()).expect("the test waits");
            let _ = stopped.recv();
        });
        is_ready.recv().expect("the thread runs");
        let started: BTreeSet<u32> = running().difference(&before).copied().collect();
        assert!(names_of(&started).contains(&"left-behind".to_owned()), "{started:?}");
        drop(stop);
        thread.expect("a thread").join().expect("no panic");
        assert!(!names_of(&started).contains(&"left-behind".to_owned()), "it has ended");
    }
}
