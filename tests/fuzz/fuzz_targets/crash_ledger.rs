//! See `host::fuzzing::crash_ledger`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| host::fuzzing::crash_ledger(bytes));
