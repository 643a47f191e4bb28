//! The store changes behind the back of the engine, as another process would change it.

use std::sync::Arc;

use nightlatch_core::session::{Answer, EndReason, Event, Verdict};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Authentication, Engine, NewSession, Options, PolicyChanged, PolicySource, Standing};
use nightlatch_store::{End, Filter, Page, Selector, Sessions as _, Store, StoreError};

use crate::fixture::{policy, seconds};
use crate::scene::{Kind, Scene, change};

impl Scene {
    /// Another process on the same store.
    async fn another_process(&self) -> Arc<Engine> {
        let clock = Clock::manual(&self.fixture.time, self.fixture.engine.clock().now());
        let source = PolicySource::Kept { first: policy("{}") };
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let opened = Engine::open(store, clock, source, Options::default()).await;
        opened.expect("an engine")
    }

    async fn passes(&self) -> bool {
        self.opens_a_page().await == Some(Answer::Verdict(Verdict::Allow))
    }

    async fn end_behind_its_back(&self) {
        let end = End {
            reason: EndReason::Admin,
            at: self.fixture.engine.clock().now(),
            actor: "another".into(),
        };
        let ended = self
            .store
            .end(&Selector::Digest(self.ben), &end, 1)
            .await
            .expect("a store");
        assert_eq!(ended.len(), 1);
        assert!(self.passes().await, "nobody has told the engine");
    }
}

#[tokio::test]
async fn activity_of_a_session_that_the_store_has_ended_ends_it_here() {
    let scene = Scene::new(Kind::Memory).await;
    scene.end_behind_its_back().await;
    scene.fixture.engine.flush_all().await.expect("a store");
    assert!(!scene.passes().await);
}

#[tokio::test]
async fn input_of_a_session_that_the_store_has_ended_ends_it_here() {
    let scene = Scene::new(Kind::Memory).await;
    scene.end_behind_its_back().await;
    scene.fixture.time.advance(seconds(60));
    let input = Event::Input { age: seconds(0) };
    scene.fixture.engine.apply(&scene.ben, &input).await.expect("a store");
    assert!(!scene.passes().await);
}

#[tokio::test]
async fn an_amendment_of_a_session_that_the_store_has_ended_is_refused_and_ends_it_here() {
    let scene = Scene::new(Kind::Memory).await;
    scene.end_behind_its_back().await;
    let outcome = scene
        .fixture
        .engine
        .apply(&scene.ben, &Event::Extend)
        .await
        .expect("a store");
    assert!(
        matches!(
            outcome.standing,
            Standing::Ended {
                reason: EndReason::Admin,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert!(!scene.passes().await);
}

/// How somebody names Ben's session.
type Meant = fn(&Scene, Filter) -> Selector;

#[tokio::test]
async fn an_end_that_finds_nothing_to_end_leaves_nobody_in_the_table() {
    let of_ben = Filter {
        subject: Some("ben".into()),
        ..Filter::default()
    };
    let meant: [Meant; 3] = [
        |scene, _| Selector::Digest(scene.ben),
        |scene, _| Selector::Handle(scene.ben_handle),
        |_, of_ben| Selector::Matching(of_ben),
    ];
    for selector in meant {
        let scene = Scene::new(Kind::Memory).await;
        scene.end_behind_its_back().await;
        let selector = selector(&scene, of_ben.clone());
        if let Selector::Matching(_) = selector {
            let end = End {
                reason: EndReason::Admin,
                at: scene.fixture.engine.clock().now(),
                actor: "another".into(),
            };
            scene.store.end(&selector, &end, 10).await.expect("a store");
        }
        let ended = scene
            .fixture
            .engine
            .end(&selector, EndReason::User, "test")
            .await
            .expect("a store");
        assert_eq!(ended, [], "{selector:?}");
        assert!(!scene.passes().await, "{selector:?}");
    }
}

#[tokio::test]
async fn whoever_looks_a_session_up_by_its_handle_tells_the_table() {
    let scene = Scene::new(Kind::Memory).await;
    scene.end_behind_its_back().await;
    let found = scene
        .fixture
        .engine
        .find(&scene.ben_handle)
        .await
        .expect("a store")
        .expect("a session");
    assert!(
        matches!(
            found.1,
            Standing::Ended {
                reason: EndReason::Admin,
                ..
            }
        ),
        "{found:?}"
    );
    assert!(!scene.passes().await);
}

#[tokio::test]
async fn a_list_tells_the_table_of_later_changes() {
    let scene = Scene::new(Kind::Memory).await;
    let another = scene.another_process().await;
    let choose = Event::Choose {
        idle: "5m".parse().expect("a limit"),
    };
    another.apply(&scene.ben, &choose).await.expect("a store");
    let page = Page { after: None, limit: 10 };
    scene
        .fixture
        .engine
        .list(&Filter::default(), page)
        .await
        .expect("a store");
    let Standing::Live(snapshot) = scene.fixture.engine.status(&scene.ben).await.expect("a store") else {
        panic!("it lives")
    };
    assert_eq!(snapshot.choice, Some("5m".parse().expect("a limit")));
}

#[tokio::test]
async fn the_token_before_stops_passing_when_another_process_has_replaced_it() {
    let scene = Scene::new(Kind::Memory).await;
    let another = scene.another_process().await;
    let renewed = another
        .reauthenticate(&scene.ben, Authentication::default(), "another")
        .await
        .expect("a store")
        .signed_in()
        .expect("a session");
    assert!(scene.passes().await, "nobody has told the engine");
    scene.fixture.engine.flush_all().await.expect("a store");
    assert_eq!(
        scene.fixture.engine.status(&scene.ben).await.expect("a store"),
        Standing::Unknown
    );
    let now = scene
        .fixture
        .engine
        .status(&renewed.token.digest())
        .await
        .expect("a store");
    assert!(matches!(now, Standing::Live(_)), "{now:?}");
}

#[tokio::test]
async fn a_policy_that_another_process_has_changed_is_followed_and_not_refused_for_ever() {
    let scene = Scene::new(Kind::Memory).await;
    let another = scene.another_process().await;
    let (engine, first, second) = (&scene.fixture.engine, r#"{"idle": "9m"}"#, r#"{"idle": "8m"}"#);
    assert_eq!(
        another.change_policy(change(first)).await.expect("a store"),
        PolicyChanged::InForce(2)
    );
    let from_the_first = nightlatch_engine::PolicyChange {
        expected: Some(1),
        ..change(second)
    };
    let changed = engine.change_policy(from_the_first).await.expect("a store");
    assert_eq!(changed, PolicyChanged::Stale(2));
    assert_eq!(engine.policy().0, 2, "it is in force here, too");
    assert_eq!(
        engine.change_policy(change(second)).await.expect("a store"),
        PolicyChanged::InForce(3)
    );
    let changed = another.change_policy(change(first)).await.expect("a store");
    assert_eq!(
        changed,
        PolicyChanged::InForce(4),
        "what was asked for, above what was there"
    );
    let changed = engine.change_policy(change(first)).await.expect("a store");
    assert_eq!(
        changed,
        PolicyChanged::Unchanged(4),
        "what was asked for is in force already"
    );
}

#[tokio::test]
async fn a_session_of_a_later_policy_brings_that_policy() {
    let scene = Scene::new(Kind::Memory).await;
    let another = scene.another_process().await;
    another
        .change_policy(change(r#"{"idle": "1m", "warn_before": "5s"}"#))
        .await
        .expect("a store");
    let new = NewSession {
        subject: "dan".into(),
        ..NewSession::default()
    };
    let dan = another.create(new).await.expect("a store").signed_in().expect("room");
    let engine = &scene.fixture.engine;
    engine.status(&dan.token.digest()).await.expect("a store");
    assert_eq!(engine.policy().0, 2);
    scene.fixture.time.advance(seconds(60));
    assert!(!scene.passes().await, "it is in force for everybody");
}

/// Nobody calls anything: the background work asks as soon as the store answers.
#[tokio::test(start_paused = true)]
async fn what_a_lost_answer_left_open_is_closed_by_itself() {
    let scene = Scene::new(Kind::Memory).await;
    let engine = Arc::clone(&scene.fixture.engine);
    let background = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.run(std::future::pending()).await }
    });
    scene.store.lose_answers_after(0);
    let ended = engine.end(&Selector::Digest(scene.ben), EndReason::Admin, "test").await;
    assert!(matches!(ended, Err(StoreError::Unconfirmed(_))), "{ended:?}");
    scene.store.lose_no_answer();
    while scene.passes().await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await; // tidy: sleeps because the time is paused
    }
    scene.agrees().await.expect("one end, told once");
    background.abort();
}
