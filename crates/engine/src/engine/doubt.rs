//! Where the table may believe what the store does not.
//!
//! An answer of the store may get lost after it has done what it was asked. Then an end stands in the store and in its audit while the
//! table lets the session in. Nobody decides for good by such an entry: what a lost answer leaves open is noted here, and the
//! store is asked again until it answers. What it answers is what the table believes from then on.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightlatch_core::session::State;
use nightlatch_store::token::Digest;
use nightlatch_store::{Filter, Result, Selector, StoreError};
use tokio::sync::Notify;

use super::{Engine, Uncancelled};

/// The store is asked again so often while it does not answer.
const RETRY: Duration = Duration::from_millis(200);
/// Above so many single doubts everything is doubted, which costs less to remember.
const MOST: usize = 10_000;

/// What is to be asked again.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    open: Mutex<Open>,
    raised: Notify,
}

#[derive(Debug, Default)]
struct Open {
    sessions: BTreeSet<Selector>,
    policy: bool,
}

impl Open {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && !self.policy
    }

    fn add(&mut self, more: Self) {
        self.sessions.extend(more.sessions);
        if self.sessions.len() > MOST {
            self.sessions = BTreeSet::from([everybody()]);
        }
        self.policy |= more.policy;
    }
}

impl Doubts {
    /// Whether these live is to be asked again.
    pub(super) fn about(&self, meant: impl IntoIterator<Item = Selector>) {
        self.add(Open {
            sessions: meant.into_iter().collect(),
            policy: false,
        });
    }

    /// Which policy is in force is to be asked again.
    pub(super) fn about_the_policy(&self) {
        self.add(Open {
            sessions: BTreeSet::new(),
            policy: true,
        });
    }

    /// Everything is to be asked again.
    pub(super) fn everything(&self) {
        self.add(Open {
            sessions: BTreeSet::from([everybody()]),
            policy: true,
        });
    }

    fn add(&self, more: Open) {
        if !more.is_empty() {
            self.open.lock().unwrap_or_else(PoisonError::into_inner).add(more);
            self.raised.notify_one();
        }
    }

    fn take(&self) -> Open {
        std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn everybody() -> Selector {
    Selector::Matching(Filter::default())
}

impl Engine {
    pub(super) async fn resolve_doubts_for_ever(self: &Arc<Self>) {
        loop {
            // Heard by the next to wait if nobody does now.
            self.doubts.raised.notified().await;
            while let Err(error) = self.resolve_doubts().await {
                tracing::debug!(%error, "what an error left open waits for the store");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Asks the store about everything that an error has left open; the table believes what it answers. [`Engine::run`] does
    /// so as soon as there is something to ask.
    pub async fn resolve_doubts(self: &Arc<Self>) -> Result<()> {
        self.run_to_completion(|engine| Box::pin(engine.resolve_doubts())).await
    }

    /// The sessions that the table lets in and that one of these means.
    fn let_in(&self, meant: &BTreeSet<Selector>) -> Vec<Digest> {
        let filters: Vec<&Filter> = meant.iter().filter_map(Selector::filter).collect();
        let table = self.live.pin();
        let live = table
            .iter()
            .filter(|(_, live)| !matches!(live.session.state, State::Ended { .. }));
        live.filter(|(digest, live)| {
            meant.contains(&Selector::Digest(**digest))
                || meant.contains(&Selector::Handle(live.handle))
                || filters
                    .iter()
                    .any(|filter| filter.means(&live.subject, &live.session.facts))
        })
        .map(|(digest, _)| *digest)
        .collect()
    }
}

impl Uncancelled {
    async fn resolve_doubts(&self) -> Result<()> {
        // Taken first: what is doubted meanwhile is asked about once more.
        let doubts = self.doubts.take();
        let resolved = self.resolve(&doubts).await;
        if resolved.is_err() {
            self.doubts.add(doubts);
        }
        resolved
    }

    async fn resolve(&self, doubts: &Open) -> Result<()> {
        if doubts.policy {
            self.follow_policy().await?;
        }
        if !doubts.sessions.is_empty() {
            self.reread_all(&self.let_in(&doubts.sessions)).await?;
        }
        Ok(())
    }

    /// The store has ended none of these: whom the table lets in nevertheless is read again.
    pub(super) async fn reread_meant(&self, selector: &Selector) -> Result<()> {
        let reread = match selector {
            Selector::Digest(digest) => self.reread(digest).await,
            Selector::Handle(handle) => {
                let found = self.health.read(self.store.find(handle).await, self.now());
                match found {
                    Ok(Some(record)) => self.follow(&record).await,
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            Selector::Matching(_) => self.reread_all(&self.let_in(&BTreeSet::from([selector.clone()]))).await,
        };
        if reread.is_err() {
            self.doubts.about([selector.clone()]);
        }
        reread
    }

    /// Whom of these the table lets in is read again; where the store does not answer, as soon as it does.
    pub(super) async fn reread_or_doubt(&self, sessions: &[Digest]) {
        if self.reread_all(sessions).await.is_err() {
            self.doubts.about(sessions.iter().copied().map(Selector::Digest));
        }
    }

    async fn reread_all(&self, sessions: &[Digest]) -> Result<()> {
        for digest in sessions {
            match self.reread(digest).await {
                // Told of already, and a matter of that session alone.
                Ok(()) | Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
