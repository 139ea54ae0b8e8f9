//! What must hold for any content of the crash ledger's file.

use super::{Before, CrashLedger, LoadedWith, ProvenCode};
use crate::fuzzing::Scratch;
use crate::journal::event::Generation;
use std::fs;

/// Whatever the file holds, the ledger opens, counts on, and is read as it was written.
///
/// # Panics
/// When that does not hold.
pub fn crash_ledger(bytes: &[u8]) {
    const MODULE: &str = "ui";
    let scratch = Scratch::new();
    fs::write(scratch.path().join("crashes.json"), bytes).expect("the file can be written");
    let before = match bytes.len() % 3 {
        0 => Before::InOrder,
        1 => Before::Crashed,
        _ => Before::Killed,
    };
    let open = |before| {
        let (ledger, saved) = CrashLedger::open(scratch.path(), before);
        saved.expect("the file can be replaced");
        ledger
    };
    let mut ledger = open(before);
    let last = ledger.last_generation(MODULE);
    let next = Generation(last.0.checked_add(1).expect("there is a number for the next load"));
    let code = ProvenCode {
        generation: next,
        artifact: "new".into(),
        file: "ui-new.so".into(),
        lasted: false,
    };
    ledger.loading(MODULE, next, "new", LoadedWith::Own).expect("written");
    ledger.committed(MODULE, code, 3).expect("written");
    assert_eq!(ledger.last_generation(MODULE), next);
    assert!(ledger.proven(MODULE).len() <= 3);
    let again = open(Before::InOrder);
    assert_eq!(again.proven(MODULE), ledger.proven(MODULE), "what is written is read again");
    assert_eq!(again.last_generation(MODULE), next);
}
