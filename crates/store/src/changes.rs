//! What a store knows of time, whether it takes writes, and what the processes that share it tell each other.

use async_trait::async_trait;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;

use crate::error::Result;
use crate::nodes::Nodes;
use crate::token::{Digest, Handle};

/// Tells the processes that share the store what they have to agree on.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The latest instant the store has heard of: no clock that uses it may start earlier.
    async fn latest_instant(&self) -> Result<Instant>;

    /// Whether the store takes writes now.
    async fn probe(&self, now: Instant) -> Result<()>;

    /// How the nodes that share the store keep up with each other. `None` where one process has it for itself: nobody else
    /// changes a session then, and there is no log of changes.
    fn nodes(&self) -> Option<&dyn Nodes> {
        None
    }
}

/// An entry of the log of changes. It is written in the transaction of what it tells, and only where there are [`Nodes`]. What
/// adds a session or its activity is not in it: nobody decides wrongly for not knowing that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A session is over, for good: this is all there is to know.
    Ended {
        /// Which session.
        digest: Digest,
        /// Its public id.
        handle: Handle,
        /// Since when.
        at: Instant,
        /// Why.
        reason: EndReason,
    },
    /// A session has been amended.
    Amended {
        /// Which session.
        digest: Digest,
        /// Its public id.
        handle: Handle,
        /// Its version now. Whoever knows this one or a later one knows of the change.
        version: u64,
    },
    /// A session has another token; this one names nobody any more.
    Renamed {
        /// The digest of the token that it had.
        digest: Digest,
        /// Its public id.
        handle: Handle,
    },
    /// Something besides sessions has changed.
    Document(Document),
}

/// What is kept besides sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// The policies.
    Policy,
    /// The applications.
    Applications,
    /// The keys to the management API.
    ApiKeys,
}
