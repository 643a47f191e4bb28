//! What browsers see of this server: scheme and authority.

use std::net::{IpAddr, SocketAddr};

use axum::http::Uri;
use axum::http::uri::Authority;

/// An origin such as `https://app.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    https: bool,
    host: String,
    port: Option<u16>,
}

impl PublicUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mend = "write scheme and host, for example `https://app.example`";
        let (https, authority) = scheme_and_authority(text, mend).map_err(|problem| match problem {
            AddressProblem::More => {
                format!("`{text}` has more than scheme and host; {mend}; the path goes into server.prefix")
            }
            AddressProblem::Other(message) => message,
        })?;
        Ok(Self {
            https,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16(),
        })
    }

    pub(crate) fn of_listener(address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self {
            https: false,
            host,
            port: Some(address.port()),
        }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The origins that pages of this server have: on loopback under each of its names.
    pub(crate) fn origins(&self) -> Vec<String> {
        let scheme = self.scheme();
        self.authorities()
            .map(|authority| format!("{scheme}://{authority}"))
            .collect()
    }

    /// Host, and port where it is not the usual one: on loopback under each of its names.
    pub(crate) fn authorities(&self) -> impl Iterator<Item = String> {
        let default_port = if self.https { 443 } else { 80 };
        let port = self
            .port
            .filter(|port| *port != default_port)
            .map_or_else(String::new, |port| format!(":{port}"));
        let mut hosts = vec![self.host.as_str()];
        if self.is_loopback() {
            let others = ["localhost", "127.0.0.1", "[::1]"];
            hosts.extend(others.iter().filter(|host| **host != self.host));
        }
        hosts.into_iter().map(move |host| format!("{host}{port}"))
    }
}

/// Why a text is no address of scheme and authority alone.
pub(super) enum AddressProblem {
    /// It has a path, a query or a user besides.
    More,
    Other(String),
}

/// Whether this names one host: a star stands for no others.
pub(super) fn is_host(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(plain);
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    }
}

/// Whether it is `https`, and what follows.
pub(super) fn scheme_and_authority(text: &str, mend: &str) -> Result<(bool, Authority), AddressProblem> {
    let other = |message| AddressProblem::Other(message);
    let uri: Uri = text
        .parse()
        .map_err(|error| other(format!("`{text}` is not a URL ({error}); {mend}")))?;
    let https = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(other(format!("`{text}` is neither http nor https; {mend}"))),
    };
    let authority = uri
        .authority()
        .ok_or_else(|| other(format!("`{text}` has no host; {mend}")))?;
    if !authority.host().is_empty() && !is_host(authority.host()) {
        return Err(other(format!(
            "`{}` names no host, taken as it is written; {mend}",
            authority.host()
        )));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
        return Err(AddressProblem::More);
    }
    Ok((https, authority.clone()))
}
