//! What the configuration of a proxy is made of: the configuration of the server, and what only the command line knows.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use axum::http::Uri;

use crate::config::{Config, Escapes};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The application that is guarded
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000", value_parser = authority)]
    upstream: String,
    /// Where the proxy listens. Left out: the port of `server.public_url`, on every address where that is https
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The certificate, with its chain, where `server.public_url` is https
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// Its private key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
    /// TLS ends in front of this proxy: it listens without
    #[arg(long)]
    plain: bool,
    /// Print what the proxy can be started with as it is, in the foreground, leaving what it writes in this directory
    #[arg(long, value_name = "DIRECTORY")]
    standalone: Option<PathBuf>,
}

/// What the templates know.
#[derive(Debug)]
pub(super) struct Installation {
    /// Host and port of nightlatch.
    pub(super) nightlatch: SocketAddr,
    /// Where nightlatch answers FastCGI, where it does.
    pub(super) fastcgi: Option<SocketAddr>,
    /// Host and port of the application.
    pub(super) upstream: String,
    pub(super) listen: SocketAddr,
    pub(super) tls: Option<Tls>,
    /// Of what browsers see.
    pub(super) scheme: &'static str,
    /// Where the endpoints are, without a slash at its end.
    pub(super) prefix: String,
    /// The hosts of the sites, without their ports.
    pub(super) hosts: Vec<String>,
    /// Whether a site lets escapes pass that proxies refuse by themselves.
    pub(super) escapes: bool,
    pub(super) standalone: Option<String>,
}

#[derive(Debug)]
pub(super) struct Tls {
    /// Whether the paths were given, or are where files may be put.
    pub(super) given: bool,
    pub(super) certificate: String,
    pub(super) key: String,
}

fn authority(text: &str) -> Result<String, String> {
    let mend = "write for example http://127.0.0.1:3000";
    let uri: Uri = text.parse().map_err(|error| format!("not a URL ({error}); {mend}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) if matches!(uri.path(), "" | "/") && uri.query().is_none() => {
            let port = authority.port_u16().unwrap_or(80);
            Ok(format!("{}:{port}", authority.host()))
        }
        _ => Err(format!("only http://, a host and a port; {mend}")),
    }
}

impl Options {
    /// The installation, or the code to exit with where the configuration is wrong and it has been said why.
    pub(super) fn installation(&self) -> anyhow::Result<Result<Installation, ExitCode>> {
        let config = match super::super::read_config_or_defaults(self.config.as_deref()) {
            Ok(config) => config,
            Err(code) => return Ok(Err(code)),
        };
        self.of(&config).map(Ok)
    }

    fn of(&self, config: &Config) -> anyhow::Result<Installation> {
        let public = config.public_url.authorities().next().unwrap_or_default();
        let public: Uri = format!("{}://{public}", config.public_url.scheme()).parse()?;
        let https = config.public_url.is_https();
        let listen = match self.listen {
            Some(listen) => listen,
            None if https => SocketAddr::from(([0, 0, 0, 0], public.port_u16().unwrap_or(443))),
            None => SocketAddr::from(([127, 0, 0, 1], public.port_u16().unwrap_or(80))),
        };
        ensure!(
            listen.port() != config.server.address.port(),
            "the proxy would listen where nightlatch itself does, on port {}: set server.public_url to what browsers see of \
             the proxy, for example `public_url = \"https://app.example\"`, or pass --listen",
            listen.port()
        );
        let tls = (https && !self.plain).then(|| Tls {
            given: self.certificate.is_some(),
            certificate: path_or(self.certificate.as_deref(), "fullchain.pem"),
            key: path_or(self.certificate_key.as_deref(), "key.pem"),
        });
        Ok(Installation {
            nightlatch: reachable(config.server.address),
            fastcgi: config
                .gateway
                .fastcgi
                .as_ref()
                .map(|listener| reachable(listener.address)),
            upstream: self.upstream.clone(),
            listen,
            tls,
            scheme: config.public_url.scheme(),
            prefix: config.prefix.clone(),
            hosts: hosts(config),
            escapes: config.sites.iter().any(|site| site.escapes == Escapes::EveryReading),
            standalone: self.standalone.as_deref().map(plain_path).transpose()?,
        })
    }
}

fn path_or(given: Option<&Path>, name: &str) -> String {
    given.map_or_else(
        || format!("/etc/ssl/nightlatch/{name}"),
        |path| path.display().to_string(),
    )
}

/// A path that needs no quotes in any of the languages of proxies.
fn plain_path(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().context("--standalone: the path is not plain text")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    ensure!(
        path.is_absolute() && text.bytes().all(plain),
        "--standalone: write an absolute path of letters, digits, `/`, `.`, `_` and `-`"
    );
    Ok(text.to_owned())
}

impl Installation {
    pub(super) fn upstream_host(&self) -> &str {
        let host = self.upstream.rsplit_once(':').map_or(&*self.upstream, |(host, _)| host);
        host.trim_matches(['[', ']'])
    }

    pub(super) fn upstream_port(&self) -> &str {
        self.upstream.rsplit_once(':').map_or("80", |(_, port)| port)
    }
}

/// A server that listens on every address is reached on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], v6.port())),
        address => address,
    }
}

/// Every host once, in the order of the configuration.
fn hosts(config: &Config) -> Vec<String> {
    let sites = config.sites.iter().map(|site| site.host.to_string());
    let mut hosts: Vec<String> = Vec::new();
    for authority in config.public_url.authorities().chain(sites) {
        let host = match authority.parse::<axum::http::uri::Authority>() {
            Ok(authority) => authority.host().to_owned(),
            Err(_) => continue,
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(listen: Option<&str>) -> Options {
        Options {
            config: None,
            upstream: "127.0.0.1:3000".to_owned(),
            listen: listen.map(|listen| listen.parse().expect("an address")),
            certificate: None,
            certificate_key: None,
            plain: false,
            standalone: None,
        }
    }

    fn config(text: &str) -> Config {
        Config::parse(text, "test.toml", []).expect("a valid configuration")
    }

    #[test]
    fn where_a_proxy_listens_is_what_browsers_see() {
        let https = config(
            "sites = [{ host = \"wiki.example:8443\" }, { host = \"app.example\", path = \"/a\" }]\n\
             [server]\npublic_url = \"https://app.example\"",
        );
        let installation = options(None).of(&https).expect("an installation");
        assert_eq!(installation.listen.to_string(), "0.0.0.0:443");
        assert_eq!(installation.hosts, ["app.example", "wiki.example"]);
        assert!(installation.tls.is_some());
        let loopback = config("[server]\npublic_url = \"http://127.0.0.1:8080\"");
        let installation = options(None).of(&loopback).expect("an installation");
        assert_eq!(installation.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(installation.hosts, ["127.0.0.1", "localhost", "[::1]"]);
        assert!(installation.tls.is_none());
    }

    #[test]
    fn a_proxy_does_not_listen_where_nightlatch_does() {
        let error = options(None).of(&config("")).expect_err("the same port");
        assert!(error.to_string().contains("server.public_url"), "{error}");
        assert!(options(Some("127.0.0.1:8080")).of(&config("")).is_ok());
    }

    #[test]
    fn paths_that_need_quotes_are_refused() {
        assert!(plain_path(Path::new("/tmp/a-b_c.d")).is_ok());
        for path in ["tmp", "/a b", "/a;b", "/a\"b"] {
            assert!(plain_path(Path::new(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn an_upstream_is_an_origin_without_tls() {
        assert_eq!(authority("http://localhost/"), Ok("localhost:80".to_owned()));
        for text in ["localhost:3000", "https://a", "http://a/b", "http://a?b", ""] {
            assert!(authority(text).is_err(), "{text}");
        }
    }
}
