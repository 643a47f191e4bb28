//! A process for development on a store: no deadline ends a session there, and the store knows nothing of it.

use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, Event, Phase, RequestKind, StepUp, Verdict};
use nightlatch_engine::{Options, PolicyChange, Standing};
use nightlatch_store::{Filter, Selector};

use crate::fixture::{Fixture, minutes, policy};

const POLICY: &str = r#"{"idle": "10m", "absolute": "1h", "absent": "5m", "choice": {"allow": ["5m"]},
    "gates": [{"match": {"path": "/admin/**"}, "max_age": "30m"}]}"#;

async fn for_development(policy: &str) -> Fixture {
    let options = Options {
        development: true,
        ..Options::default()
    };
    Fixture::new(policy).await.restarted_with(policy, options).await
}

async fn phase(fixture: &Fixture, digest: &nightlatch_store::token::Digest) -> Option<Phase> {
    match fixture.engine.status(digest).await.expect("a store") {
        Standing::Live(snapshot) => {
            assert_eq!(
                (snapshot.status.idle_remaining, snapshot.status.absolute_remaining),
                (None, None)
            );
            Some(snapshot.status.phase)
        }
        Standing::Ended { .. } | Standing::Unknown => None,
    }
}

#[tokio::test]
async fn no_deadline_ends_or_locks_and_all_else_holds() {
    for outcome in ["sign-out", "lock"] {
        let policy = POLICY.replacen('{', &format!(r#"{{"on_idle": "{outcome}", "#), 1);
        let fixture = for_development(&policy).await;
        let (ada, ben) = (fixture.sign_in("ada").await, fixture.sign_in("ben").await);
        for event in [
            Event::Choose {
                idle: "5m".parse().expect("a limit"),
            },
            Event::Tab {
                tab: "a".into(),
                path: Path::canonical("/").into_owned(),
                attended: None,
            },
            Event::TabClose {
                tab: "a".into(),
                by: None,
            },
        ] {
            let outcome = fixture.engine.apply(&ada, &event).await.expect("a store");
            assert_eq!(outcome.answer, Some(Answer::Accepted), "{event:?}");
        }
        for _ in 0..4 {
            fixture.time.advance(minutes(29));
            assert_eq!(fixture.engine.sweep().await.expect("a store"), 0);
            assert_eq!(phase(&fixture, &ada).await, Some(Phase::Active));
        }
        for (path, expected) in [
            ("/", Verdict::Allow),
            ("/admin/users", Verdict::StepUp(StepUp::Age { max_age: minutes(30) })),
        ] {
            let path = Path::canonical(path);
            let outcome = fixture
                .engine
                .request(&ada, &path, RequestKind::Navigation)
                .await
                .expect("a store");
            assert_eq!(outcome.answer, Some(Answer::Verdict(expected)), "{path}");
        }
        fixture.engine.sign_out(&ada, EndReason::User).await.expect("a store");
        assert_eq!(fixture.end_of(&ada).await, Some(EndReason::User));
        let everybody = Selector::Matching(Filter::default());
        fixture
            .engine
            .end(&everybody, EndReason::Admin, "test")
            .await
            .expect("a store");
        assert_eq!(fixture.end_of(&ben).await, Some(EndReason::Admin));
    }
}

#[tokio::test]
async fn a_process_without_the_switch_decides_by_the_policy_at_once() {
    let fixture = for_development(POLICY).await;
    let [ada, ben, cyd] = [
        fixture.sign_in("ada").await,
        fixture.sign_in("ben").await,
        fixture.sign_in("cyd").await,
    ];
    fixture.time.advance(minutes(45));
    for digest in [&ada, &ben] {
        let home = Path::canonical("/");
        fixture
            .engine
            .request(digest, &home, RequestKind::Navigation)
            .await
            .expect("a store");
    }
    fixture.engine.flush_all().await.expect("a store");
    fixture.time.advance(minutes(9));
    let real = fixture.restarted(POLICY).await;
    // Those that are due are found by the index, nobody asks for them.
    assert_eq!(real.engine.sweep().await.expect("a store"), 1);
    assert_eq!(real.end_of(&cyd).await, Some(EndReason::Idle));
    let Standing::Live(snapshot) = real.engine.status(&ada).await.expect("a store") else {
        panic!("it is in time")
    };
    assert_eq!(snapshot.status.idle_remaining, Some(minutes(1)));
    fixture.time.advance(minutes(1));
    assert_eq!(real.end_of(&ben).await, Some(EndReason::Idle));
}

#[tokio::test]
async fn policies_are_kept_as_they_are() {
    let fixture = for_development(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(40));
    let stricter = policy(r#"{"idle": "2m", "absolute": "20m"}"#);
    let planned = fixture.engine.plan(&stricter).await.expect("a store");
    assert_eq!(
        (planned.plan.all.sessions, planned.plan.all.ending),
        (1, 0),
        "a plan tells what would happen here"
    );
    let change = PolicyChange {
        policy: stricter.clone(),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: Some(1),
    };
    fixture.engine.change_policy(change.clone()).await.expect("a store");
    let again = PolicyChange {
        expected: Some(2),
        ..change
    };
    let unchanged = fixture.engine.change_policy(again).await.expect("a store");
    assert_eq!(unchanged, nightlatch_engine::PolicyChanged::Unchanged(2));
    fixture.engine.reindex().await.expect("a store");
    assert_eq!(phase(&fixture, &ada).await, Some(Phase::Active));
    let kept = fixture.engine.policy_revisions().await.expect("a store");
    let documents: Vec<_> = kept.into_iter().map(|kept| kept.document).collect();
    assert_eq!(documents, [policy(POLICY).into_document(), stricter.into_document()]);
    let real = fixture.restarted(r#"{"idle": "2m", "absolute": "20m"}"#).await;
    assert_eq!(real.engine.policy().0, 2);
    assert!(matches!(
        real.end_of(&ada).await,
        Some(EndReason::Idle | EndReason::Absolute)
    ));
}
