//! What is created is found, and nothing is created twice.

use std::sync::Arc;

use crate::audit::Ledger;
use crate::{Record, Revisions};
use nightlatch_core::duration::Limit;
use nightlatch_core::node::NodeId;
use nightlatch_core::path::Path;
use nightlatch_core::session::{Attended, Hold, OpenTab, Pause, Presence, State};
use nightlatch_core::time::Span;

use super::fixture::*;

/// A record in which every field has a value of its own.
#[must_use]
pub fn full(number: u32) -> Record {
    let mut record = record_with(
        number,
        "Zoë \"Ω\" \0 'x'",
        Some("crm"),
        Some("mobile"),
        &["admin", "a \"b\"", ""],
    );
    record.created = at(1001);
    record.session.choice = Some(Limit::after(Span::from_secs(900)));
    record.session.authenticated = at(1002);
    record.session.not_after = Some(at(9000));
    record.session.activity = activity(1003, 77);
    record.session.last_page = Some(Path::canonical("/last").into_owned());
    record.session.presence = Some(Box::new(Presence {
        tabs: FromIterator::from_iter([
            ("t1".into(), tab(None)),
            ("t2".into(), tab(Some(Attended::Serving(NodeId::new(u64::MAX))))),
            ("t3".into(), tab(Some(Attended::Hearing(NodeId::new(0))))),
            ("t4".into(), tab(Some(Attended::Frozen))),
        ]),
        left: Some(at(1004)),
        holds: [("h1".into(), Hold::Until(at(1005))), ("h2".into(), Hold::Ended)].into(),
        held_until: Some(at(1006)),
        paused_since: Some(at(1007)),
        pauses: vec![Pause {
            from: at(1008),
            to: at(1009),
        }],
        ended: Vec::new(),
    }));
    record.revisions = Revisions { own: 3, today: 4 };
    record.due = Some(at(1010));
    record.version = 9;
    record.ledger = Some(ledger());
    record
}

fn tab(attended: Option<Attended>) -> OpenTab {
    OpenTab {
        page: Path::canonical("/a/b%20c").into_owned(),
        attended,
    }
}

/// With everything that may be in it.
fn ledger() -> Box<Ledger> {
    let running = r#"{"h1": {"since": 1002, "asked": 1005, "until": 1004, "told": true}}"#;
    let untold = r#"{"since": 1002, "at": 1003, "count": 2, "held": "3ms", "detail": "30m"}"#;
    let json = format!(r#"{{"choices": {{"told_until": 1003, "untold": {untold}}}, "running": {running}}}"#);
    serde_json::from_str(&json).expect("a ledger")
}

pub async fn a_record_is_read_back_whole(store: Shared) {
    let mut unlimited = record(2, "b");
    unlimited.session.choice = Some(Limit::OFF);
    unlimited.due = None;
    let mut without_tabs = record(3, "c");
    without_tabs.session.last_page = full(1).session.last_page;
    for record in [full(1), unlimited, without_tabs, record(4, "d")] {
        add(store.as_ref(), &record).await;
        assert_eq!(store.get(&record.digest).await.expect("store"), Some(record.clone()));
        assert_eq!(store.find(&record.handle).await.expect("store"), Some(record));
    }
}

pub async fn a_missing_record_is_none(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    assert_eq!(store.get(&digest(2)).await.expect("store"), None);
    assert_eq!(store.find(&handle(2)).await.expect("store"), None);
}

pub async fn create_never_merges(store: Shared) {
    let kept = record(1, "a");
    add(store.as_ref(), &kept).await;
    let (mut same_token, mut same_handle) = (record(2, "b"), record(3, "c"));
    same_token.digest = kept.digest;
    same_handle.handle = kept.handle;
    for other in [kept.clone(), same_token.clone(), same_handle.clone()] {
        assert!(!create(store.as_ref(), &other, at(1000)).await, "{other:?}");
    }
    assert_eq!(store.get(&kept.digest).await.expect("store"), Some(kept));
    assert_eq!(store.find(&same_token.handle).await.expect("store"), None);
    assert_eq!(store.get(&same_handle.digest).await.expect("store"), None);
    assert_eq!(store.count(&everything()).await.expect("store"), 1);
    assert_eq!(
        audit(store.as_ref(), of_session(1)).await.len(),
        1,
        "only what was created is told"
    );

    end_one(store.as_ref(), 1).await;
    let again = record(1, "a");
    assert!(
        !create(store.as_ref(), &again, at(1000)).await,
        "an ended session is not created again"
    );
    assert!(!is_active(&get(store.as_ref(), 1).await));
}

pub async fn a_locked_record_stays_locked(store: Shared) {
    let mut locked = record(1, "a");
    locked.session.state = State::Locked { at: at(1234) };
    locked.session.facts = Arc::default();
    add(store.as_ref(), &locked).await;
    assert_eq!(get(store.as_ref(), 1).await, locked);
    assert_eq!(
        store.count(&everything()).await.expect("store"),
        1,
        "a locked session is alive"
    );
}
