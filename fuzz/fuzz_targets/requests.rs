//! The target `requests` for libFuzzer; see the module of that name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tollbridge_fuzz::requests(data));
