//! What proxies say of the request that they ask about.

#![no_main]

#[path = "../checks/original.rs"]
mod check;
#[path = "../../crates/server/src/http/header_name.rs"]
mod header_name;
#[expect(dead_code, reason = "the server uses more of it")]
#[path = "../../crates/server/src/gateway/original.rs"]
mod original;

/// Where the server has it.
mod http {
    pub(crate) use super::header_name;
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
