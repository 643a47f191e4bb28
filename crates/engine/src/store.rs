//! Where sessions are kept.
//!
//! The trait has no `save(session)`: a record is created once, touched, amended while it is alive and unchanged since it was
//! read, and ended once. Every call can be answered by any process that reaches the store; none relies on what one
//! process remembers. One conformance suite holds for every implementation (`tests/conformance.rs`).

pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::session::{Activity, EndReason, Session, State};
use nightlatch_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};

use crate::audit::{AuditEntry, AuditFilter, AuditRecord};
use crate::token::{Digest, Handle};

/// The number of a policy, in the order in which they came into force.
pub type Revision = u32;

/// Everything the store keeps of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The digest of its token.
    pub digest: Digest,
    /// Its public id.
    pub handle: Handle,
    /// Who signed in.
    pub subject: Arc<str>,
    /// How they authenticated (RFC 8176 names).
    pub amr: Vec<Box<str>>,
    /// When the session was created.
    pub created: Instant,
    /// Its state under the rules. What its presence decides is kept; open tabs tell themselves again.
    pub session: Session,
    /// The policies it lives under.
    pub revisions: Revisions,
    /// The deadline index: when it falls due, as far as the store knows its activity. `None` when it is over.
    pub due: Option<Instant>,
    /// Counts the amendments.
    pub version: u64,
}

/// The policies a session lives under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions {
    /// The policy of its sign-in or last re-authentication.
    pub own: Revision,
    /// The policy in force when its state was last worked out.
    pub today: Revision,
}

impl Record {
    /// Whether the session is over, since when and why.
    #[must_use]
    pub fn ended(&self) -> Option<(Instant, EndReason)> {
        match self.session.state {
            State::Ended { at, reason } => Some((at, reason)),
            State::Active | State::Locked { .. } => None,
        }
    }
}

/// Activity to be recorded. A record that is over, or has more recent activity, keeps what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Which session.
    pub digest: Digest,
    /// Its activity.
    pub activity: Activity,
    /// When it falls due with that activity.
    pub due: Option<Instant>,
}

/// A change of a live session, made on the record as it was at `version`.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// Which session.
    pub digest: Digest,
    /// The version the change was worked out from; with any other nothing is changed.
    pub version: u64,
    /// The session afterwards: active or locked, never ended. Its activity never takes the record's back.
    pub session: Session,
    /// The policies afterwards.
    pub revisions: Revisions,
    /// When it falls due afterwards.
    pub due: Option<Instant>,
    /// A new token: the old one stops working in the same transaction.
    pub rotate_to: Option<Digest>,
    /// What the audit is told, in the same transaction.
    pub audit: Vec<AuditEntry>,
}

/// A session that has reached a deadline. Ends only if the store knows no other version and no later activity.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// Which session.
    pub digest: Digest,
    /// The version the deadline was worked out from.
    pub version: u64,
    /// The activity the deadline was worked out from.
    pub seen: Instant,
    /// The deadline, or the change that passed it.
    pub at: Instant,
    /// Which deadline.
    pub reason: EndReason,
}

/// Which sessions are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The one with this token.
    Digest(Digest),
    /// The one with this handle.
    Handle(Handle),
    /// All that match.
    Matching(Filter),
}

/// Which live sessions are meant: all given fields must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Of this subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<str>>,
    /// Signed in to this application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<str>>,
    /// On this class of device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// With this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Box<str>>,
}

/// An end that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When.
    pub at: Instant,
    /// Who asks, for the audit.
    pub actor: Box<str>,
}

/// A session that this call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its token's digest.
    pub digest: Digest,
    /// Its public id.
    pub handle: Handle,
    /// Its subject.
    pub subject: Arc<str>,
    /// Since when.
    pub at: Instant,
    /// Why.
    pub reason: EndReason,
}

/// A page of a list in the order of handles, which is that of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Start behind this one.
    pub after: Option<Handle>,
    /// At most so many.
    pub limit: usize,
}

/// A policy and when it came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRevision {
    /// Its number.
    pub revision: Revision,
    /// Since when it is in force.
    pub since: Instant,
    /// The document.
    pub document: PolicyDocument,
}

/// A key to the management API; only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What people call it.
    pub name: Box<str>,
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// Since when it is valid.
    pub created: Instant,
}

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

/// Keeps sessions, their audit, policies and API keys. A call that has answered `Ok` survives the loss of power.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Adds a record and its audit entry. False if the digest or the handle exists already; then nothing is changed.
    async fn create(&self, record: &Record, audit: AuditEntry) -> Result<bool>;

    /// The record with this token, ended or not.
    async fn get(&self, digest: &Digest) -> Result<Option<Record>>;

    /// The record with this handle, ended or not.
    async fn find(&self, handle: &Handle) -> Result<Option<Record>>;

    /// Records activity, all or nothing. Missing, ended and more recent records are left alone.
    async fn touch(&self, touches: &[Touch]) -> Result<()>;

    /// Changes a live session. False if it is not alive, or not at that version any more.
    async fn amend(&self, amendment: &Amendment) -> Result<bool>;

    /// Ends what the selector means, at most `limit` of them, each with one audit record. Answers those it ended.
    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>>;

    /// Ends sessions at their deadlines, each with one audit record. Answers those it ended.
    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>>;

    /// Live records that fall due at or before `now`, the earliest first, at most `limit`.
    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>>;

    /// A page of live records.
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>>;

    /// How many live records there are.
    async fn count(&self, filter: &Filter) -> Result<u64>;

    /// A page of live records last worked out under another policy than `revision`.
    async fn outdated(&self, revision: Revision, page: Page) -> Result<Vec<Record>>;

    /// Forgets records that ended before `before`, at most `limit`; their audit stays. Answers how many.
    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize>;

    /// A page of the audit, oldest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>>;

    /// Every policy that was in force, the oldest first.
    async fn policies(&self) -> Result<Vec<PolicyRevision>>;

    /// Adds the next policy. False if its revision exists already.
    async fn add_policy(&self, policy: &PolicyRevision) -> Result<bool>;

    /// Every API key.
    async fn api_keys(&self) -> Result<Vec<ApiKey>>;

    /// Adds an API key. False if the name is taken.
    async fn add_api_key(&self, key: &ApiKey) -> Result<bool>;

    /// Removes an API key. False if there is none of the name.
    async fn remove_api_key(&self, name: &str) -> Result<bool>;

    /// The latest instant the store has heard of: no clock that uses it may start earlier.
    async fn latest_instant(&self) -> Result<Instant>;

    /// Whether the store takes writes now.
    async fn probe(&self, now: Instant) -> Result<()>;
}

/// How long the store keeps a record after its end, to tell its holder why it ended.
pub const ENDED_KEPT: Span = Span::from_secs(7 * 24 * 3600);
