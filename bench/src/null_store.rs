//! A store that keeps nothing, so that what is weighed is the engine alone.

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, Touch, Touched,
};

/// Takes every write and remembers none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullStore;

#[async_trait]
impl Sessions for NullStore {
    async fn create(&self, _: &Creation) -> Result<Created> {
        Ok(Created::Added(Vec::new()))
    }

    async fn get(&self, _: &Digest) -> Result<Option<Record>> {
        Ok(None)
    }

    async fn find(&self, _: &Handle) -> Result<Option<Record>> {
        Ok(None)
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        Ok(vec![Touched::Stored; touches.len()])
    }

    async fn amend(&self, _: &Amendment) -> Result<bool> {
        Ok(true)
    }

    async fn end(&self, _: &Selector, _: &End, _: usize) -> Result<Vec<Ended>> {
        Ok(Vec::new())
    }

    async fn expire(&self, _: &[Expiry]) -> Result<Vec<Ended>> {
        Ok(Vec::new())
    }

    async fn reindex(&self, _: &[Reindex]) -> Result<()> {
        Ok(())
    }

    async fn due(&self, _: Instant, _: usize) -> Result<Vec<Record>> {
        Ok(Vec::new())
    }

    async fn list(&self, _: &Filter, _: Page) -> Result<Vec<Record>> {
        Ok(Vec::new())
    }

    async fn count(&self, _: &Filter) -> Result<u64> {
        Ok(0)
    }

    async fn count_outdated(&self, _: Revision) -> Result<u64> {
        Ok(0)
    }

    async fn forget_ended(&self, _: Instant, _: usize) -> Result<usize> {
        Ok(0)
    }
}

#[async_trait]
impl Audit for NullStore {
    async fn audit(&self, _: &AuditFilter) -> Result<Vec<AuditRecord>> {
        Ok(Vec::new())
    }

    async fn forget_audit(&self, _: Instant, _: usize) -> Result<usize> {
        Ok(0)
    }
}

#[async_trait]
impl Documents for NullStore {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        Ok(Vec::new())
    }

    async fn add_policy(&self, _: &PolicyRevision, _: AuditEntry) -> Result<bool> {
        Ok(true)
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        Ok(Vec::new())
    }

    async fn put_application(&self, _: &Application, _: Option<u64>, _: AuditEntry) -> Result<bool> {
        Ok(true)
    }

    async fn remove_application(&self, _: &str, _: Option<u64>, _: AuditEntry) -> Result<bool> {
        Ok(false)
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        Ok(Vec::new())
    }

    async fn add_api_key(&self, _: &ApiKey, _: Option<&Claim>, _: AuditEntry) -> Result<Created> {
        Ok(Created::Added(Vec::new()))
    }

    async fn replace_api_key(&self, _: &ApiKey) -> Result<bool> {
        Ok(false)
    }

    async fn remove_api_key(&self, _: &str, _: &[&str], _: AuditEntry) -> Result<Removed> {
        Ok(Removed::Missing)
    }

    async fn forget_claims(&self, _: Instant, _: usize) -> Result<usize> {
        Ok(0)
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        Ok(fresh.clone())
    }
}

#[async_trait]
impl Changes for NullStore {
    async fn latest_instant(&self) -> Result<Instant> {
        Ok(Instant::default())
    }

    async fn probe(&self, _: Instant) -> Result<()> {
        Ok(())
    }
}
