//! The configuration: a TOML file, overrides from the environment, and what must hold of the whole before anything starts.

mod address;
mod development;
mod document;
mod file_path;
mod key;
mod level;
mod peer;
mod position;
mod proxy;
mod public_url;
mod reading;
mod reference;
mod schema;
mod similar;
mod site;
mod stamp;
pub(crate) mod store;
pub(crate) mod text_file;
mod upstream;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nightlatch_core::policy::{Policy, PolicyDocument, Violation};
use nightlatch_core::time::Span;

use self::document::{ConfigDocument, DialectSection, GatewaySection, ManagementSection, PolicySection, ServerSection};
pub(crate) use self::document::{LogFormat, LogSection};
pub(crate) use self::file_path::FilePath;
pub(crate) use self::level::targets;
use self::peer::Peer;
pub(crate) use self::position::{Position, of_key};
pub(crate) use self::proxy::{ProxySection, TlsSection};
pub(crate) use self::public_url::PublicUrl;
pub(crate) use self::reference::reference;
use self::site::SiteSection;
pub(crate) use self::site::{Escapes, Preflights, Site};
pub(crate) use self::stamp::Stamp;
pub(crate) use self::store::{StoreKind, StoreSection, Url};
pub(crate) use self::upstream::UpstreamAddress;
use crate::http::request_kind::Navigation;
use crate::http::sign_in_url::SignInUrl;

/// A configuration that has been found valid.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Where it was read from, if it was read from a file.
    pub(crate) source: Option<Source>,
    pub(crate) server: Listener,
    pub(crate) public_url: PublicUrl,
    pub(crate) prefix: String,
    pub(crate) sign_in_url: Option<SignInUrl>,
    pub(crate) provider_note: Option<String>,
    /// How long to go on after the signal to stop.
    pub(crate) drain: Span,
    pub(crate) navigation: Navigation,
    /// Whether no limit ends a session while this process runs.
    pub(crate) development: bool,
    pub(crate) management: Listener,
    pub(crate) auth_time_leeway: Span,
    pub(crate) proxy: Option<ProxySection>,
    /// Where applications are.
    pub(crate) sites: Vec<Site>,
    pub(crate) gateway: Gateway,
    pub(crate) store: StoreSection,
    pub(crate) log: LogSection,
    pub(crate) policy_owner: PolicyOwner,
    /// The file's policy; where the server owns it, what a store without a policy begins with.
    pub(crate) policy: Policy,
}

/// The ways of asking that have a listener of their own; those that are left out are off.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub(crate) fastcgi: Option<Listener>,
    #[cfg(feature = "envoy-grpc")]
    pub(crate) envoy_grpc: Option<Listener>,
}

/// Who decides what the policy is. There is one source of truth: a configuration with a policy of its own cannot leave
/// it to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyOwner {
    File,
    Server,
}

/// A file and the environment that lay over it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// The state of the file that was read.
    pub(crate) stamp: Option<Stamp>,
    environment: Vec<(String, String)>,
}

impl Source {
    /// Reads the file once more.
    pub(crate) fn read(&self) -> Result<Config, Vec<ConfigError>> {
        Config::read(&self.path, self.environment.iter().cloned())
    }
}

/// An address to listen on, and who may come when that is not this machine alone.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
}

/// What is wrong with a configuration, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// The file, or the variable of the environment.
    pub(crate) source: String,
    pub(crate) position: Option<Position>,
    pub(crate) key: Option<String>,
    pub(crate) message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        match &self.key {
            Some(key) => write!(f, ": {key}: {}", self.message),
            None => write!(f, ": {}", self.message),
        }
    }
}

impl Config {
    /// Reads a file and lays the environment over it.
    pub(crate) fn read(
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigError>> {
        // Before the text: what is written in between is read again.
        let stamp = std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata));
        let text = text_file::read(path).map_err(|error| vec![error])?;
        // Nothing else of the environment is any of our business.
        let environment: Vec<_> = environment
            .into_iter()
            .filter(|(variable, _)| variable.starts_with(reading::PREFIX))
            .collect();
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let directory = absolute.parent();
        let source = path.display().to_string();
        let mut config = reading::read(&text, &source, directory, environment.iter().cloned())?;
        config.source = Some(Source {
            path: path.to_owned(),
            stamp,
            environment,
        });
        Ok(config)
    }

    /// Variables that seem to be meant for the configuration and are not read, each with the name that is meant.
    pub(crate) fn unread_variables<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'a str, String)> {
        reading::nearly_overrides(names)
    }

    /// Reads a text; `source` names it in errors. Its paths stay as they are written.
    pub(crate) fn parse(
        text: &str,
        source: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<ConfigError>> {
        reading::read(text, source, None, environment)
    }

    /// Reads a text that is a policy and nothing else.
    pub(crate) fn of_policy(text: &str, source: &str) -> Result<Self, Vec<ConfigError>> {
        reading::read_policy(text, source)
    }

    /// Reads a policy in JSON.
    pub(crate) fn of_json_policy(policy: &serde_json::Value, source: &str) -> Result<Self, Vec<ConfigError>> {
        reading::read_json_policy(policy, source)
    }
}

/// Two beats, so that one that is late costs nobody anything.
const SHORTEST_END_BOUND: Span = Span::from_millis(500);
/// What is more than this is no difference of clocks.
const LONGEST_LEEWAY: Span = Span::from_secs(300);

/// Every problem with its key.
type Problems = Vec<(String, String)>;

fn validate(document: ConfigDocument) -> Result<Config, Problems> {
    let ConfigDocument {
        server,
        management,
        proxy,
        sites,
        gateway,
        store,
        log,
        policy,
    } = document;
    let mut problems: Problems = Vec::new();
    let (policy_owner, policy) = match policy {
        PolicySection::File(document) => (PolicyOwner::File, *document),
        PolicySection::Server => (PolicyOwner::Server, PolicyDocument::default()),
    };
    let sites = places(sites, &mut problems);
    let policy = Policy::new(policy).map_err(|violations| {
        problems.extend(
            violations
                .into_iter()
                .map(|Violation { key, problem, remedy }| (format!("policy.{key}"), format!("{problem}; {remedy}"))),
        );
    });
    let public_url = match &server.public_url {
        Some(url) => PublicUrl::parse(url),
        None => Ok(PublicUrl::of_listener(
            proxy.as_ref().map_or(server.listen, |proxy| proxy.listen),
        )),
    };
    let public_url = public_url.map_err(|problem| problems.push(("server.public_url".to_owned(), problem)));
    problems.extend(in_the_clear(public_url.as_ref().ok(), server.listen));
    problems.extend(exposed(listeners(&server, &management, None, &gateway)));
    if server.development {
        let url = server.public_url.as_deref().zip(public_url.as_ref().ok());
        let listeners = listeners(&server, &management, proxy.as_ref(), &gateway);
        problems.extend(development::reachable(url, listeners));
    }
    if gateway.envoy_grpc.is_some() && !cfg!(feature = "envoy-grpc") {
        problems.push((
            "gateway.envoy_grpc".to_owned(),
            "this program was built without gRPC; build it with the feature `envoy-grpc`, or let Envoy ask over HTTP"
                .to_owned(),
        ));
    }
    match &proxy {
        Some(proxy) => problems.extend(proxy.problems(public_url.as_ref().ok())),
        None => problems.extend(proxy::unreachable_upstreams(&sites)),
    }
    if !is_prefix(&server.prefix) {
        problems.push((
            "server.prefix".to_owned(),
            "a prefix begins with a slash, does not end with one, and has letters, digits, `-`, `_` and `.` in between"
                .to_owned(),
        ));
    }
    if store.touch_interval == Span::ZERO {
        problems.push((
            "store.touch_interval".to_owned(),
            "zero would write every request through; write for example `30s`".to_owned(),
        ));
    }
    problems.extend(store::problems(&store));
    problems.extend(store::too_short_audit(store.keep_audit));
    if store.end_bound < SHORTEST_END_BOUND {
        problems.push((
            "store.end_bound".to_owned(),
            format!("a node beats four times a second and would have no lease in between; write at least `{SHORTEST_END_BOUND}`"),
        ));
    }
    problems.extend(too_long_leeway(management.auth_time_leeway));
    if let Err(problem) = targets(&log.level) {
        problems.push(("log.level".to_owned(), problem));
    }
    match (policy, public_url) {
        (Ok(policy), Ok(public_url)) if problems.is_empty() => Ok(Config {
            source: None,
            server: listener(server.listen, server.trusted_proxies),
            public_url,
            prefix: server.prefix,
            sign_in_url: server.sign_in_url,
            provider_note: server.provider_note,
            drain: server.drain,
            navigation: server.navigation,
            development: server.development,
            auth_time_leeway: management.auth_time_leeway,
            management: listener(management.listen, management.trusted_proxies),
            proxy,
            sites,
            gateway: Gateway {
                fastcgi: gateway.fastcgi.map(dialect),
                #[cfg(feature = "envoy-grpc")]
                envoy_grpc: gateway.envoy_grpc.map(dialect),
            },
            store,
            log,
            policy_owner,
            policy,
        }),
        _ => Err(problems),
    }
}

/// Browsers would send their cookies over a network without TLS.
fn in_the_clear(public_url: Option<&PublicUrl>, listen: SocketAddr) -> Option<(String, String)> {
    let url = public_url.filter(|url| !url.is_https())?;
    let stays_here = url.is_loopback() && listen.ip().is_loopback();
    (!stays_here).then(|| {
        let problem = "plain HTTP is refused anywhere but on loopback: session cookies would cross the network in the clear; \
             put a proxy that terminates TLS in front, set an https:// URL here, and name the proxy in server.trusted_proxies";
        ("server.public_url".to_owned(), problem.to_owned())
    })
}

fn too_long_leeway(leeway: Span) -> Option<(String, String)> {
    (leeway > LONGEST_LEEWAY).then(|| {
        let problem = format!(
            "{leeway} is longer than {LONGEST_LEEWAY}: set the clock of the provider right; write for example `60s`, or \
             `0s` for none"
        );
        ("management.auth_time_leeway".to_owned(), problem)
    })
}

/// The sites, each place once.
fn places(sections: Vec<SiteSection>, problems: &mut Problems) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    for (index, section) in sections.into_iter().enumerate() {
        match Site::of(section) {
            Ok(site) => {
                let same = |other: &Site| other.host == site.host && other.path == site.path;
                if let Some(first) = sites.iter().position(same) {
                    let (host, path) = (&site.host, &site.path);
                    let message = format!("{host}{path} has an entry already, sites[{first}]; remove one of the two");
                    problems.push((format!("sites[{index}]"), message));
                }
                sites.push(site);
            }
            Err((key, message)) => problems.push((format!("sites[{index}].{key}"), message)),
        }
    }
    sites
}

/// The listeners that anybody reaches, and in the clear.
fn exposed<'a>(listeners: impl Iterator<Item = Listening<'a>>) -> Problems {
    let exposed = listeners.filter(|(_, listen, trusted)| trusted.is_empty() && !listen.ip().is_loopback());
    let problem = |(section, listen, _)| {
        (
            format!("{section}.listen"),
            format!(
                "{listen} is reachable from the network without TLS; listen on 127.0.0.1, or name the proxies that \
                 terminate TLS in {section}.trusted_proxies"
            ),
        )
    };
    exposed.map(problem).collect()
}

/// A section, where it listens, and whom it believes.
type Listening<'a> = (&'static str, SocketAddr, &'a [Peer]);

fn listeners<'a>(
    server: &'a ServerSection,
    management: &'a ManagementSection,
    proxy: Option<&'a ProxySection>,
    gateway: &'a GatewaySection,
) -> impl Iterator<Item = Listening<'a>> {
    let dialect = |section, dialect: &'a Option<DialectSection>| {
        let DialectSection {
            listen,
            trusted_proxies,
        } = dialect.as_ref()?;
        Some((section, *listen, trusted_proxies.as_slice()))
    };
    let listeners = [
        Some(("server", server.listen, server.trusted_proxies.as_slice())),
        Some(("management", management.listen, management.trusted_proxies.as_slice())),
        proxy.map(|proxy| ("proxy", proxy.listen, proxy.trusted_proxies.as_slice())),
        dialect("gateway.fastcgi", &gateway.fastcgi),
        dialect("gateway.envoy_grpc", &gateway.envoy_grpc),
    ];
    listeners.into_iter().flatten()
}

fn dialect(section: DialectSection) -> Listener {
    listener(section.listen, section.trusted_proxies)
}

fn listener(address: SocketAddr, trusted: Vec<Peer>) -> Listener {
    Listener {
        address,
        trusted_proxies: trusted.into_iter().map(|Peer(network)| network).collect(),
    }
}

fn is_prefix(prefix: &str) -> bool {
    let plain = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    prefix
        .strip_prefix('/')
        .is_some_and(|segments| segments.split('/').all(plain))
}

#[cfg(test)]
mod tests;
