//! Records of FastCGI, one after the other on a connection.

#![no_main]

#[path = "../checks/fastcgi.rs"]
mod check;
#[path = "../../crates/server/src/gateway/fastcgi/conversation.rs"]
mod conversation;
#[path = "../../crates/server/src/gateway/fastcgi/params.rs"]
mod params;
#[path = "../../crates/server/src/gateway/fastcgi/record.rs"]
mod record;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));
