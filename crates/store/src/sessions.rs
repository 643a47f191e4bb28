//! Sessions, and how they may change.

use async_trait::async_trait;
use nightlatch_core::time::{Instant, Span};

use crate::change::{Amendment, End, Ended, Expiry, Reindex, Touch, Touched};
use crate::creation::{Created, Creation};
use crate::error::Result;
use crate::filter::{Filter, Page, Selector};
use crate::record::{Record, Revision};
use crate::token::{Digest, Handle};

/// Keeps sessions. There is no `save(session)`: a record is created once, touched, amended while it is alive and unchanged since
/// it was read, and ended once.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Adds a session, if the request was not served before and there is room. All of it is one transaction.
    async fn create(&self, creation: &Creation) -> Result<Created>;

    /// The record with this token, ended or not.
    async fn get(&self, digest: &Digest) -> Result<Option<Record>>;

    /// The records with these tokens, each in its place.
    async fn get_many(&self, digests: &[Digest]) -> Result<Vec<Option<Record>>> {
        let mut records = Vec::with_capacity(digests.len());
        for digest in digests {
            records.push(self.get(digest).await?);
        }
        Ok(records)
    }

    /// Whether a session of `subject` can be kept under this token and handle. A store that keeps people in different places finds
    /// the place by each of the three; where they do not agree others are drawn.
    fn fits(&self, subject: &str, digest: &Digest, handle: &Handle) -> bool {
        let _ = (subject, digest, handle);
        true
    }

    /// The record with this handle, ended or not.
    async fn find(&self, handle: &Handle) -> Result<Option<Record>>;

    /// Records activity. Answers each touch in its place; whoever let somebody in whose record is gone believes something that is
    /// not so.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>>;

    /// Changes a live session. False if it is not alive, or not at that version any more.
    async fn amend(&self, amendment: &Amendment) -> Result<bool>;

    /// Ends what the selector means, at most `limit` of them, each with one audit record. Answers those it ended.
    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>>;

    /// Ends sessions at their deadlines, each with one audit record. Answers those it ended.
    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>>;

    /// Leaves alone what is over, at another version, or worked out under a later policy already. No version moves.
    async fn reindex(&self, sessions: &[Reindex]) -> Result<()>;

    /// Live records that may fall due at or before `now`, the earliest first, at most `limit`: activity may have moved the
    /// deadline of some. Like every list it leaves out what is damaged.
    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>>;

    /// A page of live records.
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>>;

    /// How many live records there are.
    async fn count(&self, filter: &Filter) -> Result<u64>;

    /// How many live records were worked out under an earlier policy than `revision`.
    async fn count_outdated(&self, revision: Revision) -> Result<u64>;

    /// Forgets records that ended before `before`, at most `limit`; their audit stays. Answers how many.
    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize>;
}

/// How long the store keeps a record after its end, to tell its holder why it ended.
pub const ENDED_KEPT: Span = Span::from_secs(7 * 24 * 3600);
