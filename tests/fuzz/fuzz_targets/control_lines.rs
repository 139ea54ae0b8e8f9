//! See `host::fuzzing::control_lines`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| host::fuzzing::control_lines(bytes));
