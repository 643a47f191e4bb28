//! The way from one node to the store: calls are slow, get lost, or lose their answers, alone or for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use nightlatch_core::time;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::nodes::{Beat, Epoch, Heard, Node, NodeId, Nodes};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, StoreError, Touch, Touched,
};
use tokio::time::Instant;

/// A statement is given up after so long, and is not done later.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The server that is the primary now.
#[derive(Debug)]
pub(crate) struct Primary(Mutex<Arc<MemoryStore>>);

impl Primary {
    pub(crate) fn new(store: MemoryStore) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Arc::new(store))))
    }

    pub(crate) fn now(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another one takes over.
    pub(crate) fn replace(&self, store: MemoryStore) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(store);
    }
}

/// The store as one node reaches it; what goes wrong on the way is a matter of each node.
#[derive(Debug)]
pub(crate) struct Faulty {
    store: Arc<Primary>,
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
    /// No answer comes back before that, however long its caller waits: as if the process had been stopped.
    pub(crate) stopped_until: Instant,
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
        // Whole ones: which comes first of two that end within one must not depend on when the run began.
        let mut way = || Duration::from_millis(1 + self.random.u64(0..self.slow / 2));
        Fate {
            there: way(),
            back: way(),
            call_is_lost,
            answer_is_lost,
        }
    }
}

/// Time passes in the world, and in no other.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await; // tidy: sleeps because the clock is paused
}

impl Faulty {
    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    pub(crate) fn new(store: Arc<Primary>, seed: u64) -> Self {
        Self {
            store,
            weather: Arc::new(Mutex::new(Weather {
                random: fastrand::Rng::with_seed(seed),
                lossy: 0,
                slow: 2,
                cut_off: false,
                stopped_until: Instant::now(),
            })),
        }
    }

    fn weather<T>(&self, ask: impl FnOnce(&mut Weather) -> T) -> T {
        ask(&mut self.weather.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn call<T: Send>(&self, writes: bool, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let fate = self.weather(Weather::fate);
        pass(fate.there).await;
        if fate.call_is_lost || self.weather(|weather| weather.cut_off) {
            pass(TIMEOUT.saturating_sub(fate.there)).await;
            return Err(StoreError::Unavailable("the call was lost".to_owned()));
        }
        let answer = call.await;
        pass(fate.back).await;
        let stopped_until = self.weather(|weather| weather.stopped_until);
        tokio::time::sleep_until(stopped_until).await; // tidy: sleeps because the clock is paused
        if fate.answer_is_lost || self.weather(|weather| weather.cut_off) {
            pass(TIMEOUT.saturating_sub(fate.there + fate.back)).await;
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
        self.call(true, async { self.store.now().create(creation).await }).await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        self.call(false, async { self.store.now().get(digest).await }).await
    }

    async fn get_many(&self, digests: &[Digest]) -> Result<Vec<Option<Record>>> {
        self.call(false, async { self.store.now().get_many(digests).await })
            .await
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        self.call(false, async { self.store.now().find(handle).await }).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        self.call(true, async { self.store.now().touch(touches).await }).await
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        self.call(true, async { self.store.now().amend(amendment).await }).await
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        self.call(true, async { self.store.now().end(selector, end, limit).await })
            .await
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        self.call(true, async { self.store.now().expire(expiries).await }).await
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        self.call(true, async { self.store.now().reindex(sessions).await })
            .await
    }

    async fn due(&self, now: time::Instant, limit: usize) -> Result<Vec<Record>> {
        self.call(false, async { self.store.now().due(now, limit).await }).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        self.call(false, async { Sessions::list(&*self.store.now(), filter, page).await })
            .await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        self.call(false, async { self.store.now().count(filter).await }).await
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.call(false, async { self.store.now().count_outdated(revision).await })
            .await
    }

    async fn forget_ended(&self, before: time::Instant, limit: usize) -> Result<usize> {
        self.call(true, async { self.store.now().forget_ended(before, limit).await })
            .await
    }
}

#[async_trait]
impl Audit for Faulty {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        self.call(false, async { self.store.now().audit(filter).await }).await
    }

    async fn forget_audit(&self, before: time::Instant, limit: usize) -> Result<usize> {
        self.call(true, async { self.store.now().forget_audit(before, limit).await })
            .await
    }
}

#[async_trait]
impl Documents for Faulty {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.call(false, async { self.store.now().policies().await }).await
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        self.call(true, async { self.store.now().add_policy(policy, audit).await })
            .await
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        self.call(false, async { self.store.now().applications().await }).await
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.call(true, async {
            self.store.now().put_application(application, expected, audit).await
        })
        .await
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.call(true, async {
            self.store.now().remove_application(id, expected, audit).await
        })
        .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.call(false, async { self.store.now().api_keys().await }).await
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.call(true, async { self.store.now().add_api_key(key, claim, audit).await })
            .await
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.call(true, async { self.store.now().replace_api_key(key).await })
            .await
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        self.call(true, async {
            self.store.now().remove_api_key(name, unless_last, audit).await
        })
        .await
    }

    async fn forget_claims(&self, before: time::Instant, limit: usize) -> Result<usize> {
        self.call(true, async { self.store.now().forget_claims(before, limit).await })
            .await
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        self.call(true, async { self.store.now().secret(fresh).await }).await
    }
}

#[async_trait]
impl Changes for Faulty {
    async fn latest_instant(&self) -> Result<time::Instant> {
        self.call(false, async { self.store.now().latest_instant().await })
            .await
    }

    async fn probe(&self, now: time::Instant) -> Result<()> {
        self.call(true, async { self.store.now().probe(now).await }).await
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        Some(self)
    }
}

#[async_trait]
impl Nodes for Faulty {
    async fn beat(&self, beat: &Beat) -> Result<Heard> {
        self.call(true, async { self.store.now().beat(beat).await }).await
    }

    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool> {
        self.call(true, async {
            self.store.now().move_offset(epoch, expected, offset).await
        })
        .await
    }

    async fn list(&self) -> Result<Vec<Node>> {
        self.call(false, async { Nodes::list(&*self.store.now()).await }).await
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        self.call(true, async { self.store.now().leave(node).await }).await
    }

    async fn forget_changes(&self, limit: usize) -> Result<usize> {
        self.call(true, async { self.store.now().forget_changes(limit).await })
            .await
    }
}
