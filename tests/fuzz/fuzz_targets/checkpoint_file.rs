//! See `host::fuzzing::checkpoint_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| host::fuzzing::checkpoint_file(bytes));
