//! The same line over and over: strangers can cause some, each as often as they like. Of every place that logs so many lines
//! are written, and then how many more there were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::callsite::Identifier;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata};
use tracing_subscriber::layer::{Context, Filter};

/// How many lines one place may write in how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) lines: u64,
    /// How many in the first of these times.
    pub(super) at_first: u64,
    pub(super) within: Duration,
}

/// Lets lines through up to a limit.
#[derive(Debug)]
pub(super) struct Limited {
    limit: Limit,
    windows: Windows,
}

/// The lines that were not written.
#[derive(Debug)]
pub(super) struct Suppressed {
    limit: Limit,
    windows: Windows,
}

type Windows = Arc<Mutex<HashMap<Identifier, Window>>>;

/// What one place has said since when.
#[derive(Debug)]
struct Window {
    since: Instant,
    lines: u64,
    /// How many of them are written.
    written: u64,
    place: &'static Metadata<'static>,
}

impl Window {
    /// Begins anew, and says how many lines were not written.
    fn renew(&mut self, lines: u64, now: Instant) -> u64 {
        let suppressed = self.lines.saturating_sub(self.written);
        self.since = now;
        self.lines = 0;
        self.written = lines;
        suppressed
    }
}

impl Limited {
    pub(super) fn to(limit: Limit) -> Self {
        Self {
            limit,
            windows: Windows::default(),
        }
    }

    pub(super) fn suppressed(&self) -> Suppressed {
        Suppressed {
            limit: self.limit,
            windows: Arc::clone(&self.windows),
        }
    }

    /// Whether one more line from this place is written. Once its time is over a place begins anew, but for one that has said
    /// too much: what it did not say is told first.
    fn lets(&self, place: &'static Metadata<'static>, now: Instant) -> bool {
        let Limit {
            lines,
            at_first,
            within,
        } = self.limit;
        let mut windows = lock(&self.windows);
        let window = windows.entry(place.callsite()).or_insert(Window {
            since: now,
            lines: 0,
            written: at_first,
            place,
        });
        if now.duration_since(window.since) >= within && window.lines <= window.written {
            window.renew(lines, now);
        }
        window.lines += 1;
        window.lines <= window.written
    }
}

impl<S> Filter<S> for Limited {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn callsite_enabled(&self, _: &'static Metadata<'static>) -> Interest {
        // Not for good: each line is counted.
        Interest::sometimes()
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        self.lets(event.metadata(), now())
    }
}

impl Suppressed {
    /// Tells from time to time how many lines were not written, as long as the process runs.
    pub(super) fn tell_from_now_on(self) {
        // Commands that run without tokio are over in a moment.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(self.limit.within).await;
                for (place, lines) in self.over(now()) {
                    tracing::warn!(
                        place = place.target(),
                        line = place.line(),
                        suppressed = lines,
                        "a line was logged too often; the rest of the last {} seconds is left out",
                        self.limit.within.as_secs()
                    );
                }
            }
        });
    }

    /// What was left out since the last time, by place. Each of them begins anew.
    fn over(&self, now: Instant) -> Vec<(&'static Metadata<'static>, u64)> {
        let Limit { lines, within, .. } = self.limit;
        let mut windows = lock(&self.windows);
        let over = windows
            .values_mut()
            .filter(|window| now.duration_since(window.since) >= within);
        over.map(|window| (window.place, window.renew(lines, now)))
            .filter(|(_, suppressed)| *suppressed > 0)
            .collect()
    }
}

fn lock(windows: &Windows) -> MutexGuard<'_, HashMap<Identifier, Window>> {
    windows.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "logs keep real time")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

    use super::*;

    const LIMIT: Limit = Limit {
        lines: 3,
        at_first: 5,
        within: Duration::from_secs(10),
    };

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Log {
        fn count(&self, text: &str) -> usize {
            let log = self.0.lock().expect("no writer panics");
            String::from_utf8_lossy(&log).matches(text).count()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_too_often_is_counted_instead() {
        let log = Log::default();
        let limited = Limited::to(LIMIT);
        let suppressed = limited.suppressed();
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(limited));
        let _guard = tracing::subscriber::set_default(subscriber);
        let flood = || {
            for stranger in 0..1000 {
                tracing::warn!(stranger, "somebody was here");
            }
        };
        suppressed.tell_from_now_on();
        flood();
        tracing::warn!("something else");
        assert_eq!((log.count("somebody was here"), log.count("something else")), (5, 1));
        tokio::time::sleep(LIMIT.within * 3 / 2).await;
        assert_eq!((log.count("suppressed=995"), log.count("suppressed=")), (1, 1));
        flood();
        assert_eq!(log.count("somebody was here"), 8, "after a while it is said again");
        tokio::time::sleep(LIMIT.within * 3).await;
        assert_eq!((log.count("suppressed=997"), log.count("suppressed=")), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_now_and_then_is_always_said() {
        let log = Log::default();
        let lines = tracing_subscriber::fmt::layer().with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(lines.with_filter(Limited::to(LIMIT)));
        let _guard = tracing::subscriber::set_default(subscriber);
        for _ in 0..20 {
            tracing::info!("now and then");
            tokio::time::sleep(LIMIT.within / 2).await;
        }
        assert_eq!(log.count("now and then"), 20);
    }
}
