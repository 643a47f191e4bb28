//! The listener of the proxy: TLS where it has a certificate, HTTP/1.1 and HTTP/2, and an end that cuts nobody off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::Proxy;
use super::strict::Strict;
use super::tls::Certificate;
use crate::config::ProxySection;
use crate::http::head_timer::HeadTimer;
use crate::http::tcp;

const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
const STREAMS_PER_CONNECTION: u32 = 200;
const PINGED_EVERY: Duration = Duration::from_secs(30);

/// A bound listener.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    header_limit: usize,
    room: Arc<Semaphore>,
}

/// Whom a connection is with. It takes up room until the last thing that came over it is over.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) address: SocketAddr,
    _room: Arc<OwnedSemaphorePermit>,
}

impl Bound {
    pub(crate) async fn bind(section: &ProxySection) -> anyhow::Result<Self> {
        let certificate = section.tls.as_ref().map(Certificate::read).transpose()?;
        Ok(Self {
            listener: tcp::bind(section.listen, "proxy.listen").await?,
            certificate,
            header_limit: section.header_limit,
            room: Arc::new(Semaphore::new(section.connection_limit)),
        })
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        tcp::address(&self.listener)
    }

    /// Serves until `shutdown`, then lets running requests finish.
    pub(crate) async fn serve(self, proxy: Arc<Proxy>, shutdown: CancellationToken) -> anyhow::Result<()> {
        let tls = match &self.certificate {
            Some(certificate) => {
                tokio::spawn(Arc::clone(certificate).follow(shutdown.clone()));
                Some(TlsAcceptor::from(certificate.server_config()?))
            }
            None => None,
        };
        let connections = GracefulShutdown::new();
        while let Some((stream, client)) = self.accept(&shutdown).await {
            let connection = Connection {
                proxy: Arc::clone(&proxy),
                client,
                header_limit: self.header_limit,
                watcher: connections.watcher(),
            };
            tokio::spawn(connection.accept(stream, tls.clone()));
        }
        drop(self.listener);
        tcp::drain(connections.shutdown()).await;
        Ok(())
    }

    /// The next connection; none once the server stops. Those above the limit wait in the queue of the system.
    async fn accept(&self, shutdown: &CancellationToken) -> Option<(TcpStream, Client)> {
        let accepting = async {
            // Nobody closes it.
            let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
            let (stream, address) = tcp::accept(&self.listener).await;
            let client = Client {
                address,
                _room: Arc::new(room),
            };
            Some((stream, client))
        };
        tokio::select! {
            accepted = accepting => accepted,
            () = shutdown.cancelled() => None,
        }
    }
}

struct Connection {
    proxy: Arc<Proxy>,
    client: Client,
    header_limit: usize,
    watcher: Watcher,
}

impl Connection {
    async fn accept(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        let peer = self.client.address;
        let Some(tls) = tls else {
            return self.serve(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self {
            proxy,
            client,
            header_limit,
            watcher,
        } = self;
        let peer = client.address;
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let (proxy, client) = (Arc::clone(&proxy), client.clone());
            async move { Ok::<_, Infallible>(proxy.answer(request, client).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
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
        let io = TokioIo::new(Strict::new(stream, header_limit, tcp::HEADERS_WITHIN));
        let connection = builder.serve_connection_with_upgrades(io, service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::trace!(%peer, %error, "a connection ended early");
        }
    }
}
