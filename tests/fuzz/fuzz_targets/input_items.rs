//! See `hot_api::fuzzing::input_items`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hot_api::fuzzing::input_items(bytes));
