//! A FastCGI authorizer, for Apache's `mod_authnz_fcgi`: Apache has no module that asks over HTTP.
//!
//! The decision is that of the HTTP endpoints; what is here is the way of asking. The protocol is our own because its one
//! library for servers leaves the lengths and the number of variables to the peer.

mod connection;
mod conversation;
mod params;
mod record;
mod variables;
mod written;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use self::connection::Broken;
use crate::http::listen::Bound;
use crate::http::tcp;
use crate::latch::Latch;

/// Those above wait in the queue of the system.
const MOST_CONNECTIONS: usize = 1024;

/// Serves until the server stops, then lets running requests finish.
pub(crate) async fn serve(bound: Bound, latch: Arc<Latch>) {
    let (connections, room) = (TaskTracker::new(), Arc::new(Semaphore::new(MOST_CONNECTIONS)));
    // The semaphore is never closed.
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        let Some((stream, peer)) = bound.accept(&latch.shutdown).await else {
            break;
        };
        let latch = Arc::clone(&latch);
        connections.spawn(async move {
            match connection::serve(&latch, stream).await {
                Ok(()) => {}
                Err(error @ Broken::Malformed(_)) => tracing::warn!(%peer, %error, "a FastCGI connection is closed"),
                Err(error) => tracing::debug!(%peer, %error, "a FastCGI connection ended early"),
            }
            drop(place);
        });
    }
    drop(bound);
    connections.close();
    tcp::drain(connections.wait()).await;
}

#[cfg(test)]
#[path = "../../../../fuzz/checks/fastcgi.rs"]
mod check;
#[cfg(test)]
mod tests;
