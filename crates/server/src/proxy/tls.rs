//! TLS of the listener: the certificate, read again whenever its files change.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_util::sync::CancellationToken;

use crate::config::{Stamp, TlsSection};

/// The files are looked at so often, and read once both have been the same for as long.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// The one provider of cryptography.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The certificate in use.
#[derive(Debug)]
pub(super) struct Certificate {
    files: TlsSection,
    in_use: ArcSwap<CertifiedKey>,
}

impl Certificate {
    pub(super) fn read(files: &TlsSection) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            in_use: ArcSwap::new(Arc::new(read(files)?)),
            files: files.clone(),
        }))
    }

    pub(super) fn server_config(self: &Arc<Self>) -> anyhow::Result<Arc<ServerConfig>> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Reads the files again when they change, until the server stops. Files that are wrong change nothing.
    pub(super) async fn follow(self: Arc<Self>, shutdown: CancellationToken) {
        let mut in_use = self.stamps().await;
        let mut last_seen = in_use;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOKED_AT_EVERY) => {}
            }
            let seen = self.stamps().await;
            let settled = seen == last_seen;
            last_seen = seen;
            if !settled || seen == in_use {
                continue;
            }
            in_use = seen;
            let files = self.files.clone();
            match tokio::task::spawn_blocking(move || read(&files)).await {
                Ok(Ok(certificate)) => {
                    self.in_use.store(Arc::new(certificate));
                    tracing::info!(certificate = %self.files.certificate.display(), "a new certificate is in use");
                }
                Ok(Err(error)) => tracing::error!("{error:#}; the certificate before stays in use"),
                // The process stops.
                Err(_) => return,
            }
        }
    }

    async fn stamps(&self) -> [Option<Stamp>; 2] {
        let stamp = async |path| Some(Stamp::of(&tokio::fs::metadata(path).await.ok()?));
        [stamp(&self.files.certificate).await, stamp(&self.files.key).await]
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.in_use.load_full())
    }
}

fn read(files: &TlsSection) -> anyhow::Result<CertifiedKey> {
    let certificate = files.certificate.display();
    let at = || format!("proxy.tls.certificate: {certificate} has no certificate that can be read; write it as PEM");
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .with_context(at)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(at)?;
    anyhow::ensure!(!chain.is_empty(), at());
    let key = files.key.display();
    let at = || format!("proxy.tls.key: {key} has no key that can be read; write it as PEM, without a passphrase");
    let key_der = PrivateKeyDer::from_pem_file(&files.key).with_context(at)?;
    let signing = provider().key_provider.load_private_key(key_der).with_context(at)?;
    let certified = CertifiedKey::new(chain, signing);
    certified
        .keys_match()
        .with_context(|| format!("proxy.tls.key: {key} is not the key of {certificate}"))?;
    Ok(certified)
}
