//! Open tabs: a sample of the wave is watched, each by a task of its own, as an event stream does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use nightlatch_bench::population::SEED;
use nightlatch_engine::{Engine, Standing, Watcher};
use nightlatch_store::token::Digest;
use tokio::task::JoinSet;

use crate::filling::Crowd;
use crate::stopwatch;

pub(super) const WATCHED: usize = 1000;

/// Those who wait to hear.
#[derive(Debug)]
pub(super) struct Announcements {
    tasks: JoinSet<anyhow::Result<Instant>>,
    heard: Arc<AtomicUsize>,
}

impl Announcements {
    pub(super) fn await_all(engine: &Arc<Engine>, crowd: &Crowd) -> Self {
        let mut numbers: Vec<usize> = (0..crowd.handles.len()).collect();
        fastrand::Rng::with_seed(SEED).shuffle(&mut numbers);
        let (mut tasks, heard) = (JoinSet::new(), Arc::<AtomicUsize>::default());
        for number in numbers.into_iter().take(WATCHED) {
            let (engine, heard) = (Arc::clone(engine), Arc::clone(&heard));
            let (watcher, digest) = (engine.watch(crowd.handles[number]), crowd.digests[number]);
            tasks.spawn(async move {
                let at = hear_of_the_end(&engine, watcher, digest).await?;
                heard.fetch_add(1, Ordering::Relaxed);
                Ok(at)
            });
        }
        Self { tasks, heard }
    }

    pub(super) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    /// When the last of them heard.
    pub(super) async fn all(mut self) -> anyhow::Result<Instant> {
        let mut last = None;
        while let Some(heard) = self.tasks.join_next().await {
            last = last.max(Some(heard??));
        }
        Ok(last.unwrap_or_else(stopwatch::now))
    }
}

async fn hear_of_the_end(engine: &Arc<Engine>, mut watcher: Watcher, digest: Digest) -> anyhow::Result<Instant> {
    loop {
        watcher.changed().await;
        let at = stopwatch::now();
        if let Standing::Ended { .. } = engine.status(&digest).await? {
            return Ok(at);
        }
    }
}
