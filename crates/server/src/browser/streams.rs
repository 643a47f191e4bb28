//! Open event streams: there are only so many, and their absence means something for the tabs of a session.

use std::sync::Arc;

use nightlatch_store::token::Handle;

use crate::latch::Latch;

/// One open stream; leaving it closes it.
#[derive(Debug)]
pub(super) struct OpenStream {
    latch: Arc<Latch>,
    handle: Handle,
}

impl OpenStream {
    /// Opens a stream, unless there are too many.
    pub(super) fn open(latch: &Arc<Latch>, handle: Handle) -> Option<Self> {
        latch.attendance.stream_opened(handle).then(|| {
            latch.metrics.streams.inc();
            Self {
                latch: Arc::clone(latch),
                handle,
            }
        })
    }
}

impl Drop for OpenStream {
    #[expect(
        clippy::disallowed_methods,
        reason = "no rule depends on it: tabs close some time after they are gone"
    )]
    fn drop(&mut self) {
        self.latch.metrics.streams.dec();
        self.latch
            .attendance
            .stream_closed(self.handle, tokio::time::Instant::now());
    }
}
