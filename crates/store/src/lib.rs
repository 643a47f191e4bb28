//! Where sessions are kept.
//!
//! The trait has no `save(session)`: a record is created once, touched, amended while it is alive and unchanged since it was
//! read, and ended once. Every call can be answered by any process that reaches the store; none relies on what one
//! process remembers. One suite holds for every implementation (`conformance`).

pub mod audit;
mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
mod creation;
mod documents;
mod filter;
pub mod memory;
mod record;
pub mod secret;
pub mod token;

use std::fmt::Debug;

use async_trait::async_trait;
use nightlatch_core::time::{Instant, Span};

pub use self::change::{Amendment, End, Ended, Expiry, Reindex, Touch};
pub use self::creation::{Claim, Created, Creation, Room};
pub use self::documents::{ApiKey, Application, PolicyRevision};
pub use self::filter::{Filter, Page, Selector};
pub use self::record::{Record, Revision, Revisions, longest_absence};
use crate::audit::{AuditEntry, AuditFilter, AuditRecord};
use crate::secret::Secret;
use crate::token::{Digest, Handle};

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or cannot write; later it may.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It holds something that nightlatch did not write.
    #[error("the store holds a damaged record: {0}")]
    Damaged(String),
}

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Keeps sessions, their audit, policies and API keys. A call that has answered `Ok` survives the loss of power. One that has
/// answered an error may have been done nevertheless; but it is over, and will not be done later.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Adds a session, if the request was not served before and there is room. All of it is one transaction.
    async fn create(&self, creation: &Creation) -> Result<Created>;

    /// The record with this token, ended or not.
    async fn get(&self, digest: &Digest) -> Result<Option<Record>>;

    /// The record with this handle, ended or not.
    async fn find(&self, handle: &Handle) -> Result<Option<Record>>;

    /// Records activity, all or nothing. Missing, ended and more recent records are left alone. Answers those that it found no
    /// live record for: whoever let them in believes something that is not so.
    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Digest>>;

    /// Changes a live session. False if it is not alive, or not at that version any more.
    async fn amend(&self, amendment: &Amendment) -> Result<bool>;

    /// Ends what the selector means, at most `limit` of them, each with one audit record. Answers those it ended.
    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>>;

    /// Ends sessions at their deadlines, each with one audit record. Answers those it ended.
    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>>;

    /// Leaves alone what is over, at another version, or worked out under a later policy already. No version moves.
    async fn reindex(&self, sessions: &[Reindex]) -> Result<()>;

    /// Live records that fall due at or before `now`, the earliest first, at most `limit`. Like every list it leaves out
    /// what is damaged.
    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>>;

    /// A page of live records.
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>>;

    /// How many live records there are.
    async fn count(&self, filter: &Filter) -> Result<u64>;

    /// How many live records were worked out under an earlier policy than `revision`.
    async fn count_outdated(&self, revision: Revision) -> Result<u64>;

    /// Forgets records that ended before `before`, at most `limit`; their audit stays. Answers how many.
    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize>;

    /// A page of the audit, oldest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>>;

    /// Every policy that was in force, the oldest first.
    async fn policies(&self) -> Result<Vec<PolicyRevision>>;

    /// Adds the next policy and its audit entry. False if its revision exists already; then nothing is changed.
    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool>;

    /// Every application, by id.
    async fn applications(&self) -> Result<Vec<Application>>;

    /// Adds an application (`expected` is `None`) or replaces the one at the expected version, with its audit entry. False
    /// if it exists already, or is not at that version; then nothing is changed.
    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool>;

    /// Removes an application, at the expected version if one is given, with its audit entry. False if there is none such;
    /// then nothing is changed.
    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool>;

    /// Every API key, by name.
    async fn api_keys(&self) -> Result<Vec<ApiKey>>;

    /// Adds an API key and its audit entry, if the request was not served before and the name is free.
    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created>;

    /// Replaces the API key of the same name: its holder has lost the answer to its creation. False if there is none.
    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool>;

    /// Removes an API key, with its audit entry. False if there is none of the name; then nothing is changed.
    async fn remove_api_key(&self, name: &str, audit: AuditEntry) -> Result<bool>;

    /// Forgets claims made before `before`, at most `limit`. Answers how many.
    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize>;

    /// What keys are derived from: `fresh`, where the store has none yet. Whoever asks is answered the same one for good.
    async fn secret(&self, fresh: &Secret) -> Result<Secret>;

    /// The latest instant the store has heard of: no clock that uses it may start earlier.
    async fn latest_instant(&self) -> Result<Instant>;

    /// Whether the store takes writes now.
    async fn probe(&self, now: Instant) -> Result<()>;
}

/// How long the store keeps a record after its end, to tell its holder why it ended.
pub const ENDED_KEPT: Span = Span::from_secs(7 * 24 * 3600);
