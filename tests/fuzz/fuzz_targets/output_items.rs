//! See `hot_api::fuzzing::output_items`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hot_api::fuzzing::output_items(bytes));
