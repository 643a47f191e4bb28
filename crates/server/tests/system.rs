//! The real binary as a whole: crashes, secrets, strangers.

#[path = "system/changing.rs"]
mod changing;
#[path = "server/client.rs"]
mod client;
#[path = "system/crash.rs"]
mod crash;
#[path = "system/policy_file.rs"]
mod policy_file;
#[path = "system/readme.rs"]
mod readme;
#[path = "system/secrets.rs"]
mod secrets;
#[path = "server/server.rs"]
mod server;
