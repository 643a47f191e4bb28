//! The keeper of nightlatch sessions.
//!
//! The [`Engine`] holds the sessions that are in use in a live table, tells the store ([`nightlatch_store`]) what must survive, ends what falls
//! due, and tells whoever watches. The rules themselves are in `nightlatch-core`; the engine brings the [`clock`].
//!
//! A check reads one table entry and, where the request is activity, moves one atomic word. Everything else (tabs,
//! holds, choices, ends) goes through the store first and then replaces the entry.

pub mod clock;
mod ends;
pub mod engine;
mod health;
mod in_force;
mod live;
mod node;
mod prefix_hash;
mod shared;
mod strangers;
mod stripes;
mod watch;
pub mod word;

pub use engine::{
    Admission, Authentication, Engine, LimitReached, LiveExplanation, NewSession, NodeStats, OpenPage, Options,
    Outcome, Over, PageExplanation, Planned, PolicyChange, PolicyChanged, PolicySource, Reauthentication,
    SessionExplanation, SignedIn, Snapshot, Standing, Stats, Uncancelled, Work,
};
pub use watch::Watcher;
