//! A store over another one that does what it is told: it fails before it does anything, loses the answer to what it has
//! done, or makes whoever asks wait before and after, so that there is something to be dropped at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::nodes::{Beat, Epoch, Heard, Node, NodeId, Nodes};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, Store, StoreError, Touch,
    Touched,
};

#[derive(Debug)]
pub(crate) struct FlakyStore {
    store: Arc<dyn Store>,
    failing: AtomicBool,
    /// So many writes are answered before the first answer is lost.
    answered: AtomicUsize,
    yielding: AtomicBool,
    busy: AtomicBool,
    hint: tokio::sync::Notify,
    beats: AtomicUsize,
    reindexed: AtomicUsize,
}

impl Default for FlakyStore {
    fn default() -> Self {
        Self::over(Arc::new(MemoryStore::default()))
    }
}

impl FlakyStore {
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            failing: AtomicBool::default(),
            answered: AtomicUsize::new(usize::MAX),
            yielding: AtomicBool::default(),
            busy: AtomicBool::default(),
            hint: tokio::sync::Notify::default(),
            beats: AtomicUsize::default(),
            reindexed: AtomicUsize::default(),
        }
    }

    /// Says that somebody else may have changed something.
    pub(crate) fn hint(&self) {
        self.hint.notify_one();
    }

    /// How many sessions were re-indexed through it.
    pub(crate) fn reindexed(&self) -> usize {
        self.reindexed.load(Ordering::SeqCst)
    }

    /// How often a node has told it that it is there.
    pub(crate) fn beats(&self) -> usize {
        self.beats.load(Ordering::SeqCst)
    }

    /// From now on it does nothing that it is asked, and says so.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// After so many writes it writes what it is asked, and says that it has not.
    pub(crate) fn lose_answers_after(&self, answered: usize) {
        self.answered.store(answered, Ordering::SeqCst);
    }

    pub(crate) fn lose_no_answer(&self) {
        self.answered.store(usize::MAX, Ordering::SeqCst);
    }

    /// From now on whoever asks waits for a moment before it is done, and for another one afterwards.
    pub(crate) fn make_wait(&self, yielding: bool) {
        self.yielding.store(yielding, Ordering::SeqCst);
    }

    /// From now on somebody else is changing every record that is touched.
    pub(crate) fn be_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::SeqCst);
    }

    async fn wait(&self) {
        if self.yielding.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    async fn asked<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.wait().await;
        if self.failing.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("told to fail".to_owned()));
        }
        let answer = call.await;
        self.wait().await;
        answer
    }

    async fn written<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let answer = self.asked(call).await;
        let less = |answered: usize| (answered < usize::MAX).then(|| answered.saturating_sub(1));
        if self.answered.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) == Ok(0) {
            return Err(StoreError::Unconfirmed("told to lose the answer".to_owned()));
        }
        answer
    }
}

#[async_trait]
impl Sessions for FlakyStore {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        self.written(self.store.create(creation)).await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.asked(self.store.get(digest)).await
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.asked(self.store.find(handle)).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        if self.busy.load(Ordering::SeqCst) {
            return Ok(vec![Touched::Busy; touches.len()]);
        }
        self.written(self.store.touch(touches)).await
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        self.written(self.store.amend(amendment)).await
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        self.written(self.store.end(selector, end, limit)).await
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        self.written(self.store.expire(expiries)).await
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        self.reindexed.fetch_add(sessions.len(), Ordering::SeqCst);
        self.written(self.store.reindex(sessions)).await
    }

    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.asked(self.store.due(now, limit)).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.asked(self.store.list(filter, page)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.asked(self.store.count(filter)).await
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.asked(self.store.count_outdated(revision)).await
    }

    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        self.written(self.store.forget_ended(before, limit)).await
    }
}

#[async_trait]
impl Audit for FlakyStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.asked(self.store.audit(filter)).await
    }

    async fn forget_audit(&self, before: Instant, limit: usize) -> Result<usize> {
        self.written(self.store.forget_audit(before, limit)).await
    }
}

#[async_trait]
impl Documents for FlakyStore {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.asked(self.store.policies()).await
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        self.written(self.store.add_policy(policy, audit)).await
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        self.asked(self.store.applications()).await
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.written(self.store.put_application(application, expected, audit))
            .await
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.written(self.store.remove_application(id, expected, audit)).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.asked(self.store.api_keys()).await
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.written(self.store.add_api_key(key, claim, audit)).await
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.written(self.store.replace_api_key(key)).await
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        self.written(self.store.remove_api_key(name, unless_last, audit)).await
    }

    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        self.written(self.store.forget_claims(before, limit)).await
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        self.written(self.store.secret(fresh)).await
    }
}

#[async_trait]
impl Changes for FlakyStore {
    async fn latest_instant(&self) -> Result<Instant> {
        self.asked(self.store.latest_instant()).await
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        self.written(self.store.probe(now)).await
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        self.store.nodes()?;
        Some(self)
    }
}

impl FlakyStore {
    fn shared(&self) -> Result<&dyn Nodes> {
        let nodes = self.store.nodes();
        nodes.ok_or_else(|| StoreError::Unavailable("no nodes share it".to_owned()))
    }
}

#[async_trait]
impl Nodes for FlakyStore {
    async fn beat(&self, beat: &Beat) -> Result<Heard> {
        self.beats.fetch_add(1, Ordering::SeqCst);
        self.written(self.shared()?.beat(beat)).await
    }

    async fn hinted(&self) {
        self.hint.notified().await;
    }

    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool> {
        self.written(self.shared()?.move_offset(epoch, expected, offset)).await
    }

    async fn list(&self) -> Result<Vec<Node>> {
        self.asked(self.shared()?.list()).await
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        self.written(self.shared()?.leave(node)).await
    }

    async fn forget_changes(&self, limit: usize) -> Result<usize> {
        self.written(self.shared()?.forget_changes(limit)).await
    }
}
