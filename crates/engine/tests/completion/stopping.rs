//! The engine stops, and something in it breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nightlatch_core::session::EndReason;
use nightlatch_engine::Standing;
use nightlatch_store::{Sessions as _, StoreError};
use tokio::sync::oneshot;

use crate::fixture::seconds;
use crate::polled::polled;
use crate::scene::{Kind, Scene};

#[tokio::test]
async fn what_was_begun_is_done_before_the_engine_has_stopped() {
    let scene = Scene::new(Kind::Memory).await;
    let engine = &scene.fixture.engine;
    scene.store.make_wait(true);
    // Whoever asked is gone as soon as it has begun.
    assert!(polled(1, engine.sign_out(&scene.ada, EndReason::User)).await.is_none());
    engine.run(std::future::ready(())).await;
    let record = scene.store.get(&scene.ada).await.expect("a store").expect("a record");
    assert!(record.ended().is_some(), "{record:?}");
    let standing = engine.status(&scene.ada).await.expect("the table knows");
    assert!(matches!(standing, Standing::Ended { .. }), "{standing:?}");
}

#[tokio::test]
async fn a_change_that_comes_after_the_stop_is_refused_and_not_lost() {
    let scene = Scene::new(Kind::Memory).await;
    let engine = &scene.fixture.engine;
    engine.run(std::future::ready(())).await;
    let refused = engine.sign_out(&scene.ada, EndReason::User).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let record = scene.store.get(&scene.ada).await.expect("a store").expect("a record");
    assert_eq!(record.ended(), None);
}

/// A flush has taken note that the store knows, and then the store is told: nothing may come in between for good.
#[tokio::test(start_paused = true)]
async fn background_work_that_is_dropped_anywhere_loses_no_activity() {
    for polls in 1..40 {
        let scene = Scene::new(Kind::Memory).await;
        let engine = &scene.fixture.engine;
        scene.opens_a_page().await;
        scene.fixture.time.advance(seconds(60));
        scene.opens_a_page().await;
        scene.store.make_wait(true);
        assert!(polled(polls, engine.run(std::future::pending())).await.is_none());
        engine.all_done().await;
        engine.flush_all().await.expect("a store");
        let record = scene.store.get(&scene.ben).await.expect("a store").expect("a record");
        assert_eq!(
            record.session.activity.seen,
            engine.clock().now(),
            "dropped after {polls} polls"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_the_background_work_loses_no_activity() {
    for millis in 0..40 {
        let scene = Scene::new(Kind::Memory).await;
        let engine = &scene.fixture.engine;
        scene.fixture.time.advance(seconds(60));
        scene.store.make_wait(true);
        let (stop, stopped) = oneshot::channel::<()>();
        let background = tokio::spawn({
            let engine = Arc::clone(engine);
            async move { engine.run(async { drop(stopped.await) }).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(millis)).await; // tidy: sleeps because the time is paused
        scene.opens_a_page().await;
        drop(stop);
        background.await.expect("it stops");
        let record = scene.store.get(&scene.ben).await.expect("a store").expect("a record");
        assert_eq!(
            record.session.activity.seen,
            engine.clock().now(),
            "stopped after {millis} ms"
        );
    }
}

#[tokio::test]
async fn a_fault_in_the_work_is_an_error_to_whoever_waits_and_to_nobody_else() {
    let scene = Scene::new(Kind::Memory).await;
    let engine = &scene.fixture.engine;
    let broken: Result<(), StoreError> = engine
        .run_to_completion(|_| Box::pin(async { panic!("a fault of ours") }))
        .await;
    assert!(matches!(broken, Err(StoreError::Unconfirmed(_))), "{broken:?}");
    engine.resolve_doubts().await.expect("a store");
    engine.all_done().await;
    scene.agrees().await.expect("everybody else goes on");
}

#[tokio::test]
async fn the_wait_for_all_that_was_begun_is_over_when_it_is_done() {
    let scene = Scene::new(Kind::Memory).await;
    let engine = &scene.fixture.engine;
    let done = Arc::<AtomicBool>::default();
    let (go_on, told) = oneshot::channel::<()>();
    let work = {
        let done = Arc::clone(&done);
        engine.run_to_completion::<_, StoreError>(move |_| {
            Box::pin(async move {
                let _ = told.await;
                done.store(true, Ordering::SeqCst);
                Ok(())
            })
        })
    };
    assert!(polled(1, work).await.is_none());
    let mut waiting = std::pin::pin!(engine.all_done());
    assert!(polled(1, waiting.as_mut()).await.is_none());
    go_on.send(()).expect("somebody listens");
    waiting.await;
    assert!(done.load(Ordering::SeqCst));
}
