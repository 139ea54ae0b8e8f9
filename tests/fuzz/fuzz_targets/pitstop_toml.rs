//! See `host::fuzzing::pitstop_toml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| host::fuzzing::pitstop_toml(bytes));
