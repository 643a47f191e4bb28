//! `[proxy]`: the listener in front of applications.

use std::net::SocketAddr;

use ipnet::IpNet;
use nightlatch_core::table::table;
use nightlatch_core::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::address;
use super::file_path::FilePath;
use super::peer::Peer;
use super::public_url::PublicUrl;
use super::site::Site;

/// With none nobody is served, and no machine has more.
const CONNECTION_LIMITS: std::ops::RangeInclusive<usize> = 1..=1_000_000;
/// Below this hyper does not read at all, and above it a header is no header.
const HEADER_LIMITS: std::ops::RangeInclusive<usize> = 8192..=1_048_576;

/// The reverse proxy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProxySection {
    /// The address and port to listen on.
    #[serde(deserialize_with = "address::listen")]
    #[schemars(schema_with = "address::schema")]
    pub(crate) listen: SocketAddr,
    /// The certificate to serve with. Left out: plain HTTP, on loopback or behind a proxy that terminates TLS.
    #[serde(deserialize_with = "present_table")]
    pub(crate) tls: Option<TlsSection>,
    /// The proxies in front of this one, as addresses or networks: what they say about the client is believed.
    pub(crate) trusted_proxies: Vec<Peer>,
    /// A file in PEM with the certificates that upstreams are verified with. Left out: those that the system trusts.
    pub(crate) upstream_ca: Option<FilePath>,
    /// How long connecting to an upstream may take.
    pub(crate) connect_timeout: Span,
    /// How long an upstream may be silent before it answers.
    pub(crate) response_timeout: Span,
    /// How long a client may pause while it sends a body.
    pub(crate) client_timeout: Span,
    /// How many connections may be open at once; further ones wait.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) connection_limit: usize,
    /// How many connections one address may have open, or one /64 network of IPv6; further ones wait, and are closed after
    /// thirty seconds. Left out: half of `connection_limit`.
    #[schemars(range(min = 1), example = 500)]
    pub(crate) connections_per_address: Option<usize>,
    /// How many bytes the head of a request may have.
    #[schemars(range(min = 8192, max = 1_048_576))]
    pub(crate) header_limit: usize,
    /// How many bytes the body of a request may have. Left out: any number.
    #[schemars(example = 10_485_760)]
    pub(crate) body_limit: Option<u64>,
    /// Whether the SDK is put into the pages of applications.
    pub(crate) inject: bool,
}

/// Files, in PEM; they are read again when they change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// A file in PEM: the certificate of the server first, then those between it and the root. The file is read again when
    /// it changes.
    pub(crate) certificate: FilePath,
    /// A file in PEM: the key of the certificate. The file is read again when it changes.
    pub(crate) key: FilePath,
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
            client_timeout: Span::from_secs(30),
            connection_limit: 10_000,
            connections_per_address: None,
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
            ("proxy.client_timeout", self.client_timeout),
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
        if let Some(limit) = self.connections_per_address
            && !(1..=self.connection_limit).contains(&limit)
        {
            wrong(
                "proxy.connections_per_address",
                format!(
                    "{limit} is not between 1 and proxy.connection_limit, which is {}; leave it out for half of that",
                    self.connection_limit
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
