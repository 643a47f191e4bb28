//! Connections to an upstream. Where they lead is the upstream's own address, whatever host a request names.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::Context as _;
use axum::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::tls;
use crate::config::UpstreamAddress;

/// What upstreams are known by.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    any: Arc<ClientConfig>,
    http_1: Arc<ClientConfig>,
}

impl Trust {
    /// The certificates in a file, or else those that the system trusts.
    pub(super) fn of(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        match file {
            Some(file) => {
                let at = || format!("proxy.upstream_ca: {} cannot be read", file.display());
                for certificate in CertificateDer::pem_file_iter(file).with_context(at)? {
                    roots.add(certificate.with_context(at)?).with_context(at)?;
                }
            }
            // One of the system's that cannot be read is one that is not trusted.
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let mut config = ClientConfig::builder_with_provider(tls::provider())
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let http_1 = Arc::new(config.clone());
        config.alpn_protocols.insert(0, b"h2".to_vec());
        Ok(Self {
            any: Arc::new(config),
            http_1,
        })
    }
}

/// Connects to one upstream.
#[derive(Clone)]
pub(super) struct Connector {
    address: UpstreamAddress,
    tls: Arc<ClientConfig>,
    timeout: Duration,
}

impl Connector {
    pub(super) fn new(address: UpstreamAddress, trust: &Trust, timeout: Duration) -> Self {
        Self {
            address,
            tls: Arc::clone(&trust.any),
            timeout,
        }
    }

    /// The same, for what HTTP/2 cannot do.
    pub(super) fn with_http_1(address: UpstreamAddress, trust: &Trust, timeout: Duration) -> Self {
        Self {
            tls: Arc::clone(&trust.http_1),
            ..Self::new(address, trust, timeout)
        }
    }

    async fn connect(self) -> io::Result<UpstreamConnection> {
        let connecting = async {
            let stream = TcpStream::connect((&*self.address.host, self.address.port)).await?;
            stream.set_nodelay(true)?;
            if !self.address.https {
                return Ok(UpstreamConnection::Plain(TokioIo::new(stream)));
            }
            let name = ServerName::try_from(self.address.host.to_string()).map_err(io::Error::other)?;
            let stream = TlsConnector::from(self.tls).connect(name, stream).await?;
            Ok(UpstreamConnection::Tls(Box::new(TokioIo::new(stream))))
        };
        let timeout = || io::Error::new(io::ErrorKind::TimedOut, "the connection took too long");
        tokio::time::timeout(self.timeout, connecting)
            .await
            .unwrap_or_else(|_| Err(timeout()))
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl tower::Service<Uri> for Connector {
    type Response = UpstreamConnection;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<UpstreamConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}

/// A connection, with TLS or without.
#[derive(Debug)]
pub(super) enum UpstreamConnection {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for UpstreamConnection {
    fn connected(&self) -> Connected {
        let Self::Tls(stream) = self else {
            return Connected::new();
        };
        match stream.inner().get_ref().1.alpn_protocol() {
            Some(b"h2") => Connected::new().negotiated_h2(),
            _ => Connected::new(),
        }
    }
}

impl Read for UpstreamConnection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl Write for UpstreamConnection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }
}
