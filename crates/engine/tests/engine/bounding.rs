//! Until when whoever authenticated the person says that the session may last.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Admission, Authentication, NewSession, Reauthentication, Standing};
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::token::Digest;

use crate::fixture::{Fixture, minutes};

const POLICY: &str = r#"{"idle": "off", "absolute": "1h", "warn_before": "5m"}"#;

fn until(not_after: Instant) -> Authentication {
    Authentication {
        at: None,
        not_after: Some(not_after),
    }
}

fn ada(authentication: Authentication) -> NewSession {
    NewSession {
        subject: "ada".into(),
        authentication,
        ..NewSession::default()
    }
}

async fn sign_in(fixture: &Fixture, not_after: Instant) -> Digest {
    let admission = fixture.engine.create(ada(until(not_after))).await.expect("a store");
    admission.signed_in().expect("room").token.digest()
}

async fn remaining(fixture: &Fixture, digest: &Digest) -> Option<Span> {
    match fixture.engine.status(digest).await.expect("a store") {
        Standing::Live(snapshot) => snapshot.status.absolute_remaining,
        Standing::Ended { .. } | Standing::Unknown => panic!("it lives"),
    }
}

async fn end(fixture: &Fixture, digest: &Digest) -> (Instant, EndReason) {
    match fixture.engine.status(digest).await.expect("a store") {
        Standing::Ended { at, reason, .. } => (at, reason),
        Standing::Live(_) | Standing::Unknown => panic!("it is over"),
    }
}

#[tokio::test]
async fn a_session_ends_at_its_bound_and_a_crash_does_not_forget_it() {
    let fixture = Fixture::new(POLICY).await;
    let bound = fixture.start + minutes(20);
    let ada = sign_in(&fixture, bound).await;
    fixture.time.advance(minutes(10));
    assert_eq!(remaining(&fixture, &ada).await, Some(minutes(10)));

    let fixture = fixture.restarted(POLICY).await;
    assert_eq!(remaining(&fixture, &ada).await, Some(minutes(10)));
    fixture.time.advance(minutes(15));
    assert_eq!(fixture.engine.sweep().await.expect("a store"), 1, "nobody has to ask");
    assert_eq!(end(&fixture, &ada).await, (bound, EndReason::Upstream));
}

#[tokio::test]
async fn a_limit_that_comes_first_is_the_reason() {
    let fixture = Fixture::new(POLICY).await;
    let ada = sign_in(&fixture, fixture.start + minutes(60)).await;
    fixture.time.advance(minutes(90));
    assert_eq!(
        end(&fixture, &ada).await,
        (fixture.start + minutes(60), EndReason::Absolute)
    );
}

#[tokio::test]
async fn a_bound_moves_and_is_lifted() {
    let fixture = Fixture::new(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    for (not_after, expected) in [
        (Some(fixture.start + minutes(20)), minutes(20)),
        (Some(fixture.start + minutes(40)), minutes(40)),
        (None, minutes(60)),
        (Some(fixture.start + minutes(90)), minutes(60)),
    ] {
        fixture.engine.bound(&ada, not_after, "api:idp").await.expect("a store");
        assert_eq!(remaining(&fixture, &ada).await, Some(expected), "{not_after:?}");
        let after_a_crash = fixture.restarted(POLICY).await;
        assert_eq!(remaining(&after_a_crash, &ada).await, Some(expected), "{not_after:?}");
    }
    let filter = AuditFilter {
        kind: Some(AuditKind::Bound),
        limit: 10,
        ..AuditFilter::default()
    };
    let told = fixture.engine.audit(&filter).await.expect("a store");
    let told: Vec<_> = told
        .into_iter()
        .map(|told| (told.entry.actor, told.entry.detail))
        .collect();
    let expected = [
        "lasts 20m more at the most",
        "lasts 40m more at the most",
        "lifted",
        "lasts 1h30m more at the most",
    ];
    assert_eq!(told, expected.map(|detail| ("api:idp".into(), Some(detail.into()))));
}

#[tokio::test]
async fn a_bound_that_has_passed_ends_the_session_where_it_was_told() {
    let fixture = Fixture::new(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(10));
    let standing = fixture
        .engine
        .bound(&ada, Some(fixture.start), "api:idp")
        .await
        .expect("a store");
    assert!(
        matches!(
            standing,
            Standing::Ended {
                reason: EndReason::Upstream,
                ..
            }
        ),
        "{standing:?}"
    );
    assert_eq!(
        end(&fixture, &ada).await,
        (fixture.start + minutes(10), EndReason::Upstream)
    );
    let later = fixture.start + minutes(30);
    let standing = fixture
        .engine
        .bound(&ada, Some(later), "api:idp")
        .await
        .expect("a store");
    assert!(
        matches!(standing, Standing::Ended { .. }),
        "nothing brings it back: {standing:?}"
    );
}

#[tokio::test]
async fn each_authentication_tells_it_anew() {
    let fixture = Fixture::new(POLICY).await;
    let mut ada = sign_in(&fixture, fixture.start + minutes(20)).await;
    fixture.time.advance(minutes(10));
    for (authentication, expected) in [
        (until(fixture.start + minutes(30)), minutes(20)),
        (Authentication::default(), minutes(60)),
    ] {
        let renewed = fixture
            .engine
            .reauthenticate(&ada, authentication, "test")
            .await
            .expect("a store");
        ada = renewed.signed_in().expect("it lives").token.digest();
        assert_eq!(remaining(&fixture, &ada).await, Some(expected), "{authentication:?}");
    }
    let passed = until(fixture.start + minutes(9));
    let refused = fixture
        .engine
        .reauthenticate(&ada, passed, "test")
        .await
        .expect("a store");
    assert!(
        matches!(refused, Reauthentication::Passed(age) if age == minutes(1)),
        "{refused:?}"
    );
    assert_eq!(remaining(&fixture, &ada).await, Some(minutes(60)), "nothing is changed");
}

#[tokio::test]
async fn nobody_signs_in_to_what_is_over() {
    let fixture = Fixture::new(POLICY).await;
    let passed = ada(until(fixture.start));
    let refused = fixture.engine.create(passed).await.expect("a store");
    assert!(
        matches!(refused, Admission::Passed { age } if age == Span::ZERO),
        "{refused:?}"
    );
}
