//! The listener of the proxy: TLS where it has a certificate, HTTP/1.1 and HTTP/2, and an end that cuts nobody off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Proxy;
use super::stream::{Streams, Traffic, seen};
use super::strict::Strict;
use super::tls::Certificate;
use crate::config::ProxySection;
use crate::http::explained::Explained;
use crate::http::head_timer::HeadTimer;
use crate::http::tcp::{self, Door, Peer, Room};
use crate::http::unread::to_its_end;

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const STREAMS_PER_CONNECTION: u32 = 200;
const PINGED_EVERY: Duration = Duration::from_secs(30);
/// A connection of HTTP/2 without a stream for so long is closed.
const IDLE_FOR: Duration = Duration::from_mins(1);
/// What nobody closes by then is cut off.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);

/// A bound listener.
#[derive(Debug)]
pub(crate) struct Bound {
    door: Door,
    certificate: Option<Arc<Certificate>>,
    header_limit: usize,
}

impl Bound {
    pub(crate) async fn bind(section: &ProxySection) -> anyhow::Result<Self> {
        let certificate = section.tls.as_ref().map(Certificate::read).transpose()?;
        let mut room = Room::new(section.connection_limit, &section.trusted());
        if let Some(for_each) = section.connections_per_address {
            room.for_each = for_each;
        }
        Ok(Self {
            door: Door::bind(section.listen, "proxy.listen", room).await?,
            certificate,
            header_limit: section.header_limit,
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.door.address()
    }

    /// Serves until `shutdown`, then lets running requests finish.
    pub(crate) async fn serve(mut self, proxy: Arc<Proxy>, shutdown: CancellationToken) -> anyhow::Result<()> {
        let tls = match &self.certificate {
            Some(certificate) => {
                tokio::spawn(Arc::clone(certificate).follow(shutdown.clone()));
                Some(TlsAcceptor::from(certificate.server_config()?))
            }
            None => None,
        };
        let connections = TaskTracker::new();
        while let Some((stream, peer)) = self.door.accept(&shutdown).await {
            let connection = Connection {
                proxy: Arc::clone(&proxy),
                peer,
                header_limit: self.header_limit,
                shutdown: shutdown.clone(),
            };
            connections.spawn(connection.accept(stream, tls.clone()));
        }
        drop(self.door);
        connections.close();
        tcp::drain(connections.wait()).await;
        Ok(())
    }
}

struct Connection {
    proxy: Arc<Proxy>,
    peer: Peer,
    header_limit: usize,
    shutdown: CancellationToken,
}

impl Connection {
    async fn accept(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, tls: Option<TlsAcceptor>) {
        let peer = self.peer.address;
        let Some(tls) = tls else {
            return self.serve(stream).await;
        };
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)) => handshake,
            () = self.shutdown.cancelled() => return,
        };
        match handshake {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self {
            proxy,
            peer,
            header_limit,
            shutdown,
        } = self;
        let address = peer.address;
        let traffic = Arc::<Traffic>::default();
        let streams = Streams {
            traffic: Arc::clone(&traffic),
            taken_within: tcp::TAKEN_WITHIN,
        };
        let of_requests = Arc::clone(&traffic);
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let (proxy, peer) = (Arc::clone(&proxy), peer.clone());
            if request.version() < Version::HTTP_2 {
                of_requests.speaks_http_1();
            }
            async move { Ok::<_, Infallible>(seen(proxy.answer(to_its_end(request), peer).await)) }
        });
        let mut builder = auto::Builder::new(streams);
        builder
            .http1()
            .timer(HeadTimer::default())
            .header_read_timeout(tcp::HEADERS_WITHIN)
            .max_buf_size(header_limit);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PINGED_EVERY)
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .max_header_list_size(u32::try_from(header_limit).unwrap_or(u32::MAX));
        let io = TokioIo::new(Strict::new(Explained::new(stream), header_limit, tcp::HEADERS_WITHIN));
        let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            // What is underway comes to its end.
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = idle(&traffic) => {
                connection.as_mut().graceful_shutdown();
                let Ok(ended) = tokio::time::timeout(CLOSED_WITHIN, connection).await else {
                    tracing::debug!(peer = %address, "an idle connection is cut off");
                    return;
                };
                ended
            }
        };
        if let Err(error) = ended {
            tracing::trace!(peer = %address, %error, "a connection ended early");
        }
    }
}

/// Returns once a connection has had no stream for a while.
async fn idle(traffic: &Traffic) {
    let mut before = None;
    loop {
        tokio::time::sleep(IDLE_FOR).await;
        let now = traffic.idle_after();
        if now.is_some() && now == before {
            return;
        }
        before = now;
    }
}
