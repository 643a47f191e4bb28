//! An engine on manual time.

pub(crate) mod flaky;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::session::{Answer, EndReason, RequestKind, Verdict};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Engine, NewSession, Options, Standing};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::Digest;

pub(crate) struct Fixture {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) time: ManualTime,
    pub(crate) start: Instant,
}

pub(crate) fn minutes(minutes: u64) -> Span {
    Span::from_secs(60 * minutes)
}

pub(crate) fn seconds(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

/// The clock stands still: sleeping takes no time, and all who wait for an earlier instant go first.
pub(crate) async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await; // tidy: sleeps because the time is paused
}

pub(crate) fn policy(json: &str) -> Policy {
    Policy::new(serde_json::from_str::<PolicyDocument>(json).expect("a document")).expect("a valid policy")
}

/// How often a race is run: `usual`, or as often as `NIGHTLATCH_ROUNDS` says.
#[expect(clippy::disallowed_methods, reason = "the only way to ask a test for more")]
pub(crate) fn rounds(usual: usize) -> usize {
    std::env::var("NIGHTLATCH_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usual)
}

impl Fixture {
    pub(crate) async fn new(policy: &str) -> Self {
        Self::on(Arc::new(MemoryStore::default()), policy).await
    }

    pub(crate) async fn on(store: Arc<dyn Store>, policy: &str) -> Self {
        Self::at(
            store,
            ManualTime::at(Instant::from_millis(1_700_000_000_000)),
            policy,
            Options::default(),
        )
        .await
    }

    pub(crate) async fn at(store: Arc<dyn Store>, time: ManualTime, policy_json: &str, options: Options) -> Self {
        let clock = Clock::manual(&time, store.latest_instant().await.expect("a store"));
        let start = clock.now();
        let engine = Engine::open(Arc::clone(&store), clock, policy(policy_json), options).await;
        Self {
            engine: engine.expect("an engine"),
            store,
            time,
            start,
        }
    }

    /// The same store after a crash: what only the table knew is lost.
    pub(crate) async fn restarted(&self, policy: &str) -> Self {
        self.restarted_with(policy, Options::default()).await
    }

    pub(crate) async fn restarted_with(&self, policy: &str, options: Options) -> Self {
        Self::at(Arc::clone(&self.store), self.time.clone(), policy, options).await
    }

    /// After a crash with another store that was opened on the same file.
    pub(crate) async fn restarted_on(&self, store: Arc<dyn Store>, policy: &str) -> Self {
        Self::at(store, self.time.clone(), policy, Options::default()).await
    }

    pub(crate) async fn sign_in(&self, subject: &str) -> Digest {
        self.sign_in_as(subject, Facts::default()).await
    }

    pub(crate) async fn sign_in_as(&self, subject: &str, facts: Facts) -> Digest {
        let new = NewSession {
            subject: subject.into(),
            facts,
            actor: "test".into(),
            ..NewSession::default()
        };
        let admission = self.engine.create(new).await.expect("a store");
        admission.signed_in().expect("room").token.digest()
    }

    pub(crate) async fn end_of(&self, digest: &Digest) -> Option<EndReason> {
        match self.engine.status(digest).await.expect("a store") {
            Standing::Ended { reason, .. } => Some(reason),
            Standing::Live(_) => None,
            Standing::Unknown => panic!("the session is unknown"),
        }
    }
}

/// Many requests at once while the session is ended. An error tells of a request that was let in after the end was acknowledged.
pub(crate) async fn race_touchers_against_an_end(fixture: &Fixture, touchers: usize) -> Result<(), String> {
    let ada = fixture.sign_in("ada").await;
    let acknowledged = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..touchers)
        .map(|_| {
            let (engine, acknowledged, time) = (
                Arc::clone(&fixture.engine),
                Arc::clone(&acknowledged),
                fixture.time.clone(),
            );
            tokio::spawn(async move {
                loop {
                    let over = acknowledged.load(Ordering::SeqCst);
                    time.advance(Span::from_millis(1));
                    let outcome = engine
                        .request(&ada, &Path::canonical("/home"), RequestKind::Fetch)
                        .await
                        .expect("a store");
                    let allowed = outcome.answer == Some(Answer::Verdict(Verdict::Allow));
                    if over {
                        return if allowed {
                            Err("let in after the acknowledged end".to_owned())
                        } else {
                            Ok(())
                        };
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let standing = fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
    acknowledged.store(true, Ordering::SeqCst);
    if !matches!(standing, Standing::Ended { .. }) {
        return Err(format!("the sign-out left the session {standing:?}"));
    }
    for task in tasks {
        task.await.expect("a toucher")?;
    }
    Ok(())
}
