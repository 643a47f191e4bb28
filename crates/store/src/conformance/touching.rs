//! Activity only goes forward, and only on live sessions.

use crate::{Touch, Touched};

use super::fixture::*;

pub async fn a_touch_moves_activity_and_nothing_else(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    let touch = Touch {
        activity: activity(1600, 20),
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
            activity: activity(1600, 300),
            ..touch(1, 1600)
        }])
        .await
        .expect("store");
    store
        .touch(&[Touch {
            activity: activity(1700, 100),
            ..touch(1, 1700)
        }])
        .await
        .expect("store");
    assert_eq!(get(store.as_ref(), 1).await.session.activity, activity(1700, 300));
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
