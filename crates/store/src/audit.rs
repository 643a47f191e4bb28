//! The audit: what happened to which session, when, by whom and why. Entries are written in the transaction of what they tell.

mod ledger;

use async_trait::async_trait;
use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use serde::{Deserialize, Serialize};

pub use self::ledger::{Ledger, told_at_the_end, told_with};
use crate::error::Result;
use crate::token::Handle;

/// Keeps the audit. What is told goes into it with the change it is about, so nothing is added to it here.
#[async_trait]
pub trait Audit: Send + Sync {
    /// A page of the audit, oldest first.
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>>;

    /// Forgets what the audit begins with, as far as it is from before an instant: at most `limit` entries, or whole months where the
    /// store keeps them apart; an entry may stay for as long as those of its month. Answers how many entries, or months, went. The numbers
    /// of the others stay, and those of new ones go on.
    async fn forget_audit(&self, before: Instant, limit: usize) -> Result<usize>;
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditKind {
    /// Somebody signed in.
    SignIn,
    /// The same person authenticated again; the token changed.
    Reauthenticated,
    /// The session locked.
    Locked,
    /// The person said: stay signed in.
    Extended,
    /// Long work began.
    Held,
    /// Long work was over.
    HoldEnded,
    /// The user picked an idle limit.
    Chosen,
    /// Whoever authenticated the person said until when the session may last, or that there is no such instant.
    Bound,
    /// The session ended.
    Ended,
    /// A policy came into force.
    Policy,
    /// An application was added, changed or removed.
    Application,
    /// A key to the management API was made or revoked.
    ApiKey,
}

impl AuditKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::SignIn,
        Self::Reauthenticated,
        Self::Locked,
        Self::Extended,
        Self::Held,
        Self::HoldEnded,
        Self::Chosen,
        Self::Bound,
        Self::Ended,
        Self::Policy,
        Self::Application,
        Self::ApiKey,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Reauthenticated => "reauthenticated",
            Self::Locked => "locked",
            Self::Extended => "extended",
            Self::Held => "held",
            Self::HoldEnded => "hold-ended",
            Self::Chosen => "chosen",
            Self::Bound => "bound",
            Self::Ended => "ended",
            Self::Policy => "policy",
            Self::Application => "application",
            Self::ApiKey => "api-key",
        }
    }

    /// The kind a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One entry, before the store numbers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: AuditKind,
    /// To which session; none for a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// Whose session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<str>>,
    /// Signed in to which application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<str>>,
    /// Why, for an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<EndReason>,
    /// The last activity before an end, as far as the store knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<Instant>,
    /// The longest absence up to an end, the one that lasted until then included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_absence: Option<Span>,
    /// When the first of several began that are one entry, or the hold that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Instant>,
    /// How many the entry stands for, where it may be several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// How long holds lasted that ended, all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Span>,
    /// Who brought it about: `user`, `policy`, `api:NAME`, ...
    pub actor: Box<str>,
    /// What else is worth knowing, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<str>>,
}

impl AuditEntry {
    /// An entry about no session.
    #[must_use]
    pub fn new(at: Instant, kind: AuditKind, actor: &str) -> Self {
        Self {
            at,
            kind,
            handle: None,
            subject: None,
            application: None,
            reason: None,
            last_activity: None,
            longest_absence: None,
            since: None,
            count: None,
            held: None,
            actor: actor.into(),
            detail: None,
        }
    }

    /// The same entry, about a session.
    #[must_use]
    pub fn of(self, handle: Handle, subject: &str, application: Option<&str>) -> Self {
        Self {
            handle: Some(handle),
            subject: Some(subject.into()),
            application: application.map(Into::into),
            ..self
        }
    }
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Its number, counted up from one.
    pub seq: u64,
    /// The entry.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this session.
    pub handle: Option<Handle>,
    /// Of this subject.
    pub subject: Option<Box<str>>,
    /// Of sessions of one of these applications; empty means none.
    pub within: Option<Vec<Box<str>>>,
    /// Of this kind.
    pub kind: Option<AuditKind>,
    /// Behind this number.
    pub after: u64,
    /// At most so many.
    pub limit: usize,
}
