//! How many sessions a subject may have, and sign-ins that are asked for twice.

#[path = "engine/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests of the engine, which use the rest")]
mod fixture;

use std::sync::Arc;

use fixture::flaky::FlakyStore;
use fixture::{Fixture, minutes, policy};
use nightlatch_core::facts::Facts;
use nightlatch_core::session::{EndReason, Event};
use nightlatch_engine::{Admission, NewSession, PolicyChange, SignedIn, Standing};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Claim, Filter, Page, Selector};
use nightlatch_store_sqlite::SqliteStore;

fn ada() -> NewSession {
    NewSession {
        subject: "ada".into(),
        actor: "test".into(),
        ..NewSession::default()
    }
}

async fn admit(fixture: &Fixture, new: NewSession) -> Admission {
    fixture.engine.create(new).await.expect("a store")
}

async fn let_in(fixture: &Fixture, new: NewSession) -> SignedIn {
    admit(fixture, new).await.signed_in().expect("room")
}

/// The sessions there is no room beside; none where somebody was let in.
async fn full(fixture: &Fixture, new: NewSession) -> Option<Vec<Handle>> {
    match admit(fixture, new).await {
        Admission::Full { sessions, .. } => Some(sorted(sessions.iter().map(|record| record.handle))),
        Admission::SignedIn(_)
        | Admission::Again(_)
        | Admission::Taken
        | Admission::Over
        | Admission::TooOld { .. }
        | Admission::Passed { .. } => None,
    }
}

/// Handles of the same millisecond are in no order.
fn sorted(handles: impl IntoIterator<Item = Handle>) -> Vec<Handle> {
    let mut handles: Vec<_> = handles.into_iter().collect();
    handles.sort_unstable();
    handles
}

async fn living(fixture: &Fixture) -> usize {
    let filter = Filter {
        subject: Some("ada".into()),
        ..Filter::default()
    };
    let page = Page {
        after: None,
        limit: 100,
    };
    fixture.engine.list(&filter, page).await.expect("a store").len()
}

#[tokio::test]
async fn one_session_too_many_is_refused_and_the_others_are_named() {
    let fixture = Fixture::new(r#"{"max_sessions": 2}"#).await;
    let first = let_in(&fixture, ada()).await;
    let second = let_in(&fixture, ada()).await;
    assert_eq!(full(&fixture, ada()).await, Some(sorted([first.handle, second.handle])));
    let bob = NewSession {
        subject: "bob".into(),
        ..ada()
    };
    let_in(&fixture, bob).await;
    fixture
        .engine
        .sign_out(&first.token.digest(), EndReason::User)
        .await
        .expect("a store");
    let_in(&fixture, ada()).await;
}

#[tokio::test]
async fn sessions_past_their_deadline_make_room_before_anybody_has_noticed() {
    let fixture = Fixture::new(r#"{"max_sessions": 1}"#).await;
    let first = let_in(&fixture, ada()).await;
    fixture.time.advance(minutes(30));
    let_in(&fixture, ada()).await;
    assert_eq!(fixture.end_of(&first.token.digest()).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn the_least_recently_active_goes_where_the_policy_says_so() {
    let fixture = Fixture::new(r#"{"max_sessions": 2, "on_max_sessions": "end-oldest"}"#).await;
    let first = let_in(&fixture, ada()).await.token.digest();
    let second = let_in(&fixture, ada()).await.token.digest();
    fixture.time.advance(minutes(1));
    // Only the live table knows of this yet.
    let input = Event::Input {
        age: nightlatch_core::time::Span::ZERO,
    };
    fixture.engine.apply(&first, &input).await.expect("a store");
    let_in(&fixture, ada()).await;
    assert_eq!(fixture.end_of(&second).await, Some(EndReason::Superseded));
    assert_eq!(fixture.end_of(&first).await, None);
}

#[tokio::test]
async fn where_the_policy_asks_the_new_sign_in_chooses() {
    let fixture = Fixture::new(r#"{"max_sessions": 2, "on_max_sessions": "ask"}"#).await;
    let first = let_in(&fixture, ada()).await;
    let second = let_in(&fixture, ada()).await;
    let listed = full(&fixture, ada()).await.expect("no room");
    assert_eq!(listed, sorted([first.handle, second.handle]));
    let choosing = NewSession {
        ending: vec![second.handle],
        ..ada()
    };
    let_in(&fixture, choosing).await;
    assert_eq!(
        fixture.end_of(&second.token.digest()).await,
        Some(EndReason::Superseded)
    );
    assert_eq!(fixture.end_of(&first.token.digest()).await, None);
    // Nobody chooses the sessions of somebody else.
    let bob = let_in(
        &fixture,
        NewSession {
            subject: "bob".into(),
            ..ada()
        },
    )
    .await;
    let choosing = NewSession {
        ending: vec![bob.handle],
        ..ada()
    };
    assert!(full(&fixture, choosing).await.is_some());
    assert_eq!(fixture.end_of(&bob.token.digest()).await, None);
}

#[tokio::test]
async fn an_application_with_a_limit_of_its_own_counts_by_itself() {
    let fixture = Fixture::new(
        r#"{"max_sessions": 1, "on_max_sessions": "ask", "applications": {"console": {"max_sessions": 1}}}"#,
    )
    .await;
    let console = || NewSession {
        facts: Facts {
            application: Some("console".into()),
            ..Facts::default()
        },
        ..ada()
    };
    let elsewhere = let_in(&fixture, ada()).await;
    let there = let_in(&fixture, console()).await;
    assert_eq!(full(&fixture, console()).await, Some(vec![there.handle]));
    assert_eq!(full(&fixture, ada()).await, Some(vec![elsewhere.handle]));
}

/// Twenty sign-ins at the same time, in one process or in several that share the store.
async fn race(processes: &[Fixture]) {
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let engine = Arc::clone(&processes[number % processes.len()].engine);
            tokio::spawn(async move { engine.create(ada()).await })
        })
        .collect();
    for task in tasks {
        // Where sessions come and go all the time somebody may give up; nobody gets in beside the others for it.
        let _ = task.await.expect("no panic");
        assert!(living(&processes[0]).await <= 2);
    }
    assert_eq!(living(&processes[0]).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_sign_ins_never_leave_more_than_there_may_be() {
    let directory = tempfile::tempdir().expect("a directory");
    for (number, action) in ["refuse", "end-oldest", "ask"].into_iter().enumerate() {
        let policy = format!(r#"{{"max_sessions": 2, "on_max_sessions": "{action}"}}"#);
        race(&[Fixture::new(&policy).await]).await;
        let path = directory.path().join(format!("{number}.db"));
        let open = || Arc::new(SqliteStore::open(&path).expect("a store"));
        race(&[Fixture::on(open(), &policy).await, Fixture::on(open(), &policy).await]).await;
    }
}

fn claimed(fixture: &Fixture, request: &str) -> NewSession {
    let hash = |text: &str| Digest::from_bytes(std::array::from_fn(|index| *text.as_bytes().get(index).unwrap_or(&0)));
    NewSession {
        claim: Some(Claim {
            key: hash("key"),
            request: hash(request),
            at: fixture.engine.clock().now(),
        }),
        ..ada()
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_session_with_a_new_token() {
    let fixture = Fixture::new("{}").await;
    let first = let_in(&fixture, claimed(&fixture, "a")).await;
    let Admission::Again(again) = admit(&fixture, claimed(&fixture, "a")).await else {
        panic!("a second session, or none");
    };
    assert_eq!(again.handle, first.handle);
    assert_eq!(living(&fixture).await, 1);
    let old = fixture.engine.status(&first.token.digest()).await.expect("a store");
    assert_eq!(old, Standing::Unknown);
    assert_eq!(fixture.end_of(&again.token.digest()).await, None);
    assert!(matches!(
        admit(&fixture, claimed(&fixture, "b")).await,
        Admission::Taken
    ));
    let selector = Selector::Handle(again.handle);
    let ended = fixture.engine.end(&selector, EndReason::Admin, "test").await;
    assert_eq!(ended.expect("a store").len(), 1);
    assert!(matches!(admit(&fixture, claimed(&fixture, "a")).await, Admission::Over));
}

#[tokio::test]
async fn whoever_waited_for_their_turn_is_admitted_by_the_policy_of_then() {
    const AT_ONCE: usize = 5;
    let store = Arc::new(FlakyStore::default());
    let fixture = Arc::new(Fixture::on(Arc::clone(&store) as _, r#"{"max_sessions": 5}"#).await);
    store.make_wait(true);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..AT_ONCE {
        let (fixture, told) = (Arc::clone(&fixture), told.clone());
        tokio::spawn(async move {
            let came = match admit(&fixture, ada()).await {
                Admission::SignedIn(_) => "in",
                Admission::Full { .. } => "full",
                other => panic!("{other:?}"),
            };
            told.send(came)
        });
    }
    tokio::spawn(async move {
        let change = PolicyChange {
            policy: policy(r#"{"max_sessions": 1}"#),
            actor: "test".into(),
            reason: None,
            restored: None,
            expected: None,
        };
        fixture.engine.change_policy(change).await.expect("a store");
        told.send("changed")
    });
    let mut came = Vec::new();
    while let Some(one) = heard.recv().await {
        came.push(one);
    }
    let changed = came.iter().position(|one| *one == "changed").expect("a change");
    let (before, after) = (&came[..changed], &came[changed + 1..]);
    assert!(
        !before.contains(&"full") && after.len() >= 2,
        "the change comes among them: {came:?}"
    );
    // The store was writing one.
    assert!(after.iter().filter(|one| **one == "in").count() <= 1, "{came:?}");
}
