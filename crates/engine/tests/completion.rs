//! What belongs together runs to its end, whoever stops waiting for it, whatever the store answers, and when the engine stops.

#[path = "completion/agreement.rs"]
mod agreement;
#[path = "engine/fixture.rs"]
#[expect(dead_code, reason = "shared with the tests of the engine, which use the rest")]
mod fixture;
#[path = "completion/healing.rs"]
mod healing;
#[path = "completion/polled.rs"]
mod polled;
#[path = "completion/scene.rs"]
mod scene;
#[path = "completion/stopping.rs"]
mod stopping;

use nightlatch_core::session::EndReason;
use nightlatch_store::{End, Selector, Store};
use polled::polled;
use scene::{CALLS, Call, Kind, Scene};

/// More await points than any call has.
const MOST: usize = 200;

/// What the store does to whoever asks.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    /// Nothing that is asked is done.
    Fails,
    /// So many writes are answered; the others are done and said not to be.
    LosesAnswers {
        after: usize,
    },
}

impl Fault {
    fn begin(self, scene: &Scene) {
        scene.store.make_wait(true);
        match self {
            Self::None => {}
            Self::Fails => scene.store.fail(true),
            Self::LosesAnswers { after } => scene.store.lose_answers_after(after),
        }
    }

    fn end(scene: &Scene) {
        scene.store.make_wait(false);
        scene.store.fail(false);
        scene.store.lose_no_answer();
    }
}

/// Drops the call at every one of its await points, and lets it come to its end at last.
async fn drop_everywhere(kind: Kind, name: &str, call: Call, due: bool, fault: Fault) {
    for polls in 1..MOST {
        let scene = Scene::new(kind).await;
        if due {
            scene.wait_until_all_is_due();
        }
        fault.begin(&scene);
        let done = polled(polls, call(&scene)).await;
        scene.fixture.engine.all_done().await;
        Fault::end(&scene);
        scene
            .fixture
            .engine
            .resolve_doubts()
            .await
            .expect("a store that answers");
        let agrees = scene.agrees().await;
        agrees.unwrap_or_else(|why| panic!("{name}, due: {due}, {fault:?}, dropped after {polls} polls: {why}"));
        if done.is_some() {
            return;
        }
    }
    panic!("{name} does not come to its end");
}

async fn drop_every_call(kind: Kind, faults: &[Fault]) {
    for (name, call) in CALLS {
        for due in [false, true] {
            for fault in faults {
                drop_everywhere(kind, name, *call, due, *fault).await;
            }
        }
    }
}

#[tokio::test]
async fn a_change_runs_to_its_end_wherever_its_caller_is_dropped() {
    drop_every_call(Kind::Memory, &[Fault::None]).await;
}

#[tokio::test]
async fn a_change_runs_to_its_end_wherever_its_caller_is_dropped_on_sqlite() {
    drop_every_call(Kind::Sqlite, &[Fault::None]).await;
}

#[tokio::test]
async fn table_and_store_agree_after_a_store_that_failed_or_lost_its_answers() {
    let lost = [0, 1, 2].map(|after| Fault::LosesAnswers { after });
    drop_every_call(Kind::Memory, &[&[Fault::Fails], &lost[..]].concat()).await;
}

/// What finds no fault proves nothing unless it finds one where there is one.
#[tokio::test]
async fn the_check_finds_a_session_that_the_table_keeps_alive() {
    let scene = Scene::new(Kind::Memory).await;
    scene.agrees().await.expect("nothing has happened");
    let end = End {
        reason: EndReason::Admin,
        at: scene.fixture.engine.clock().now(),
        actor: "test".into(),
    };
    let store: &dyn Store = &*scene.store;
    store.end(&Selector::Digest(scene.ben), &end, 1).await.expect("a store");
    let met = scene.fixture.engine.status(&scene.ben).await.expect("a store");
    assert!(matches!(met, nightlatch_engine::Standing::Live(_)), "{met:?}");
    // Looking it up by its name is what heals it.
    scene.agrees().await.expect("the table has followed");
    let met = scene.fixture.engine.status(&scene.ben).await.expect("a store");
    assert!(matches!(met, nightlatch_engine::Standing::Ended { .. }), "{met:?}");
}
