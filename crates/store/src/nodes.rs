//! The nodes that share a store. They never talk to each other: each tells the store again and again that it is there, its beat,
//! and hears in the answer what the others have changed.
//!
//! What makes this safe is in the order of one call. A beat is written, durably, before the changes are read. So an end that was
//! acknowledged before a beat was sent is in what it answers, or was in an earlier answer; and a store that cannot write any more
//! (a primary that was replaced) answers no beat. Clocks play no part in that.

use std::sync::Arc;

use async_trait::async_trait;
pub use nightlatch_core::node::NodeId;
use nightlatch_core::time::{Instant, Span};

use crate::change_log::Change;
use crate::error::Result;

/// How long a node has a turn after the beat that gave it, unless a beat gives it again.
pub const TURN: Span = Span::from_secs(1);

/// The change log reaches back so far. Who has not beaten for longer has lost its position.
pub const LOG_KEPT: Span = Span::from_secs(600);

/// So many changes are told in one answer. With more behind its position a node has lost it: reading on demand costs less.
pub const MOST_CHANGES: usize = 50_000;

/// Keeps the nodes and the log of changes.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Writes durably that a node is there, then reads what has changed behind its position.
    async fn beat(&self, beat: &Beat) -> Result<Heard>;

    /// Returns when another node may have changed something, and a beat would hear of it. One waits at a time; what is told between two
    /// waits is told at once by the next. Nothing depends on a hint: it may come late, for nothing, or never, as it does where a store
    /// gives none. Whoever waits may stop at any time.
    async fn hinted(&self) {
        std::future::pending::<()>().await;
    }

    /// Moves the offset of cluster time in an epoch, if it is as expected. False if it is not, or the epoch is another.
    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool>;

    /// The nodes that have beaten of late, by id.
    async fn list(&self) -> Result<Vec<Node>>;

    /// A node stops: its row goes, and its turns are free.
    async fn leave(&self, node: NodeId) -> Result<()>;

    /// Gives numbers to what the audit was told, so that whoever reads it need not. Nothing to be done where it is numbered at once.
    async fn seal(&self) -> Result<()> {
        Ok(())
    }

    /// How hard the store finds it to keep up. None where it always does.
    async fn strain(&self) -> Result<Strain> {
        Ok(Strain::default())
    }

    /// Forgets changes that are older than [`LOG_KEPT`], and nodes that have not beaten for as long; at most `limit`. Answers how
    /// many.
    async fn forget_changes(&self, limit: usize) -> Result<usize>;
}

/// A name for a process that starts, from the operating system's generator.
#[must_use]
pub fn random_id() -> NodeId {
    NodeId::new(u64::from_ne_bytes(crate::random::random_bytes()))
}

/// What a node tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which node.
    pub node: NodeId,
    /// What people call it.
    pub name: Box<str>,
    /// Which version of nightlatch it runs.
    pub version: Box<str>,
    /// Cluster time by its clock; `None` before it has one.
    pub now: Option<Instant>,
    /// How far it has read the log of changes; `None` where it has read nothing and keeps no copy.
    pub position: Option<Position>,
}

/// What a node hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The life of the store that answers.
    pub epoch: Epoch,
    /// What the store's own clock shows.
    pub clock: Instant,
    /// By how many milliseconds cluster time is ahead of that clock; `None` as long as nobody has said so in this epoch.
    pub offset: Option<i64>,
    /// The latest cluster time that any node has told: whoever starts goes on from there.
    pub latest: Instant,
    /// How far this answer has read the log of changes.
    pub position: Position,
    /// What has changed behind the position of the beat. `None` where nobody can say any more, since the position is too old
    /// or of another epoch: whatever is in memory may be wrong.
    pub changes: Option<Vec<Change>>,
    /// The background work that is up to this node until [`TURN`] after its beat. It saves work and nothing depends on it:
    /// two nodes that do the same do no harm.
    pub turns: Vec<Turn>,
}

/// One life of the store. When it becomes another one (a standby was promoted, a backup was restored, its server started again) it may
/// have forgotten what it had acknowledged, and its clock may show another time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// As a store names it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far somebody has read the log of changes. Only the store knows what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position(Arc<str>);

impl Position {
    /// As a store writes it.
    #[must_use]
    pub fn new(written: &str) -> Self {
        Self(written.into())
    }

    /// As a store wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Background work that one node does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    /// Ends what is due.
    Sweep,
    /// Works deadlines out anew after a change of policy.
    Reindex,
    /// Forgets what is old.
    Forget,
    /// Gives the audit its numbers.
    Seal,
    /// Closes the tabs of nodes that are gone.
    CloseTabs,
}

impl Turn {
    /// Every turn.
    pub const ALL: [Self; 5] = [Self::Sweep, Self::Reindex, Self::Forget, Self::Seal, Self::CloseTabs];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Reindex => "reindex",
            Self::Forget => "forget",
            Self::Seal => "seal",
            Self::CloseTabs => "close-tabs",
        }
    }

    /// The turn a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.as_str() == word)
    }
}

/// A node as the others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Which.
    pub id: NodeId,
    /// What people call it.
    pub name: Box<str>,
    /// Which version of nightlatch it runs.
    pub version: Box<str>,
    /// How long ago it beat, by the store's clock.
    pub silent_for: Span,
    /// What it does for all.
    pub turns: Vec<Turn>,
}

/// How hard a store finds it to keep up. Both grow where somebody leaves a transaction open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strain {
    /// How long the oldest entry waits that the audit was told and that has no number yet.
    pub seal_lag: Span,
    /// How long the oldest transaction is open, whoever's it is, as far as we may see it. The store keeps for it what all others have
    /// deleted.
    pub oldest_transaction: Span,
}
