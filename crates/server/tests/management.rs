//! The management listener of the real binary, over HTTP and through the command line.

#[path = "management/api.rs"]
mod api;
#[path = "management/applications.rs"]
mod applications;
#[path = "management/audit.rs"]
mod audit;
#[path = "management/bounding.rs"]
mod bounding;
#[path = "server/client.rs"]
mod client;
#[path = "management/command_line.rs"]
mod command_line;
#[path = "server/commands.rs"]
mod commands;
#[path = "management/ending.rs"]
mod ending;
#[path = "management/explain.rs"]
mod explain;
#[path = "management/keys.rs"]
mod keys;
#[path = "management/listing.rs"]
mod listing;
#[path = "management/operation.rs"]
mod operation;
#[path = "management/policy.rs"]
mod policy;
#[path = "management/policy_documents.rs"]
mod policy_documents;
#[path = "management/refusals.rs"]
mod refusals;
#[path = "management/repeating.rs"]
mod repeating;
#[path = "management/room.rs"]
mod room;
#[path = "server/server.rs"]
mod server;
#[path = "management/sign_in.rs"]
mod sign_in;
