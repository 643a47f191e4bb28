//! The store, for everybody.

use std::sync::Arc;

use nightlatch_core::time::Instant;

use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{ApiKey, Application, Filter, Page, PolicyRevision, Record, Result, Revision, Store};

/// The store as everybody sees it: it can be asked, and not be changed.
#[derive(Clone, Debug)]
pub struct Reads(pub(super) Arc<dyn Store>);

impl Reads {
    pub(in crate::engine) fn of(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// See [`Store::get`].
    pub async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.0.get(digest).await
    }

    /// See [`Store::find`].
    pub async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.0.find(handle).await
    }

    /// See [`Store::due`].
    pub async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.0.due(now, limit).await
    }

    /// See [`Store::list`].
    pub async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.0.list(filter, page).await
    }

    /// See [`Store::count`].
    pub async fn count(&self, filter: &Filter) -> Result<u64> {
        self.0.count(filter).await
    }

    /// See [`Store::count_outdated`].
    pub async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.0.count_outdated(revision).await
    }

    /// See [`Store::audit`].
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.0.audit(filter).await
    }

    /// See [`Store::policies`].
    pub async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.0.policies().await
    }

    /// See [`Store::applications`].
    pub async fn applications(&self) -> Result<Vec<Application>> {
        self.0.applications().await
    }

    /// See [`Store::api_keys`].
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.0.api_keys().await
    }
}
