//! The real binary as a whole: crashes, secrets, strangers.

#[path = "system/backup.rs"]
mod backup;
#[path = "system/capacity.rs"]
mod capacity;
#[path = "system/changing.rs"]
mod changing;
#[path = "server/client.rs"]
mod client;
#[path = "system/crash.rs"]
mod crash;
#[path = "system/development.rs"]
mod development;
#[path = "system/draft_key.rs"]
mod draft_key;
#[path = "system/draining.rs"]
mod draining;
#[path = "system/help.rs"]
mod help;
#[path = "system/policy_file.rs"]
mod policy_file;
#[path = "system/readme.rs"]
mod readme;
#[path = "system/secrets.rs"]
mod secrets;
#[path = "system/served_sdk.rs"]
mod served_sdk;
#[path = "server/server.rs"]
mod server;
