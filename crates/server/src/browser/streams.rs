//! Open event streams: there are only so many, and their absence means something for the tabs of a session.

use std::sync::Arc;

use nightlatch_store::token::Handle;

use crate::server_state::ServerState;

/// One open stream; leaving it closes it.
#[derive(Debug)]
pub(super) struct OpenStream {
    server: Arc<ServerState>,
    handle: Handle,
}

impl OpenStream {
    /// Opens a stream, unless there are too many.
    pub(super) fn open(server: &Arc<ServerState>, handle: Handle) -> Option<Self> {
        server.attendance.stream_opened(handle).then(|| {
            server.metrics.streams.inc();
            Self {
                server: Arc::clone(server),
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
        self.server.metrics.streams.dec();
        self.server
            .attendance
            .stream_closed(self.handle, tokio::time::Instant::now());
    }
}
