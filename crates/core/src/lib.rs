//! The lifetime rules of nightlatch: what a policy says, how it resolves for one session on one page, and what happens to
//! a session as time passes. `now` is always an argument: this crate reads no clock and does no I/O.
//!
//! The flow is short: a [`policy::PolicyDocument`] becomes a [`policy::Policy`] once it is found valid;
//! [`resolution`] turns policies and facts into limits; a [`session::Session`] turns limits and its own history into
//! deadlines, verdicts and what happens by itself; [`scenario`] runs all of that from a document.

pub mod duration;
pub mod facts;
pub mod node;
pub mod path;
pub mod plan;
pub mod policy;
pub mod replay;
pub mod resolution;
pub mod scenario;
#[cfg(feature = "schema")]
pub mod schema;
pub mod session;
pub mod table;
pub mod time;
