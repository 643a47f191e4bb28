//! Open event streams: how many there are, and what their absence means.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightlatch_core::session::Event;
use nightlatch_engine::Standing;
use nightlatch_engine::store::Record;
use nightlatch_engine::token::Handle;

use crate::latch::Latch;

const PER_SESSION: usize = 32;
const IN_ALL: usize = 50_000;
/// A browser that lost its stream gets so long to come back before its tabs count as closed.
const RETURN_WITHIN: Duration = Duration::from_secs(20);

/// The open streams by session.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    by_session: HashMap<Handle, usize>,
    in_all: usize,
}

/// One open stream; leaving it closes it.
#[derive(Debug)]
pub(super) struct OpenStream {
    latch: Arc<Latch>,
    handle: Handle,
}

impl Streams {
    /// Opens a stream, unless there are too many.
    pub(super) fn open(latch: &Arc<Latch>, handle: Handle) -> Option<OpenStream> {
        let mut open = latch.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_session = open.by_session.get(&handle).copied().unwrap_or(0);
        if of_session >= PER_SESSION || open.in_all >= IN_ALL {
            return None;
        }
        open.by_session.insert(handle, of_session + 1);
        open.in_all += 1;
        latch.metrics.streams.inc();
        Some(OpenStream {
            latch: Arc::clone(latch),
            handle,
        })
    }

    /// Takes one away. True if it was the session's last.
    fn close(&self, handle: Handle) -> bool {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(streams) = open.by_session.get_mut(&handle) else {
            return false;
        };
        *streams -= 1;
        let last = *streams == 0;
        if last {
            open.by_session.remove(&handle);
        }
        open.in_all -= 1;
        last
    }

    fn has(&self, handle: Handle) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_session
            .contains_key(&handle)
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.latch.metrics.streams.dec();
        if self.latch.streams.close(self.handle) && !self.latch.shutdown.is_cancelled() {
            tokio::spawn(close_abandoned_tabs(Arc::clone(&self.latch), self.handle));
        }
    }
}

/// A browser that crashed, or lost its network, says good-bye for none of its tabs: after a while without any stream they
/// count as closed. Those that are still open tell themselves again when they reconnect.
async fn close_abandoned_tabs(latch: Arc<Latch>, handle: Handle) {
    tokio::select! {
        () = tokio::time::sleep(RETURN_WITHIN) => {}
        () = latch.shutdown.cancelled() => return,
    }
    if latch.streams.has(handle) {
        return;
    }
    // The token may be another one than the stream was opened with.
    let Ok(Some((Record { digest, .. }, Standing::Live(_)))) = latch.engine.find(&handle).await else {
        return;
    };
    let tabs = latch
        .engine
        .presence(&digest)
        .map(|presence| presence.tabs)
        .unwrap_or_default();
    for (tab, _) in tabs {
        if latch.streams.has(handle) {
            return;
        }
        if let Err(error) = latch.engine.apply(&digest, &Event::TabClose { tab }).await {
            tracing::debug!(%error, %handle, "an abandoned tab cannot be closed");
        }
    }
}
