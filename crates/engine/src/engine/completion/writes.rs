//! The store, for those who run to their end.
//!
//! Whatever writes comes through here, so nobody forgets what goes with it: how it went is noted, and where a lost answer leaves
//! open whether it was done, what the table believes is doubted until the store has been asked again.

use nightlatch_core::time::Instant;
use nightlatch_store::audit::AuditEntry;
use nightlatch_store::{
    Amendment, ApiKey, Application, Claim, Created, Creation, End, Ended, Expiry, PolicyRevision, Reindex, Removed,
    Result, Selector, Store, StoreError, Touch, Touched,
};

use crate::engine::Engine;

/// The writes of the store.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Writes<'u> {
    engine: &'u Engine,
}

impl<'u> Writes<'u> {
    pub(super) fn of(engine: &'u Engine) -> Self {
        Self { engine }
    }

    fn store(self) -> &'u dyn Store {
        self.engine.store.0.as_ref()
    }

    fn counted(self, ended: &Result<Vec<Ended>>) {
        if let Ok(ended) = ended {
            self.engine.ends.count(ended);
        }
    }

    fn noted<T>(self, written: Result<T>) -> Result<T> {
        self.engine.health.wrote(written, self.engine.clock.now())
    }

    /// Where the answer was lost it may have been done. Of what was not done the table believes nothing that is not so.
    fn noted_for<T>(self, written: Result<T>, meant: impl IntoIterator<Item = Selector>) -> Result<T> {
        if written.as_ref().is_err_and(StoreError::may_be_done) {
            self.engine.doubts.about(meant);
        }
        self.noted(written)
    }

    pub(in crate::engine) async fn create(self, creation: &Creation) -> Result<Created> {
        let created = self.store().create(creation).await;
        if let Ok(Created::Added(ended)) = &created {
            self.engine.ends.count(ended);
        }
        let ending = creation.quota.iter().flat_map(|quota| &quota.ending);
        self.noted_for(created, ending.copied().map(Selector::Handle))
    }

    /// Activity alone: whether or not it is written, the table knows more.
    pub(in crate::engine) async fn touch(self, touches: &[Touch]) -> Result<Vec<Touched>> {
        let answers = self.store().touch(touches).await;
        self.noted(answers)
    }

    pub(in crate::engine) async fn amend(self, amendment: &Amendment) -> Result<bool> {
        let amended = self.store().amend(amendment).await;
        self.noted_for(amended, [Selector::Digest(amendment.digest)])
    }

    pub(in crate::engine) async fn end(self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        let ended = self.store().end(selector, end, limit).await;
        self.counted(&ended);
        self.noted_for(ended, [selector.clone()])
    }

    pub(in crate::engine) async fn expire(self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        let ended = self.store().expire(expiries).await;
        self.counted(&ended);
        self.noted_for(ended, expiries.iter().map(|expiry| Selector::Digest(expiry.digest)))
    }

    /// Moves nothing that anybody decides by.
    pub(in crate::engine) async fn reindex(self, sessions: &[Reindex]) -> Result<()> {
        let reindexed = self.store().reindex(sessions).await;
        self.noted(reindexed)
    }

    pub(in crate::engine) async fn add_policy(self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        let added = self.store().add_policy(policy, audit).await;
        if added.as_ref().is_err_and(StoreError::may_be_done) {
            self.engine.doubts.about_the_policy();
        }
        self.noted(added)
    }

    pub(in crate::engine) async fn forget_ended(self, before: Instant, limit: usize) -> Result<usize> {
        let forgotten = self.store().forget_ended(before, limit).await;
        self.noted(forgotten)
    }

    pub(in crate::engine) async fn forget_claims(self, before: Instant, limit: usize) -> Result<usize> {
        let forgotten = self.store().forget_claims(before, limit).await;
        self.noted(forgotten)
    }

    pub(in crate::engine) async fn forget_audit(self, before: Instant, limit: usize) -> Result<usize> {
        let forgotten = self.store().forget_audit(before, limit).await;
        self.noted(forgotten)
    }

    pub(in crate::engine) async fn put_application(
        self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let put = self.store().put_application(application, expected, audit).await;
        self.noted(put)
    }

    pub(in crate::engine) async fn remove_application(
        self,
        id: &str,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let removed = self.store().remove_application(id, expected, audit).await;
        self.noted(removed)
    }

    pub(in crate::engine) async fn add_api_key(
        self,
        key: &ApiKey,
        claim: Option<&Claim>,
        audit: AuditEntry,
    ) -> Result<Created> {
        let added = self.store().add_api_key(key, claim, audit).await;
        self.noted(added)
    }

    pub(in crate::engine) async fn replace_api_key(self, key: &ApiKey) -> Result<bool> {
        let replaced = self.store().replace_api_key(key).await;
        self.noted(replaced)
    }

    pub(in crate::engine) async fn remove_api_key(
        self,
        name: &str,
        unless_last: &[&str],
        audit: AuditEntry,
    ) -> Result<Removed> {
        let removed = self.store().remove_api_key(name, unless_last, audit).await;
        self.noted(removed)
    }

    pub(in crate::engine) async fn probe(self, now: Instant) -> Result<()> {
        let probed = self.store().probe(now).await;
        self.noted(probed)
    }
}
