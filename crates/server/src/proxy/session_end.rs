//! Waiting for the end of a session: what stays open longer than a request ends with it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use nightlatch_core::session::{EndReason, Phase};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::{Snapshot, Standing};
use nightlatch_store::token::{Digest, Handle};

use super::body::Until;
use crate::gateway::decision::Why;
use crate::server_state::ServerState;

/// Whoever authenticates again gets a new token; what was opened with the old one is theirs for so long, which is enough to
/// open it again.
const NEW_TOKEN_WITHIN: Span = Span::from_secs(5);
const LOOKED_AT_LEAST_EVERY: Duration = Duration::from_hours(1);
/// What is over by then is not looked after.
const MOMENT: Duration = Duration::from_secs(1);

/// Which ends something is to be cut at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// All of them, a lock, and a new token: a stream belongs to the token that it was opened with.
    OfStream,
    /// All of them, and a lock.
    All,
    /// Those that somebody else has brought about. What has an end of its own comes to it where a limit was reached or the
    /// person has left.
    Ordered,
}

impl Ends {
    fn cut(self, reason: EndReason) -> bool {
        match self {
            Self::OfStream | Self::All => true,
            Self::Ordered => match reason {
                EndReason::Admin | EndReason::Account | EndReason::Upstream | EndReason::Superseded => true,
                EndReason::Idle | EndReason::Absolute | EndReason::User | EndReason::Disconnected => false,
            },
        }
    }
}

/// Returns once the session serves nothing any more, or nobody can tell whether it does, or the server stops. Never where
/// the end is none of those that cut.
pub(super) async fn over(server: &ServerState, handle: Handle, mut digest: Digest, ends: Ends) -> Why {
    let mut watcher = server.engine.watch(handle);
    let mut closing: Option<Instant> = None;
    loop {
        let standing = match server.engine.status(&digest).await {
            Ok(Standing::Unknown) => match server.engine.find(&handle).await {
                Ok(Some((record, standing))) => {
                    digest = record.digest;
                    closing.get_or_insert_with(|| server.engine.clock().now() + NEW_TOKEN_WITHIN);
                    standing
                }
                Ok(None) | Err(_) => Standing::Unknown,
            },
            Ok(standing) => standing,
            Err(_) => Standing::Unknown,
        };
        let session = match standing {
            Standing::Live(session) => session,
            Standing::Ended { at, reason, .. } if ends.cut(reason) => return Why::Ended { at, reason },
            Standing::Unknown if ends != Ends::Ordered => return Why::Nobody,
            // Nothing more happens to it, or nobody can tell.
            Standing::Ended { .. } | Standing::Unknown => return std::future::pending().await,
        };
        if ends != Ends::Ordered && session.status.phase == Phase::Locked {
            return Why::Locked;
        }
        let closing = closing.filter(|_| ends == Ends::OfStream);
        if closing.is_some_and(|at| session.now >= at) {
            return Why::Nobody;
        }
        tokio::select! {
            () = watcher.changed() => {}
            () = tokio::time::sleep(nothing_happens_for(&session, closing)) => {}
            () = server.shutdown.cancelled(), if ends == Ends::OfStream => return Why::Nobody,
        }
    }
}

/// The same for what may be through in a moment.
pub(super) async fn over_later(server: &ServerState, handle: Handle, digest: Digest, ends: Ends) -> Why {
    tokio::time::sleep(MOMENT).await;
    over(server, handle, digest, ends).await
}

/// A body that ends with its session. A stream ends properly, wherever that is.
pub(super) fn until_over(
    server: &Arc<ServerState>,
    inner: Body,
    (handle, digest): (Handle, Digest),
    ends: Ends,
) -> Body {
    let server = Arc::clone(server);
    let over = Box::pin(async move {
        tokio::time::sleep(MOMENT).await;
        let _open = (ends != Ends::Ordered).then(|| OpenStream::new(&server));
        over(&server, handle, digest, ends).await;
    });
    Body::new(Until {
        inner,
        over,
        ends_whole: ends == Ends::OfStream,
    })
}

/// Counted until it is closed, by whomever.
pub(super) struct OpenStream(Arc<ServerState>);

impl OpenStream {
    pub(super) fn new(server: &Arc<ServerState>) -> Self {
        server.metrics.proxy.streams.inc();
        Self(Arc::clone(server))
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
