//! See `hot_api::fuzzing::named`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hot_api::fuzzing::named(bytes));
