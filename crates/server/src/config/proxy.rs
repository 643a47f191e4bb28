//! `[proxy]`: the listener in front of applications.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use nightlatch_core::table::table;
use nightlatch_core::time::Span;
use serde::{Deserialize, Deserializer};

use super::document::Peer;
use super::public_url::PublicUrl;
use super::site::Site;

/// With none nobody is served, and no machine has more.
const CONNECTION_LIMITS: std::ops::RangeInclusive<usize> = 1..=1_000_000;
/// Below this hyper does not read at all, and above it a header is no header.
const HEADER_LIMITS: std::ops::RangeInclusive<usize> = 8192..=1_048_576;

/// The reverse proxy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProxySection {
    pub(crate) listen: SocketAddr,
    /// Left out: plain HTTP, on loopback or behind a proxy that terminates TLS.
    #[serde(deserialize_with = "present_table")]
    pub(crate) tls: Option<TlsSection>,
    /// Who may say for whom a request comes, and over what.
    pub(crate) trusted_proxies: Vec<Peer>,
    /// A file of certificates, in place of those that the system trusts, that upstreams are known by.
    pub(crate) upstream_ca: Option<PathBuf>,
    pub(crate) connect_timeout: Span,
    /// How long an upstream may be silent before it answers.
    pub(crate) response_timeout: Span,
    /// Open at once; those above wait.
    pub(crate) connection_limit: usize,
    /// Bytes.
    pub(crate) header_limit: usize,
    /// Bytes; left out: none.
    pub(crate) body_limit: Option<u64>,
    /// Whether the SDK is put into the pages of applications.
    pub(crate) inject: bool,
}

/// Files, in PEM; they are read again when they change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// The certificate of the server first, then those between it and the root.
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Default for ProxySection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: None,
            trusted_proxies: Vec::new(),
            upstream_ca: None,
            connect_timeout: Span::from_secs(5),
            response_timeout: Span::from_secs(60),
            connection_limit: 10_000,
            header_limit: 65_536,
            body_limit: None,
            inject: cfg!(feature = "inject"),
        }
    }
}

impl ProxySection {
    pub(crate) fn trusted(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().map(|Peer(network)| *network).collect()
    }

    /// Everything that is wrong with it, by key.
    pub(super) fn problems(&self, public_url: Option<&PublicUrl>) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, message: String| problems.push((key.to_owned(), message));
        if self.tls.is_none() && !self.listen.ip().is_loopback() && self.trusted_proxies.is_empty() {
            wrong(
                "proxy.listen",
                format!(
                    "{} is reachable from the network without TLS; name a certificate in [proxy.tls], listen on \
                     127.0.0.1, or name the proxies that terminate TLS in proxy.trusted_proxies",
                    self.listen
                ),
            );
        }
        if self.tls.is_some() && public_url.is_some_and(|url| !url.is_https()) {
            let message = "browsers reach this listener over TLS, so their address begins with https://; set \
                           server.public_url, for example to `https://app.example`";
            wrong("proxy.tls", message.to_owned());
        }
        for (key, span) in [
            ("proxy.connect_timeout", self.connect_timeout),
            ("proxy.response_timeout", self.response_timeout),
        ] {
            if span == Span::ZERO {
                wrong(key, "zero would fail every request; write for example `60s`".to_owned());
            }
        }
        if !CONNECTION_LIMITS.contains(&self.connection_limit) {
            wrong(
                "proxy.connection_limit",
                format!(
                    "{} is not between {} and {} connections; write for example 10000",
                    self.connection_limit,
                    CONNECTION_LIMITS.start(),
                    CONNECTION_LIMITS.end()
                ),
            );
        }
        if !HEADER_LIMITS.contains(&self.header_limit) {
            wrong(
                "proxy.header_limit",
                format!(
                    "{} is not between {} and {} bytes; write for example 65536",
                    self.header_limit,
                    HEADER_LIMITS.start(),
                    HEADER_LIMITS.end()
                ),
            );
        }
        if self.inject && cfg!(not(feature = "inject")) {
            let message =
                "this binary was built without the feature `inject`; write false, or build it with the feature";
            wrong("proxy.inject", message.to_owned());
        }
        problems
    }
}

/// Sites with an upstream are of no use without a proxy.
pub(super) fn unreachable_upstreams(sites: &[Site]) -> impl Iterator<Item = (String, String)> + '_ {
    let with_upstream = sites.iter().enumerate().filter(|(_, site)| !site.upstreams.is_empty());
    with_upstream.map(|(index, _)| {
        let message = "nothing listens for this site; add a [proxy] section, or remove the upstream".to_owned();
        (format!("sites[{index}].upstream"), message)
    })
}

fn present_table<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TlsSection>, D::Error> {
    table(deserializer).map(Some)
}
