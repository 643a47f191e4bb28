//! A listener without TLS, for peers that may do without.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

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
use super::tcp;
use crate::config::Listener;

/// A bound listener.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    trusted_proxies: Vec<IpNet>,
}

impl Bound {
    /// `key` names the address in errors.
    pub(crate) async fn bind(listener: &Listener, key: &str) -> anyhow::Result<Self> {
        Ok(Self {
            listener: tcp::bind(listener.address, key).await?,
            trusted_proxies: listener.trusted_proxies.clone(),
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        tcp::address(&self.listener)
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
        tcp::drain(connections.shutdown()).await;
    }

    /// The next connection of somebody who may come; none once the server stops.
    pub(crate) async fn accept(&self, shutdown: &CancellationToken) -> Option<(TcpStream, SocketAddr)> {
        loop {
            let (stream, peer) = tokio::select! {
                accepted = tcp::accept(&self.listener) => accepted,
                () = shutdown.cancelled() => return None,
            };
            if self.admits(peer.ip()) {
                return Some((stream, peer));
            }
            tracing::debug!(%peer, "a connection that comes from no listed proxy is closed");
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
        .header_read_timeout(tcp::HEADERS_WITHIN)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%peer, %error, "a connection ended early");
        }
    });
}
