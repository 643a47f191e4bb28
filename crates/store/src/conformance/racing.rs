//! Several callers at once.

use std::sync::Arc;

use crate::Selector;
use nightlatch_core::session::EndReason;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::fixture::*;

const ROUNDS: u32 = 200;
const TASKS: u32 = 64;

pub async fn nothing_lives_after_an_acknowledged_end(store: Shared) {
    for round in 0..ROUNDS {
        add(store.as_ref(), &record(round, "a")).await;
        let before = get(store.as_ref(), round).await;
        let start = Arc::new(Barrier::new(TASKS as usize + 1));
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (store, start, mut change) = (store.clone(), start.clone(), amendment(&before));
            tasks.spawn(async move {
                start.wait().await;
                if task % 8 == 0 {
                    change.due = Some(at(9000));
                    store.amend(&change).await.expect("store");
                } else {
                    store
                        .touch(&[touch(round, 1000 + i64::from(task))])
                        .await
                        .expect("store");
                }
            });
        }
        start.wait().await;
        assert!(end_one(store.as_ref(), round).await);
        // The others may still be at it.
        for _ in 0..3 {
            assert!(get(store.as_ref(), round).await.ended().is_some(), "round {round}");
        }
        while let Some(task) = tasks.join_next().await {
            task.expect("task");
        }
        assert!(
            get(store.as_ref(), round).await.ended().is_some(),
            "round {round}, after all"
        );
    }
    assert_eq!(store.count(&everything()).await.expect("store"), 0);
    assert_eq!(store.due(at(i64::MAX), 1).await.expect("store"), []);
}

/// Runs `call` in many tasks at once; how many of them answered true.
async fn winners<F>(store: &Shared, call: impl Fn(Shared, u32) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let mut tasks: JoinSet<bool> = (0..TASKS).map(|task| call(store.clone(), task)).collect();
    let mut winners = 0;
    while let Some(won) = tasks.join_next().await {
        winners += usize::from(won.expect("task"));
    }
    winners
}

pub async fn of_creates_with_one_handle_one_wins(store: Shared) {
    for round in 0..10 {
        let won = winners(&store, |store, task| async move {
            let mut record = record(1000 * (round + 1) + task, "a");
            record.handle = handle(round);
            create(store.as_ref(), &record, at(1000)).await
        });
        assert_eq!(won.await, 1);
        assert_eq!(audit(store.as_ref(), of_session(round)).await.len(), 1);
    }
    assert_eq!(store.count(&everything()).await.expect("store"), 10);
}

pub async fn of_ends_at_once_one_is_told(store: Shared) {
    for round in 0..10 {
        add(store.as_ref(), &record(round, "a")).await;
        let judged = expiry(&record(round, "a"));
        let won = winners(&store, move |store, task| {
            let judged = judged.clone();
            async move {
                let ended = match task % 3 {
                    0 => store.expire(&[judged]).await,
                    1 => {
                        store
                            .end(&Selector::Handle(handle(round)), &end(EndReason::Admin, 1500), 1)
                            .await
                    }
                    _ => {
                        store
                            .end(&Selector::Matching(everything()), &end(EndReason::Account, 1500), 10)
                            .await
                    }
                };
                !ended.expect("store").is_empty()
            }
        });
        assert_eq!(won.await, 1);
        assert_eq!(reasons(store.as_ref(), round).await.len(), 1);
    }
}

pub async fn of_amendments_of_one_version_one_wins(store: Shared) {
    let mut current = record(1, "a");
    add(store.as_ref(), &current).await;
    for round in 1..=10 {
        let change = amendment(&current);
        let won = winners(&store, |store, task| {
            let mut change = change.clone();
            change.rotate_to = Some(digest(1000 * round + task));
            async move { store.amend(&change).await.expect("store") }
        });
        assert_eq!(won.await, 1);
        current = store.find(&handle(1)).await.expect("store").expect("record");
        assert_eq!(current.version, u64::from(round));
    }
}
