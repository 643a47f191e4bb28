//! The configuration as written. Every key has a default; unknown keys are errors.

use std::fmt;
use std::net::SocketAddr;
use std::sync::LazyLock;

use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::table::table;
use nightlatch_core::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::peer::Peer;
use super::proxy::ProxySection;
use super::schema::Node;
use super::site::SiteSection;
use super::store::StoreSection;
use super::{address, level};
use crate::http::request_kind::Navigation;
use crate::http::sign_in_url::SignInUrl;

/// What is written here about a section or a key stands in `docs/configuration.md`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigDocument {
    /// The listener that browsers reach, and what browsers are told.
    #[serde(deserialize_with = "table")]
    pub(crate) server: ServerSection,
    /// The listener that operators and the back ends of applications reach.
    #[serde(deserialize_with = "table")]
    pub(crate) management: ManagementSection,
    /// The reverse proxy in front of applications. Left out: there is none.
    #[serde(deserialize_with = "present_proxy")]
    pub(crate) proxy: Option<ProxySection>,
    /// Where applications are: one entry for each host, or each part of one.
    pub(crate) sites: Vec<SiteSection>,
    /// Ways for gateways to ask that need a listener of their own.
    #[serde(deserialize_with = "table")]
    pub(crate) gateway: GatewaySection,
    /// Where sessions are kept.
    #[serde(deserialize_with = "table")]
    pub(crate) store: StoreSection,
    /// The log on standard error.
    #[serde(deserialize_with = "table")]
    pub(crate) log: LogSection,
    /// When sessions end. With the word "server" in place of the table the server owns the policy, and
    /// `nightlatch policy apply` changes it.
    pub(crate) policy: PolicySection,
}

/// Every key of a configuration.
pub(super) fn root() -> &'static Node {
    static ROOT: LazyLock<Node> = LazyLock::new(Node::of_type::<ConfigDocument>);
    &ROOT
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

impl JsonSchema for PolicySection {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PolicySection".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let document = generator.subschema_for::<PolicyDocument>();
        json_schema!({ "anyOf": [document, { "const": "server" }] })
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
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerSection {
    /// The address and port to listen on.
    #[serde(deserialize_with = "address::listen")]
    #[schemars(schema_with = "address::schema")]
    pub(crate) listen: SocketAddr,
    /// Scheme and host as browsers see them. Left out: `http://` and the address of `listen`.
    #[schemars(example = &"https://app.example")]
    pub(crate) public_url: Option<String>,
    /// The path below which nightlatch serves its own endpoints, on every host.
    pub(crate) prefix: String,
    /// The proxies in front that terminate TLS, as addresses or networks: what they say about the client is believed.
    pub(crate) trusted_proxies: Vec<Peer>,
    /// Where people sign in: a path on the host that they are on, or a whole URL. They are sent there to sign in, to open a
    /// lock, and when a page asks for authentication again.
    pub(crate) sign_in_url: Option<SignInUrl>,
    /// A sentence about the session at the identity provider, shown on the signed-out page.
    #[schemars(example = &"You may still be signed in at our identity provider.")]
    pub(crate) provider_note: Option<String>,
    /// Which opened pages count as activity, if the policy's `activity` has `navigation`.
    pub(crate) navigation: Navigation,
    /// How long the server goes on answering after it was told to stop (SIGTERM), while `/readyz` says that it is not ready: so long
    /// a balancer needs to notice. A second signal stops it at once.
    pub(crate) drain: Span,
    /// For a machine of a developer: no limit ends or locks a session, and nobody is warned, while this process runs. Pages say
    /// so. Refused where anything but this machine is named in `public_url`, `listen` or `trusted_proxies`, of any listener.
    pub(crate) development: bool,
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
            navigation: Navigation::default(),
            drain: Span::ZERO,
            development: false,
        }
    }
}

/// The listener that operators and application back ends reach.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ManagementSection {
    /// The address and port to listen on.
    #[serde(deserialize_with = "address::listen")]
    #[schemars(schema_with = "address::schema")]
    pub(crate) listen: SocketAddr,
    /// The proxies in front that terminate TLS, as addresses or networks.
    pub(crate) trusted_proxies: Vec<Peer>,
    /// How far `auth_time` may be ahead of the clock of this server.
    pub(crate) auth_time_leeway: Span,
}

impl Default for ManagementSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8701)),
            trusted_proxies: Vec::new(),
            auth_time_leeway: Span::from_secs(60),
        }
    }
}

/// The ways of asking that are not HTTP/1.1, each with a listener of its own.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GatewaySection {
    /// FastCGI, for Apache. Left out: off.
    pub(crate) fastcgi: Option<DialectSection>,
    /// gRPC, for Envoy. Left out: off. It needs a program that was built with the feature `envoy-grpc`; releases are.
    pub(crate) envoy_grpc: Option<DialectSection>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialectSection {
    /// The address and port to listen on.
    #[serde(deserialize_with = "address::listen")]
    #[schemars(schema_with = "address::schema")]
    pub(crate) listen: SocketAddr,
    /// The gateways that may ask from other machines, as addresses or networks.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<Peer>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogSection {
    /// How much is logged: `off`, `error`, `warn`, `info`, `debug` or `trace`. Parts of the program can have levels of their
    /// own: `nightlatch=debug,info`.
    #[schemars(schema_with = "level::schema")]
    pub(crate) level: String,
    /// How a line of the log is written.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people; in colour on a terminal.
    Text,
    /// For machines: one object a line.
    Json,
}
