//! A store that fails when it is told to.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_engine::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_engine::secret::Secret;
use nightlatch_engine::store::memory::MemoryStore;
use nightlatch_engine::store::{
    Amendment, ApiKey, Application, Claim, Created, Creation, End, Ended, Expiry, Filter, Page, PolicyRevision, Record,
    Reindex, Result, Revision, Selector, Store, StoreError, Touch,
};
use nightlatch_engine::token::{Digest, Handle};

#[derive(Debug, Default)]
pub(crate) struct FlakyStore {
    store: MemoryStore,
    failing: AtomicBool,
}

impl FlakyStore {
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    fn well(&self) -> Result<&MemoryStore> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("told to fail".to_owned()));
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl Store for FlakyStore {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        self.well()?.create(creation).await
    }
    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.well()?.get(digest).await
    }
    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.well()?.find(handle).await
    }
    async fn touch(&self, touches: &[Touch]) -> Result<()> {
        self.well()?.touch(touches).await
    }
    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        self.well()?.amend(amendment).await
    }
    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        self.well()?.end(selector, end, limit).await
    }
    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        self.well()?.expire(expiries).await
    }
    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.well()?.due(now, limit).await
    }
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.well()?.list(filter, page).await
    }
    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.well()?.count(filter).await
    }
    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.well()?.count_outdated(revision).await
    }
    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        self.well()?.reindex(sessions).await
    }
    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        self.well()?.forget_ended(before, limit).await
    }
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.well()?.audit(filter).await
    }
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.well()?.policies().await
    }
    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        self.well()?.add_policy(policy, audit).await
    }
    async fn applications(&self) -> Result<Vec<Application>> {
        self.well()?.applications().await
    }
    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.well()?.put_application(application, expected, audit).await
    }
    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.well()?.remove_application(id, expected, audit).await
    }
    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.well()?.api_keys().await
    }
    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.well()?.add_api_key(key, claim, audit).await
    }
    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.well()?.replace_api_key(key).await
    }
    async fn remove_api_key(&self, name: &str, audit: AuditEntry) -> Result<bool> {
        self.well()?.remove_api_key(name, audit).await
    }
    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        self.well()?.forget_claims(before, limit).await
    }
    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        self.well()?.secret(fresh).await
    }
    async fn latest_instant(&self) -> Result<Instant> {
        self.well()?.latest_instant().await
    }
    async fn probe(&self, now: Instant) -> Result<()> {
        self.well()?.probe(now).await
    }
}
