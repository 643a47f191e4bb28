//! A listener without TLS, for peers that may do without.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::explained::Explained;
use super::head_timer::HeadTimer;
use super::patient::Patient;
use super::tcp::{self, Door, Peer, Room};
use super::unread::to_its_end;
use crate::config::Listener;

/// Connections at once; those above wait.
const CONNECTIONS: usize = 10_000;

/// A bound listener.
#[derive(Debug)]
pub(crate) struct Bound {
    door: Door,
    trusted_proxies: Vec<IpNet>,
}

impl Bound {
    /// `key` names the address in errors.
    pub(crate) async fn bind(listener: &Listener, key: &str) -> anyhow::Result<Self> {
        let room = Room::new(CONNECTIONS, &listener.trusted_proxies);
        Ok(Self {
            door: Door::bind(listener.address, key, room).await?,
            trusted_proxies: listener.trusted_proxies.clone(),
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.door.address()
    }

    /// Serves until `shutdown`, then lets running requests finish.
    pub(crate) async fn serve<A, F>(mut self, answer: A, shutdown: CancellationToken)
    where
        A: Fn(Request<Body>) -> F + Clone + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        let connections = GracefulShutdown::new();
        while let Some((stream, peer)) = self.accept(&shutdown).await {
            serve_connection(stream, peer, answer.clone(), &connections);
        }
        drop(self.door);
        tcp::drain(connections.shutdown()).await;
    }

    /// The next connection of somebody who may come; none once the server stops.
    pub(crate) async fn accept(&mut self, shutdown: &CancellationToken) -> Option<(Patient<TcpStream>, Peer)> {
        loop {
            let (stream, peer) = self.door.accept(shutdown).await?;
            if self.admits(peer.address.ip()) {
                return Some((stream, peer));
            }
            tracing::debug!(peer = %peer.address, "a connection that comes from no listed proxy is closed");
        }
    }

    /// Whether a peer may speak without TLS to this listener.
    fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        peer.is_loopback() || self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }
}

fn serve_connection<A, F>(stream: Patient<TcpStream>, peer: Peer, answer: A, connections: &GracefulShutdown)
where
    A: Fn(Request<Body>) -> F + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| answer(to_its_end(request)).map(Ok::<_, Infallible>));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(HeadTimer::default())
        .header_read_timeout(tcp::HEADERS_WITHIN)
        .serve_connection(TokioIo::new(Explained::new(stream)), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(peer = %peer.address, %error, "a connection ended early");
        }
        drop(peer);
    });
}
