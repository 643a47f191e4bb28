//! Paths of requests.

#![no_main]

#[path = "../checks/readings.rs"]
mod readings;

libfuzzer_sys::fuzz_target!(|data: &[u8]| readings::check(data));
