//! Some people who are signed in, and every call of the engine that may write.

use std::pin::Pin;
use std::sync::Arc;

use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, Event, RequestKind};
use nightlatch_engine::{Authentication, NewSession, Outcome, PolicyChange, SignedIn};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::{Digest, Handle, Token};
use nightlatch_store::{ApiKey, Application, Claim, Filter, Page, Result, Selector, Store, StoreError};
use tempfile::TempDir;

use crate::agreement::agree;
use crate::fixture::flaky::FlakyStore;
use crate::fixture::{Fixture, minutes, policy, seconds};

const POLICY: &str = r#"{"idle": "10m", "max_sessions": 2, "on_max_sessions": "end-oldest", "choice": {"allow": ["5m"]},
    "applications": {"vault": {"idle": "10m", "on_idle": "lock"}}}"#;

/// Which store is below.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
}

/// Ada is signed in twice, with a tab and a hold; Ben once, to an application that locks.
pub(crate) struct Scene {
    pub(crate) fixture: Fixture,
    pub(crate) store: Arc<FlakyStore>,
    pub(crate) ada: Digest,
    pub(crate) ada_handle: Handle,
    other: Digest,
    pub(crate) ben: Digest,
    pub(crate) ben_handle: Handle,
    _directory: Option<TempDir>,
}

impl Scene {
    pub(crate) async fn new(kind: Kind) -> Self {
        let (store, directory): (Arc<dyn Store>, _) = match kind {
            Kind::Memory => (Arc::new(MemoryStore::default()), None),
            Kind::Sqlite => {
                let directory = tempfile::tempdir().expect("a directory");
                let path = directory.path().join("latch.db");
                let store = nightlatch_store_sqlite::SqliteStore::open(&path);
                (Arc::new(store.expect("a store")), Some(directory))
            }
        };
        let store = Arc::new(FlakyStore::over(store));
        let fixture = Fixture::on(Arc::clone(&store) as _, POLICY).await;
        let ada = enter(&fixture, ada()).await;
        fixture.time.advance(seconds(1));
        let other = enter(
            &fixture,
            NewSession {
                claim: None,
                ..ada_again()
            },
        )
        .await;
        let vault = Facts {
            application: Some("vault".into()),
            ..Facts::default()
        };
        let ben = NewSession {
            subject: "ben".into(),
            facts: vault,
            ..NewSession::default()
        };
        let ben = enter(&fixture, ben).await;
        let scene = Self {
            fixture,
            store,
            ada: ada.token.digest(),
            ada_handle: ada.handle,
            other: other.token.digest(),
            ben: ben.token.digest(),
            ben_handle: ben.handle,
            _directory: directory,
        };
        for event in [tab("a"), hold("h")] {
            scene.fixture.engine.apply(&scene.ada, &event).await.expect("a store");
        }
        // The store is to hear of the next activity at once.
        scene.fixture.time.advance(seconds(40));
        scene
    }

    /// Everybody has been away for longer than they may.
    pub(crate) fn wait_until_all_is_due(&self) {
        self.fixture.time.advance(minutes(20));
    }

    async fn asks_for_a_page(&self, session: &Digest) -> Result<Outcome> {
        let page = Path::canonical("/page");
        self.fixture.engine.request(session, &page, RequestKind::Fetch).await
    }

    /// Ben does.
    pub(crate) async fn opens_a_page(&self) -> Option<Answer> {
        self.asks_for_a_page(&self.ben).await.expect("a store").answer
    }

    pub(crate) async fn agrees(&self) -> std::result::Result<(), String> {
        agree(&self.fixture.engine, &*self.store, &[self.ada, self.other, self.ben]).await
    }
}

async fn enter(fixture: &Fixture, new: NewSession) -> SignedIn {
    let admission = fixture.engine.create(new).await.expect("a store");
    admission.signed_in().expect("room")
}

fn ada() -> NewSession {
    NewSession {
        subject: "ada".into(),
        actor: "test".into(),
        claim: Some(claim(1)),
        ..NewSession::default()
    }
}

fn ada_again() -> NewSession {
    NewSession {
        claim: Some(claim(2)),
        ..ada()
    }
}

fn claim(number: u8) -> Claim {
    Claim {
        key: Digest::from_bytes([number; 32]),
        request: Digest::from_bytes([9; 32]),
        at: nightlatch_core::time::Instant::from_millis(1_700_000_000_000),
    }
}

fn tab(tab: &str) -> Event {
    Event::Tab {
        tab: tab.into(),
        path: Path::canonical("/home").into_owned(),
        attended: None,
    }
}

fn hold(id: &str) -> Event {
    Event::Hold {
        id: id.into(),
        span: minutes(5),
    }
}

pub(crate) fn change(json: &str) -> PolicyChange {
    PolicyChange {
        policy: policy(json),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: None,
    }
}

/// A call whose outcome is not looked at: it may have been refused, be lost, or never come.
pub(crate) type Call = for<'s> fn(&'s Scene) -> Pin<Box<dyn Future<Output = ()> + Send + 's>>;

macro_rules! calls {
    ($($name:literal: |$scene:ident| $call:expr;)*) => {
        &[$(($name, |$scene| Box::pin(async move { let _ = $call.await; }))),*]
    };
}

fn everybody() -> Selector {
    Selector::Matching(Filter::default())
}

fn of_ada() -> Selector {
    Selector::Matching(Filter {
        subject: Some("ada".into()),
        ..Filter::default()
    })
}

fn note(kind: AuditKind) -> AuditEntry {
    AuditEntry::new(
        nightlatch_core::time::Instant::from_millis(1_700_000_000_000),
        kind,
        "test",
    )
}

/// Every call that may write. What a call meets depends on whether all is due.
pub(crate) const CALLS: &[(&str, Call)] = calls! {
    "sign out": |s| s.fixture.engine.sign_out(&s.ada, EndReason::User);
    "end by token": |s| s.fixture.engine.end(&Selector::Digest(s.ada), EndReason::Admin, "test");
    "end by handle": |s| s.fixture.engine.end(&Selector::Handle(s.ada_handle), EndReason::Admin, "test");
    "end by subject": |s| s.fixture.engine.end(&of_ada(), EndReason::Account, "test");
    "end everybody": |s| s.fixture.engine.end(&everybody(), EndReason::Admin, "test");
    "reauthenticate": |s| s.fixture.engine.reauthenticate(&s.ada, Authentication::default(), "test");
    "reauthenticate a session that locks": |s| s.fixture.engine.reauthenticate(&s.ben, Authentication::default(), "test");
    "bound": |s| s.fixture.engine.bound(&s.ada, Some(s.fixture.start + minutes(30)), "test");
    "bound to what has passed": |s| s.fixture.engine.bound(&s.ada, Some(s.fixture.start), "test");
    "sign in where there is room": |s| s.fixture.engine.create(NewSession { subject: "cyd".into(), ..NewSession::default() });
    "sign in where the oldest ends": |s| s.fixture.engine.create(ada_again());
    "sign in once more": |s| s.fixture.engine.create(ada());
    "extend": |s| s.fixture.engine.apply(&s.ada, &Event::Extend);
    "input": |s| s.fixture.engine.apply(&s.ada, &Event::Input { age: seconds(0) });
    "open a tab": |s| s.fixture.engine.apply(&s.ada, &tab("b"));
    "close a tab": |s| s.fixture.engine.apply(&s.ada, &Event::TabClose { tab: "a".into(), by: None });
    "hold": |s| s.fixture.engine.apply(&s.ada, &hold("g"));
    "release": |s| s.fixture.engine.apply(&s.ada, &Event::Release { id: "h".into() });
    "choose": |s| s.fixture.engine.apply(&s.ada, &Event::Choose { idle: "5m".parse().expect("a limit") });
    "request": |s| s.asks_for_a_page(&s.ada);
    "request of a session that locks": |s| s.asks_for_a_page(&s.ben);
    "status": |s| s.fixture.engine.status(&s.ada);
    "facts": |s| s.fixture.engine.facts(&s.ada);
    "find": |s| s.fixture.engine.find(&s.ada_handle);
    "explain": |s| s.fixture.engine.explain(&s.ada_handle, None);
    "list": |s| s.fixture.engine.list(&Filter::default(), Page { after: None, limit: 100 });
    "sweep": |s| s.fixture.engine.sweep();
    "flush": |s| s.fixture.engine.flush_all();
    "reindex": |s| s.fixture.engine.reindex();
    "probe": |s| s.fixture.engine.probe();
    "another policy": |s| s.fixture.engine.change_policy(change(r#"{"idle": "9m"}"#));
    "a policy that ends everybody": |s| s.fixture.engine.change_policy(change(r#"{"idle": "30s", "warn_before": "0s"}"#));
    "an application": |s| s.fixture.engine.run_to_completion(|engine| Box::pin(async move {
        let application = Application {
            id: "crm".into(), name: "CRM".into(), origins: Vec::new(), logout_urls: Vec::new(), version: 0,
        };
        engine.put_application(&application, None, note(AuditKind::Application)).await?;
        engine.remove_application("crm", None, note(AuditKind::Application)).await
    }));
    "a key": |s| s.fixture.engine.run_to_completion::<_, StoreError>(|engine| Box::pin(async move {
        let key = ApiKey {
            name: "ci".into(), digest: Token::random().digest(), created: engine.clock().now(), scopes: Vec::new(),
            applications: None,
        };
        engine.add_api_key(&key, None, note(AuditKind::ApiKey)).await?;
        engine.replace_api_key(&key).await?;
        engine.remove_api_key("ci", &[], note(AuditKind::ApiKey)).await
    }));
};
