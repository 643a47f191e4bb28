//! The store, for what does not write.

use std::sync::Arc;

use nightlatch_core::time::Instant;

use nightlatch_store::audit::{AuditFilter, AuditRecord};
use nightlatch_store::nodes::Nodes;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{ApiKey, Application, Filter, Page, PolicyRevision, Record, Result, Revision, Store};

/// The store as it is seen outside of a task that runs to its end: it can be asked, and not be changed.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Reads(pub(super) Arc<dyn Store>);

impl Reads {
    pub(in crate::engine) fn of(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Beats write, but nothing that anybody decides by.
    pub(in crate::engine) fn nodes(&self) -> Option<&dyn Nodes> {
        self.0.nodes()
    }

    pub(in crate::engine) async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.0.get(digest).await
    }

    pub(in crate::engine) async fn get_many(&self, digests: &[Digest]) -> Result<Vec<Option<Record>>> {
        self.0.get_many(digests).await
    }

    pub(in crate::engine) async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.0.find(handle).await
    }

    pub(in crate::engine) async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.0.due(now, limit).await
    }

    pub(in crate::engine) async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.0.list(filter, page).await
    }

    pub(in crate::engine) async fn count(&self, filter: &Filter) -> Result<u64> {
        self.0.count(filter).await
    }

    pub(in crate::engine) async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.0.count_outdated(revision).await
    }

    pub(in crate::engine) async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.0.audit(filter).await
    }

    pub(in crate::engine) async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.0.policies().await
    }

    pub(in crate::engine) async fn applications(&self) -> Result<Vec<Application>> {
        self.0.applications().await
    }

    pub(in crate::engine) async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.0.api_keys().await
    }
}
