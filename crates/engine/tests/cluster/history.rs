//! What happened in the world, as far as anybody outside can see it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::known::Call;
use super::oracle::{Answered, Oracle};
use super::policies::Moment;

#[derive(Debug)]
pub(crate) struct History {
    began: tokio::time::Instant,
    pub(crate) oracle: Oracle,
    pub(crate) streams: Streams,
    trace: VecDeque<String>,
    /// So many lines of it are kept.
    kept: usize,
    pub(crate) found: Option<String>,
}

/// The event streams that are open, by node and session, and since when.
type Streams = BTreeMap<(usize, usize), Moment>;

impl History {
    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    pub(crate) fn begin(kept: usize) -> Self {
        Self {
            began: tokio::time::Instant::now(),
            oracle: Oracle::new(),
            streams: Streams::default(),
            trace: VecDeque::new(),
            kept,
            found: None,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the world's own time, which is paused")]
    pub(crate) fn now(&self) -> Moment {
        u64::try_from(self.began.elapsed().as_millis()).expect("a short run")
    }

    pub(crate) fn tell(&mut self, what: impl std::fmt::Display) {
        let line = format!("{:>8} ms  {what}", self.now());
        if self.trace.len() == self.kept {
            self.trace.pop_front();
        }
        self.trace.push_back(line);
    }

    pub(crate) fn judge(&mut self, call: Call, answered: Answered) {
        let session = call.session;
        self.tell(format_args!(
            "node {} answers s{session}, asked at {}: {answered:?}",
            call.node, call.asked
        ));
        if let Err(why) = self.oracle.answered(call, answered) {
            self.is_found(format_args!("session s{session} at node {}: {why}", call.node));
        }
    }

    pub(crate) fn stream_is_told(&mut self, node: usize, session: usize) {
        let now = self.now();
        self.tell(format_args!("node {node} tells a stream of the end of s{session}"));
        let opened = self.streams.remove(&(node, session)).unwrap_or(now);
        if let Err(why) = self.oracle.stream_is_told(node, session, opened, now) {
            self.is_found(format_args!("session s{session} at node {node}: {why}"));
        }
    }

    /// The first that is found stays.
    pub(crate) fn is_found(&mut self, what: impl std::fmt::Display) {
        self.found.get_or_insert_with(|| what.to_string());
    }

    /// What led to what was found.
    pub(crate) fn told(&self) -> String {
        let lines = self.trace.iter().map(String::as_str).chain(self.found.as_deref());
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    history.lock().unwrap_or_else(PoisonError::into_inner)
}
