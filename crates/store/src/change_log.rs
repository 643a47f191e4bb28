//! What nodes that share a store tell each other through it.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;

use crate::token::{Digest, Handle};

/// An entry of the log of changes. It is written in the transaction of what it tells, and only where there are [`Nodes`](crate::nodes::Nodes). What
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
