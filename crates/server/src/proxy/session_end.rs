//! Waiting for the end of a session: what stays open longer than a request ends with it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use nightlatch_core::session::Phase;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::token::{Digest, Handle};
use nightlatch_engine::{Snapshot, Standing};

use super::body::Until;
use crate::latch::Latch;

/// Whoever authenticates again gets a new token; what was opened with the old one is theirs for so long, which is enough to
/// open it again.
const NEW_TOKEN_WITHIN: Span = Span::from_secs(5);
const LOOKED_AT_LEAST_EVERY: Duration = Duration::from_hours(1);

/// Returns once the session serves nothing any more, or nobody can tell whether it does, or the server stops.
pub(super) async fn over(latch: &Latch, handle: Handle, mut digest: Digest) {
    let mut watcher = latch.engine.watch(handle);
    let mut closing: Option<Instant> = None;
    loop {
        let standing = match latch.engine.status(&digest).await {
            Ok(Standing::Unknown) => match latch.engine.find(&handle).await {
                Ok(Some((record, standing))) => {
                    digest = record.digest;
                    closing.get_or_insert_with(|| latch.engine.clock().now() + NEW_TOKEN_WITHIN);
                    standing
                }
                Ok(None) | Err(_) => return,
            },
            Ok(standing) => standing,
            Err(_) => return,
        };
        let Standing::Live(session) = standing else { return };
        if session.status.phase == Phase::Locked || closing.is_some_and(|at| session.now >= at) {
            return;
        }
        tokio::select! {
            () = watcher.changed() => {}
            () = tokio::time::sleep(nothing_happens_for(&session, closing)) => {}
            () = latch.shutdown.cancelled() => return,
        }
    }
}

/// An event stream that ends with its session.
pub(super) fn until_over(latch: &Arc<Latch>, inner: Body, handle: Handle, digest: Digest) -> Body {
    let latch = Arc::clone(latch);
    let open = OpenStream::new(&latch);
    let over = Box::pin(async move {
        let _open = open;
        over(&latch, handle, digest).await;
    });
    Body::new(Until { inner, over })
}

/// Counted until it is closed, by whomever.
pub(super) struct OpenStream(Arc<Latch>);

impl OpenStream {
    pub(super) fn new(latch: &Arc<Latch>) -> Self {
        latch.metrics.proxy.streams.inc();
        Self(Arc::clone(latch))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.metrics.proxy.streams.dec();
    }
}

/// What ends the session otherwise is announced.
fn nothing_happens_for(session: &Snapshot, closing: Option<Instant>) -> Duration {
    let closing = closing.map(|at| at.since(session.now));
    [
        session.status.idle_remaining,
        session.status.absolute_remaining,
        closing,
    ]
    .into_iter()
    .flatten()
    .map(|span| span.to_std().max(Duration::from_millis(1)))
    .min()
    .map_or(LOOKED_AT_LEAST_EVERY, |first| first.min(LOOKED_AT_LEAST_EVERY))
}
