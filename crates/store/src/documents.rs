//! What is kept besides sessions: policies, API keys, applications.

use async_trait::async_trait;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::time::Instant;

use crate::audit::AuditEntry;
use crate::creation::{Claim, Created};
use crate::error::Result;
use crate::record::Revision;
use crate::secret::Secret;
use crate::token::Digest;

/// Keeps what is no session, each change with its audit entry in one transaction.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Every policy that was in force, the oldest first.
    async fn policies(&self) -> Result<Vec<PolicyRevision>>;

    /// Adds the next policy and its audit entry. False if its revision is not the one behind the latest; then nothing is changed, and
    /// no revision is ever missing in between.
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

    /// Removes an API key, with its audit entry. A key that has one of the scopes `unless_last` stays where no other key has
    /// one of them: two who remove at once never remove the last.
    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed>;

    /// Forgets claims made before `before`, at most `limit`. Answers how many.
    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize>;

    /// What keys are derived from: `fresh`, where the store has none yet. Whoever asks is answered the same one for good.
    async fn secret(&self, fresh: &Secret) -> Result<Secret>;
}

/// A policy and how it came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRevision {
    /// Its number.
    pub revision: Revision,
    /// Since when it is in force.
    pub since: Instant,
    /// The document.
    pub document: PolicyDocument,
    /// Who brought it: `file:PATH`, `api:NAME`, ...
    pub actor: Box<str>,
    /// Why, in their words.
    pub reason: Option<Box<str>>,
    /// The earlier revision that was restored, if it was.
    pub restored: Option<Revision>,
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
    /// What it may do; words of the server.
    pub scopes: Vec<Box<str>>,
    /// The applications whose sessions it reaches; `None` reaches all sessions.
    pub applications: Option<Vec<Box<str>>>,
}

/// What came of removing an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Removed,
    /// There is none of the name. Nothing was changed.
    Missing,
    /// It is the last one with such a scope. Nothing was changed.
    Last,
}

/// A web application that people sign in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its key in the policy.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// Where its pages come from.
    pub origins: Vec<Box<str>>,
    /// Where it wants to be told of a sign-out.
    pub logout_urls: Vec<Box<str>>,
    /// Counts the changes, from 1. The store counts: what is handed to it here is not looked at.
    pub version: u64,
}
