//! Activity only goes forward, and only on live sessions.

use crate::{Touch, Touched};
use nightlatch_core::path::Path;
use nightlatch_core::session::{Hold, Presence};

use super::creating::full;
use super::fixture::*;

pub async fn a_touch_moves_activity_and_nothing_else(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let touch = Touch {
        first: at(1020),
        ..touch(1, 1600)
    };
    assert_eq!(store.touch(&[touch]).await.expect("store"), [Touched::Stored]);

    let mut touched = record(1, "a");
    touched.session.activity = activity(1600, 20);
    assert_eq!(
        get(store.as_ref(), 1).await,
        touched,
        "neither the version nor the deadline index"
    );
}

pub async fn a_touch_never_goes_back(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    store.touch(&[touch(1, 1600)]).await.expect("store");
    let answers = store.touch(&[touch(1, 1599)]).await.expect("store");
    assert_eq!(answers, [Touched::Newer]);
    assert_eq!(get(store.as_ref(), 1).await.session.activity.seen, at(1600));
}

pub async fn a_touch_never_shortens_the_longest_absence(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    store
        .touch(&[Touch {
            first: at(1300),
            ..touch(1, 1600)
        }])
        .await
        .expect("store");
    store.touch(&[touch(1, 1700)]).await.expect("store");
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1700, 300));
}

/// Two processes see the same person, who is never away for more than 200.
pub async fn an_absence_counts_from_what_the_store_knows(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let both = [
        touch(1, 1200),
        Touch {
            first: at(1300),
            ..touch(1, 1400)
        },
        // It began before what the other has told.
        Touch {
            first: at(1350),
            ..touch(1, 1500)
        },
    ];
    store.touch(&both).await.expect("store");
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1500, 200));
    store.touch(&[touch(1, 1900)]).await.expect("store");
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1900, 400));
}

/// However the hold came to be there.
pub async fn an_absence_counts_from_the_end_of_a_hold(store: Shared) {
    let held = |held_until: Option<i64>, holds: &[Hold]| {
        let holds = (0..).zip(holds).map(|(id, hold)| (format!("h{id}").into(), *hold));
        Some(Box::new(Presence {
            held_until: held_until.map(at),
            holds: holds.collect(),
            ..Presence::default()
        }))
    };
    for (number, presence, absence) in [
        (1, held(None, &[]), 900),
        (2, held(Some(1300), &[Hold::Ended]), 600),
        (3, held(Some(1300), &[Hold::Ended, Hold::Until(at(1700))]), 200),
        (4, held(None, &[Hold::Until(at(5000))]), 0),
        (5, None, 900),
    ] {
        let mut created = record(number, "a");
        created.session.presence.clone_from(&presence);
        add(store.as_ref(), &created).await;
        let (amended, number) = (record(number + 10, "a"), [number, number + 10]);
        add(store.as_ref(), &amended).await;
        let mut change = amendment(&amended);
        change.session.presence = presence;
        assert!(store.amend(&change).await.expect("store"));
        for number in number {
            store.touch(&[touch(number, 1900)]).await.expect("store");
            let known = get(store.as_ref(), number).await.session.activity;
            assert_eq!(known, activity(1900, absence), "session {number}");
        }
    }
}

pub async fn a_touch_may_turn_the_page(store: Shared) {
    let page = |page: &'static str| Some(Path::canonical(page));
    let (plain, mut present) = (record(1, "a"), full(2));
    add(store.as_ref(), &plain).await;
    add(store.as_ref(), &present).await;
    for number in [1, 2] {
        let turned = Touch {
            page: page("/news"),
            ..touch(number, 1600)
        };
        let late = Touch {
            page: page("/old"),
            ..touch(number, 1500)
        };
        let answers = store.touch(&[turned, late, touch(number, 1600)]).await;
        let answers = answers.expect("store");
        assert_eq!(answers, [Touched::Stored, Touched::Newer, Touched::Stored]);
    }
    assert_eq!(get(store.as_ref(), 1).await.session.last_page, page("/news"));
    present.session.last_page = page("/news");
    present.session.activity = get(store.as_ref(), 2).await.session.activity;
    assert_eq!(get(store.as_ref(), 2).await, present, "what else is known of it stays");
}

pub async fn a_touch_leaves_missing_and_ended_records_alone(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    add(store.as_ref(), &record(2, "b")).await;
    assert!(end_one(store.as_ref(), 1).await);
    let ended = get(store.as_ref(), 1).await;
    let answers = store.touch(&[touch(1, 1800), touch(3, 1800), touch(2, 1800)]).await;
    let answers = answers.expect("the others do not spoil it");
    assert_eq!(answers, [Touched::Gone, Touched::Gone, Touched::Stored]);
    assert_eq!(get(store.as_ref(), 1).await, ended);
    assert_eq!(store.get(&digest(3)).await.expect("store"), None);
    assert_eq!(get(store.as_ref(), 2).await.session.activity.seen, at(1800));
    store.touch(&[]).await.expect("nothing to do is done");
}

pub async fn of_touches_of_one_record_the_latest_counts(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    store
        .touch(&[touch(1, 1500), touch(1, 1700), touch(1, 1600)])
        .await
        .expect("store");
    assert_eq!(get(store.as_ref(), 1).await.session.activity.seen, at(1700));
}
