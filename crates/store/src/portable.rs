//! Everything that a store holds, on its way into another one.
//!
//! The source is at rest: nobody changes it meanwhile. What is small comes first and whole, the rest in pages, in an order that the target
//! keeps. So what has arrived tells where to go on, and a copy that is stopped anywhere is repeated without doubles. Tokens stay valid:
//! what is kept of them is their digest, and that is copied.

use async_trait::async_trait;
use nightlatch_core::time::Instant;

use crate::audit::AuditRecord;
use crate::creation::Claim;
use crate::documents::{ApiKey, Application, PolicyRevision};
use crate::error::{Result, StoreError};
use crate::record::Record;
use crate::secret::Secret;
use crate::token::{Digest, Handle};

/// A page for [`copy`]: large enough that the way to the target and back costs little, small enough for any memory.
pub const PAGE: usize = 4_000;

/// A store that is at rest, and read.
#[async_trait]
pub trait Source: Send + Sync {
    /// What is small, and how much there is of the rest.
    async fn head(&self) -> Result<Head>;

    /// The sessions behind a handle, ended ones too, in the order of handles.
    async fn sessions(&self, after: Option<Handle>, limit: usize) -> Result<Vec<Record>>;

    /// The claims behind a key, in the order of keys.
    async fn claims(&self, after: Option<Digest>, limit: usize) -> Result<Vec<Claimed>>;

    /// The audit behind a number, in the order of numbers.
    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditRecord>>;
}

/// A store that takes what another one holds. Whatever is in it twice was the same.
#[async_trait]
pub trait Target: Send + Sync {
    /// Takes what is small, and is closed to servers from then on. Where a part of the same copy has arrived it says how far; what
    /// arrived of an earlier moment of the same store is given up. Anything else that it holds is a reason to refuse.
    async fn begin(&self, head: &Head) -> std::result::Result<Arrived, CopyError>;

    /// Adds a page of sessions. It survives a crash if what is added later does.
    async fn add_sessions(&self, records: &[Record]) -> Result<()>;

    /// Adds a page of claims.
    async fn add_claims(&self, claims: &[Claimed]) -> Result<()>;

    /// Adds a page of the audit, each record under its number.
    async fn add_audit(&self, records: &[AuditRecord]) -> Result<()>;

    /// Counts what has arrived, and opens the store to servers if it is all there is.
    async fn finish(&self, head: &Head) -> std::result::Result<(), CopyError>;
}

/// What is small in a store, and the size of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What keys are derived from. It tells one store from another.
    pub secret: Secret,
    /// The latest instant that the store has heard of. It tells one moment of the store from another.
    pub latest: Instant,
    /// Every policy.
    pub policies: Vec<PolicyRevision>,
    /// Every application.
    pub applications: Vec<Application>,
    /// Every API key.
    pub api_keys: Vec<ApiKey>,
    /// The last number that the audit has given.
    pub last_seq: u64,
    /// How many there are of what comes in pages.
    pub counts: Counts,
}

/// How many there are of what comes in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions, ended ones too.
    pub sessions: u64,
    /// Claims.
    pub claims: u64,
    /// Audit records.
    pub audit: u64,
}

impl Counts {
    /// All together.
    #[must_use]
    pub fn sum(self) -> u64 {
        self.sessions + self.claims + self.audit
    }
}

/// How far a copy has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrived {
    /// The last session.
    pub session: Option<Handle>,
    /// The last claim.
    pub claim: Option<Digest>,
    /// The last number of the audit.
    pub seq: u64,
    /// How many there are already.
    pub counts: Counts,
}

/// A claim and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The request.
    pub claim: Claim,
    /// The handle of the session, or the name of the key.
    pub outcome: Box<str>,
}

/// Why a copy is not there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CopyError {
    /// The target must not take it, for this reason.
    #[error("{0}")]
    Refused(String),
    /// One of the two stores failed. What has arrived stays, and the same copy goes on from there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies all of a store, or what is missing of it, so many at a time. `told` hears how much has arrived, after each page.
pub async fn copy(
    source: &dyn Source,
    target: &dyn Target,
    page: usize,
    mut told: impl FnMut(Counts),
) -> std::result::Result<Head, CopyError> {
    let head = source.head().await?;
    let mut arrived = target.begin(&head).await?;
    told(arrived.counts);
    loop {
        let next = source.sessions(arrived.session, page).await?;
        let Some(last) = next.last() else { break };
        arrived.session = Some(last.handle);
        target.add_sessions(&next).await?;
        arrived.counts.sessions += next.len() as u64;
        told(arrived.counts);
    }
    loop {
        let next = source.claims(arrived.claim, page).await?;
        let Some(last) = next.last() else { break };
        arrived.claim = Some(last.claim.key);
        target.add_claims(&next).await?;
        arrived.counts.claims += next.len() as u64;
        told(arrived.counts);
    }
    loop {
        let next = source.audit(arrived.seq, page).await?;
        let Some(last) = next.last() else { break };
        arrived.seq = last.seq;
        target.add_audit(&next).await?;
        arrived.counts.audit += next.len() as u64;
        told(arrived.counts);
    }
    target.finish(&head).await?;
    Ok(head)
}
