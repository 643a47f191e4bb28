//! What proxies say of the request that they ask about.

#![no_main]

#[path = "../checks/original.rs"]
mod check;
#[expect(dead_code, reason = "the server uses more of it")]
#[path = "../../crates/server/src/gateway/original.rs"]
mod original;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
