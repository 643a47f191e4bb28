//! The accept loop of a listener: `TCP_NODELAY`, a bound on how long headers may take, and an end that cuts nobody off.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use axum::http::Request;
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::head_timer::HeadTimer;
use crate::config::Listener;

const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// Requests that still run when the server stops get so long.
pub(crate) const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// A bound listener.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    trusted_proxies: Vec<IpNet>,
}

impl Bound {
    /// `key` names the address in errors.
    pub(crate) async fn bind(listener: &Listener, key: &str) -> anyhow::Result<Self> {
        let address = listener.address;
        let bound = TcpListener::bind(address).await.with_context(|| {
            format!("{key}: cannot listen on {address}; end what uses the port, or set another address or port 0 for any free one")
        })?;
        Ok(Self {
            listener: bound,
            trusted_proxies: listener.trusted_proxies.clone(),
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listener.local_addr().context("the listener has no address")
    }

    /// Serves until `shutdown`, then lets running requests finish.
    pub(crate) async fn serve<A, F>(self, answer: A, shutdown: CancellationToken)
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let connections = GracefulShutdown::new();
        while let Some((stream, peer)) = self.accept(&shutdown).await {
            serve_connection(stream, peer, answer.clone(), &connections);
        }
        drop(self.listener);
        if tokio::time::timeout(DRAIN_WITHIN, connections.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests that did not finish in time are cut off");
        }
    }

    /// The next connection of somebody who may come; none once the server stops.
    pub(crate) async fn accept(&self, shutdown: &CancellationToken) -> Option<(TcpStream, SocketAddr)> {
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = shutdown.cancelled() => return None,
            };
            match accepted {
                Ok((stream, peer)) if self.admits(peer.ip()) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "TCP_NODELAY cannot be set");
                    }
                    return Some((stream, peer));
                }
                Ok((_, peer)) => tracing::debug!(%peer, "a connection that comes from no listed proxy is closed"),
                Err(error) => {
                    // Out of file handles, most likely: give the others time to close theirs.
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Whether a peer may speak without TLS to this listener.
    fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

fn serve_connection<A, F>(stream: TcpStream, peer: SocketAddr, answer: A, connections: &GracefulShutdown)
where
    A: Fn(Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| answer(request).map(Ok::<_, Infallible>));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(HeadTimer::default())
        .header_read_timeout(HEADERS_WITHIN)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%peer, %error, "a connection ended early");
        }
    });
}
