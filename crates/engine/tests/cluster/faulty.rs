//! The way from one node to the store: calls are slow, get lost, or lose their answers, alone or for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::nodes::{Beat, Epoch, Heard, Node, NodeId, Nodes};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, StoreError, Touch, Touched,
};
use tokio::time::sleep;

/// A statement is given up after so long, and is not done later.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The store as it is now; what goes wrong on the way is a matter of each node.
#[derive(Debug)]
pub(crate) struct Faulty {
    store: Arc<MemoryStore>,
    pub(crate) weather: Arc<Mutex<Weather>>,
}

/// What the way to the store is like.
#[derive(Debug)]
pub(crate) struct Weather {
    random: fastrand::Rng,
    /// Of a hundred calls so many are lost, or lose their answers.
    pub(crate) lossy: u8,
    /// The longest that a call is under way, in milliseconds.
    pub(crate) slow: u64,
    /// Nothing gets through.
    pub(crate) cut_off: bool,
}

/// What becomes of one call.
struct Fate {
    there: Duration,
    back: Duration,
    call_is_lost: bool,
    answer_is_lost: bool,
}

impl Weather {
    fn fate(&mut self) -> Fate {
        let lossy = u64::from(self.lossy);
        let mut lost = || self.random.u64(0..200) < lossy;
        let (call_is_lost, answer_is_lost) = (lost(), lost());
        let mut way = || Duration::from_micros(self.random.u64(50..1000 * self.slow.max(1)) / 2);
        Fate {
            there: way(),
            back: way(),
            call_is_lost,
            answer_is_lost,
        }
    }
}

impl Faulty {
    pub(crate) fn new(store: Arc<MemoryStore>, seed: u64) -> Self {
        Self {
            store,
            weather: Arc::new(Mutex::new(Weather {
                random: fastrand::Rng::with_seed(seed),
                lossy: 0,
                slow: 2,
                cut_off: false,
            })),
        }
    }

    fn weather<T>(&self, ask: impl FnOnce(&mut Weather) -> T) -> T {
        ask(&mut self.weather.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call<T: Send>(&self, writes: bool, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let fate = self.weather(Weather::fate);
        sleep(fate.there).await;
        if fate.call_is_lost || self.weather(|weather| weather.cut_off) {
            sleep(TIMEOUT.saturating_sub(fate.there)).await;
            return Err(StoreError::Unavailable("the call was lost".to_owned()));
        }
        let answer = call.await;
        sleep(fate.back).await;
        if fate.answer_is_lost || self.weather(|weather| weather.cut_off) {
            sleep(TIMEOUT.saturating_sub(fate.there + fate.back)).await;
            let lost = "the answer was lost".to_owned();
            return Err(if writes {
                StoreError::Unconfirmed(lost)
            } else {
                StoreError::Unavailable(lost)
            });
        }
        answer
    }
}

#[async_trait]
impl Sessions for Faulty {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        self.call(true, self.store.create(creation)).await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.call(false, self.store.get(digest)).await
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.call(false, self.store.find(handle)).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        self.call(true, self.store.touch(touches)).await
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        self.call(true, self.store.amend(amendment)).await
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        self.call(true, self.store.end(selector, end, limit)).await
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        self.call(true, self.store.expire(expiries)).await
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        self.call(true, self.store.reindex(sessions)).await
    }

    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.call(false, self.store.due(now, limit)).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.call(false, Sessions::list(&*self.store, filter, page)).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.call(false, self.store.count(filter)).await
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.call(false, self.store.count_outdated(revision)).await
    }

    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        self.call(true, self.store.forget_ended(before, limit)).await
    }
}

#[async_trait]
impl Audit for Faulty {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.call(false, self.store.audit(filter)).await
    }
}

#[async_trait]
impl Documents for Faulty {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.call(false, self.store.policies()).await
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        self.call(true, self.store.add_policy(policy, audit)).await
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        self.call(false, self.store.applications()).await
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.call(true, self.store.put_application(application, expected, audit))
            .await
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.call(true, self.store.remove_application(id, expected, audit))
            .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.call(false, self.store.api_keys()).await
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.call(true, self.store.add_api_key(key, claim, audit)).await
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.call(true, self.store.replace_api_key(key)).await
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        self.call(true, self.store.remove_api_key(name, unless_last, audit))
            .await
    }

    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        self.call(true, self.store.forget_claims(before, limit)).await
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        self.call(true, self.store.secret(fresh)).await
    }
}

#[async_trait]
impl Changes for Faulty {
    async fn latest_instant(&self) -> Result<Instant> {
        self.call(false, self.store.latest_instant()).await
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        self.call(true, self.store.probe(now)).await
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        Some(self)
    }
}

#[async_trait]
impl Nodes for Faulty {
    async fn beat(&self, beat: &Beat) -> Result<Heard> {
        self.call(true, self.store.beat(beat)).await
    }

    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool> {
        self.call(true, self.store.move_offset(epoch, expected, offset)).await
    }

    async fn list(&self) -> Result<Vec<Node>> {
        self.call(false, Nodes::list(&*self.store)).await
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        self.call(true, self.store.leave(node)).await
    }

    async fn forget_changes(&self, limit: usize) -> Result<usize> {
        self.call(true, self.store.forget_changes(limit)).await
    }
}
