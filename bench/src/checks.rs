//! Checks at a fixed rate on a thread of their own, whether or not the last is answered: one that comes late counts from
//! when it should have been sent.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use nightlatch_engine::{Engine, Standing};
use nightlatch_store::token::Digest;
use tokio::runtime::Handle;

use crate::report::{Table, millis, per_mille, say};
use crate::stopwatch;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    due: Instant,
    /// From when it was due.
    response: Duration,
    /// From when it was sent.
    call: Duration,
}

#[derive(Debug)]
pub(crate) struct Checks {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Vec<Check>>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Percentiles {
    pub(crate) count: usize,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
    pub(crate) longest: Duration,
    /// The 99th percentile of the calls alone.
    pub(crate) call: Duration,
}

impl Checks {
    pub(crate) fn start(engine: Arc<Engine>, digests: Vec<Digest>, rate: u32) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let (runtime, stopped) = (Handle::current(), Arc::clone(&stop));
        let every = Duration::from_secs(1) / rate.max(1);
        let thread = std::thread::spawn(move || {
            let mut checks = Vec::new();
            let mut due = stopwatch::now();
            for digest in digests.iter().cycle() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                due += every;
                stopwatch::sleep_until(due);
                let sent = stopwatch::now();
                let standing = runtime.block_on(engine.status(digest))?;
                let answered = stopwatch::now();
                ensure!(
                    matches!(standing, Standing::Live(_)),
                    "a session that lives on is {standing:?}"
                );
                checks.push(Check {
                    due,
                    response: answered - due,
                    call: answered - sent,
                });
            }
            Ok(checks)
        });
        Self { stop, thread }
    }

    pub(crate) fn stop(self) -> anyhow::Result<Vec<Check>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow!("the thread of the checks panicked"))?
    }
}

impl Percentiles {
    pub(crate) fn of(checks: &[Check], during: Range<Instant>) -> anyhow::Result<Self> {
        let checks: Vec<&Check> = checks.iter().filter(|check| during.contains(&check.due)).collect();
        let sorted = |time: fn(&Check) -> Duration| {
            let mut times: Vec<Duration> = checks.iter().map(|check| time(check)).collect();
            times.sort_unstable();
            times
        };
        let (responses, calls) = (sorted(|check| check.response), sorted(|check| check.call));
        Ok(Self {
            count: responses.len(),
            p50: per_mille(&responses, 500),
            p99: per_mille(&responses, 990),
            p999: per_mille(&responses, 999),
            longest: responses.last().copied().context("no check was sent")?,
            call: per_mille(&calls, 990),
        })
    }
}

/// The phases side by side.
pub(crate) fn show(phases: &[(&str, &Percentiles)]) {
    say("");
    let table = Table::new(&[
        "phase",
        "checks",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "longest ms",
        "p99 ms of the call alone",
    ]);
    for (phase, percentiles) in phases {
        let Percentiles {
            count,
            p50,
            p99,
            p999,
            longest,
            call,
        } = percentiles;
        let times = [p50, p99, p999, longest, call].map(|time| format!("{:.3}", millis(*time)));
        table.row([(*phase).to_owned(), count.to_string()].into_iter().chain(times));
    }
    say("");
}
