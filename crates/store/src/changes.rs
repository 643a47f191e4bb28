//! What a store knows of time, and whether it takes writes.

use async_trait::async_trait;
use nightlatch_core::time::Instant;

use crate::error::Result;

/// Tells the processes that share the store what they have to agree on.
#[async_trait]
pub trait Changes: Send + Sync {
    /// The latest instant the store has heard of: no clock that uses it may start earlier.
    async fn latest_instant(&self) -> Result<Instant>;

    /// Whether the store takes writes now.
    async fn probe(&self, now: Instant) -> Result<()>;
}
