//! What a store knows of time, whether it takes writes, and what the processes that share it tell each other.

use async_trait::async_trait;
use nightlatch_core::time::Instant;

use crate::error::Result;
use crate::nodes::Nodes;

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
