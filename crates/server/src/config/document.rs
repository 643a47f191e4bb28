//! The configuration as written. Every key has a default; unknown keys are errors.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::table::table;
use nightlatch_core::time::Span;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::proxy::ProxySection;
use super::site::Site;
use crate::http::sign_in_url::SignInUrl;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigDocument {
    #[serde(deserialize_with = "table")]
    pub(crate) server: ServerSection,
    #[serde(deserialize_with = "table")]
    pub(crate) management: ManagementSection,
    #[serde(deserialize_with = "present_proxy")]
    pub(crate) proxy: Option<ProxySection>,
    pub(crate) sites: Vec<Site>,
    #[serde(deserialize_with = "table")]
    pub(crate) gateway: GatewaySection,
    #[serde(deserialize_with = "table")]
    pub(crate) store: StoreSection,
    #[serde(deserialize_with = "table")]
    pub(crate) log: LogSection,
    pub(crate) policy: PolicySection,
}

/// The policy, or the word that the server owns it.
#[derive(Clone, Debug)]
pub(crate) enum PolicySection {
    File(Box<PolicyDocument>),
    Server,
}

impl Default for PolicySection {
    fn default() -> Self {
        Self::File(Box::default())
    }
}

impl<'de> Deserialize<'de> for PolicySection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PolicyOrServer)
    }
}

struct PolicyOrServer;

impl<'de> Visitor<'de> for PolicyOrServer {
    type Value = PolicySection;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a [policy] table, or \"server\" where the server owns the policy")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<PolicySection, E> {
        match word {
            "server" => Ok(PolicySection::Server),
            other => Err(E::custom(format_args!(
                "`{other}` cannot own the policy; write a [policy] table, or policy = \"server\""
            ))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PolicySection, A::Error> {
        PolicyDocument::deserialize(MapAccessDeserializer::new(map)).map(|policy| PolicySection::File(Box::new(policy)))
    }
}

fn present_proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ProxySection>, D::Error> {
    table(deserializer).map(Some)
}

/// The listener that browsers reach.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSection {
    pub(crate) listen: SocketAddr,
    /// What browsers see. Left out: `http://` and the address of `listen`.
    pub(crate) public_url: Option<String>,
    pub(crate) prefix: String,
    /// Proxies in front that terminate TLS, as addresses or networks.
    pub(crate) trusted_proxies: Vec<Peer>,
    /// Where people authenticate: after they were signed out, to open a lock, and where a page asks for it again.
    pub(crate) sign_in_url: Option<SignInUrl>,
    /// A word on the identity provider's own session, shown on the signed-out page.
    pub(crate) provider_note: Option<String>,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8700)),
            public_url: None,
            prefix: "/nightlatch".to_owned(),
            trusted_proxies: Vec::new(),
            sign_in_url: None,
            provider_note: None,
        }
    }
}

/// The listener that operators and application back ends reach.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ManagementSection {
    pub(crate) listen: SocketAddr,
    pub(crate) trusted_proxies: Vec<Peer>,
}

impl Default for ManagementSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8701)),
            trusted_proxies: Vec::new(),
        }
    }
}

/// The ways of asking that are not HTTP/1.1, each with a listener of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatewaySection {
    pub(crate) fastcgi: Option<DialectSection>,
    pub(crate) envoy_grpc: Option<DialectSection>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialectSection {
    pub(crate) listen: SocketAddr,
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<Peer>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreSection {
    pub(crate) kind: StoreKind,
    /// The database file of the kind `sqlite`.
    pub(crate) path: PathBuf,
    pub(crate) touch_interval: Span,
    /// How long live sessions go on while the store fails.
    pub(crate) grace: Span,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            kind: StoreKind::Sqlite,
            path: PathBuf::from("nightlatch.db"),
            touch_interval: Span::from_secs(30),
            grace: Span::from_secs(10),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StoreKind {
    Sqlite,
    /// Nothing survives a restart.
    Memory,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// A level, or directives such as `nightlatch=debug,info`.
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Peer(pub(crate) IpNet);

impl TryFrom<String> for Peer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = text.parse::<std::net::IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map(Self).map_err(|_| {
            format!("`{text}` is neither an address nor a network; write for example `10.0.0.7` or `10.0.0.0/8`")
        })
    }
}
