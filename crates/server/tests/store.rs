//! `nightlatch store` and `nightlatch check --online`, beside real databases.

#[path = "../../store-sqlite/tests/sqlite/calls.rs"]
mod calls;
#[path = "server/client.rs"]
mod client;
#[path = "server/commands.rs"]
mod commands;
#[path = "store/copying.rs"]
mod copying;
#[path = "store/interrupted.rs"]
mod interrupted;
#[path = "store/looking.rs"]
mod looking;
#[path = "store/migrating.rs"]
mod migrating;
#[path = "store/online.rs"]
mod online;
#[path = "store/restoring.rs"]
mod restoring;
#[path = "store/room.rs"]
mod room;
#[path = "server/server.rs"]
mod server;
