//! What the store hears of activity: the first and the last since it last heard, and the page.

use nightlatch_core::path::Path;
use nightlatch_core::session::{Activity, Event, RequestKind, Session};
use nightlatch_core::time::Span;
use nightlatch_store::token::Digest;

use super::fixture::{Fixture, minutes, seconds};

const POLICY: &str = r#"{"idle": "30m"}"#;

async fn visit(fixture: &Fixture, ada: &Digest, page: &str) {
    let path = Path::canonical(page);
    let outcome = fixture.engine.request(ada, &path, RequestKind::Navigation).await;
    outcome.expect("a store");
}

async fn stored(fixture: &Fixture, ada: &Digest) -> Session {
    let record = fixture.store.get(ada).await.expect("a store");
    record.expect("a record").session
}

fn activity(fixture: &Fixture, seen: Span, longest_absence: Span) -> Activity {
    Activity {
        seen: fixture.start + seen,
        longest_absence,
    }
}

/// The store works out how long nobody was there; a process that did not see somebody does not say that nobody was there.
#[tokio::test]
async fn what_one_process_has_not_seen_is_no_absence() {
    let one = Fixture::new(POLICY).await;
    let ada = one.sign_in("ada").await;
    let other = one.restarted(POLICY).await;
    visit(&other, &ada, "/").await;
    for _ in 0..5 {
        one.time.advance(minutes(4));
        visit(&one, &ada, "/").await;
        one.engine.flush_all().await.expect("a store");
    }
    one.time.advance(minutes(1));
    visit(&other, &ada, "/").await;
    other.engine.flush_all().await.expect("a store");
    assert_eq!(
        stored(&one, &ada).await.activity,
        activity(&one, minutes(21), minutes(4))
    );

    // Nor does a change that it writes.
    one.time.advance(minutes(2));
    visit(&one, &ada, "/").await;
    one.engine.flush_all().await.expect("a store");
    one.time.advance(minutes(3));
    let extended = other.engine.apply(&ada, &Event::Extend).await;
    extended.expect("a store");
    assert_eq!(
        stored(&one, &ada).await.activity,
        activity(&one, minutes(26), minutes(4))
    );
}

#[tokio::test]
async fn an_absence_ends_where_activity_began_again_however_late_that_is_told() {
    let fixture = Fixture::new(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(10));
    for _ in 0..20 {
        visit(&fixture, &ada, "/").await;
        fixture.time.advance(seconds(1));
    }
    fixture.engine.flush_all().await.expect("a store");
    let expected = activity(&fixture, minutes(10) + seconds(19), minutes(10));
    assert_eq!(stored(&fixture, &ada).await.activity, expected);
}

#[tokio::test]
async fn the_start_of_a_hold_ends_an_absence() {
    let fixture = Fixture::new(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    fixture.time.advance(minutes(10));
    let hold = Event::Hold {
        id: "upload".into(),
        span: minutes(60),
    };
    fixture.engine.apply(&ada, &hold).await.expect("a store");
    assert_eq!(
        stored(&fixture, &ada).await.activity,
        activity(&fixture, Span::ZERO, minutes(10))
    );
}

#[tokio::test]
async fn a_flush_tells_of_the_last_page() {
    let fixture = Fixture::new(POLICY).await;
    let ada = fixture.sign_in("ada").await;
    for page in ["/a", "/b", "/c"] {
        fixture.time.advance(seconds(1));
        visit(&fixture, &ada, page).await;
    }
    let before = stored(&fixture, &ada).await;
    fixture.engine.flush_all().await.expect("a store");
    let after = stored(&fixture, &ada).await;
    assert_ne!(before.last_page, after.last_page);
    assert_eq!(after.last_page, Some(Path::canonical("/c")));
}
