//! What listeners have in common, whatever is spoken over them: binding, accepting, and an end that cuts nobody off.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};

/// The head of a request may take so long.
pub(crate) const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Requests that still run when the server stops get so long.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// `key` names the address in errors.
pub(crate) async fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{key}: cannot listen on {address}; end what uses the port, or set another address or port 0 for any free one")
    })
}

pub(crate) fn address(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    listener.local_addr().context("the listener has no address")
}

/// The next connection, which sends at once what is written to it.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "TCP_NODELAY cannot be set");
                }
                return (stream, peer);
            }
            Err(error) => {
                // Out of file handles, most likely: give the others time to close theirs.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Lets running requests finish.
pub(crate) async fn drain(running: impl Future<Output = ()>) {
    if tokio::time::timeout(DRAIN_WITHIN, running).await.is_err() {
        tracing::warn!("requests that did not finish in time are cut off");
    }
}
