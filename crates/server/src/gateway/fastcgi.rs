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

use tokio_util::task::TaskTracker;

use self::connection::Broken;
use crate::http::listen::Bound;
use crate::http::tcp;
use crate::server_state::ServerState;

/// Serves until the server stops, then lets running requests finish.
pub(crate) async fn serve(mut bound: Bound, server: Arc<ServerState>) {
    let connections = TaskTracker::new();
    while let Some((stream, peer)) = bound.accept(&server.shutdown).await {
        let server = Arc::clone(&server);
        connections.spawn(async move {
            let address = peer.address;
            match connection::serve(&server, stream).await {
                Ok(()) => {}
                Err(error @ Broken::Malformed(_)) => {
                    tracing::warn!(peer = %address, %error, "a FastCGI connection is closed");
                }
                Err(error) => tracing::debug!(peer = %address, %error, "a FastCGI connection ended early"),
            }
            drop(peer);
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
