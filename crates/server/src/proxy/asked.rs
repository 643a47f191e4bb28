//! What a client asks for, told once and for certain, or not at all.

use std::borrow::Cow;

use axum::http::{HeaderMap, Method, Request, Uri, Version, header, uri::Authority};

use super::fault::Fault;
use super::strict::{self, Ambiguous};
use crate::gateway::original::Original;
use crate::http::percent::escape;
use crate::server_state::ServerState;

/// Host and target of a request, as it was sent.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    /// With its port where one was sent.
    pub(super) host: String,
    pub(super) target: String,
}

impl Asked {
    pub(super) fn of<B>(request: &Request<B>) -> Result<Self, Fault> {
        let method = request.method();
        if matches!(*method, Method::CONNECT | Method::TRACE) {
            return Err(Fault::Method);
        }
        let host = host(request.version(), request.uri(), request.headers())?;
        strict::check(request.version(), request.headers())?;
        let target = request.uri().path_and_query();
        let target = target.ok_or(Fault::Malformed("The request names no path."))?;
        Ok(Self {
            method: method.clone(),
            host,
            target: target.as_str().to_owned(),
        })
    }

    /// The target in a form that every server takes. Browsers send a few bytes in queries as they are that RFC 3986 does not
    /// have there, and some servers refuse them; escaped they mean the same.
    pub(super) fn escaped_target(&self) -> Cow<'_, str> {
        let Some((path, query)) = self.target.split_once('?') else {
            return Cow::Borrowed(&self.target);
        };
        let odd = |character: char| r#"\"<>^`{|}"#.contains(character);
        if !query.contains(odd) {
            return Cow::Borrowed(&self.target);
        }
        let mut escaped = format!("{path}?");
        escape(&mut escaped, query, |character| !odd(character));
        Cow::Owned(escaped)
    }

    /// The same as the gateway reads it.
    pub(super) fn original(&self, server: &ServerState) -> Result<Original<'_>, Fault> {
        Original::new(&server.sites, self.method.as_str(), &self.host, &self.target).map_err(|unbelievable| {
            tracing::debug!(%unbelievable, "a request is refused");
            Fault::Malformed("The method or the path can be read in several ways.")
        })
    }
}

/// The one host that a request names. With HTTP/1 the address may name it too, with HTTP/2 it does.
fn host(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<String, Fault> {
    let mut values = headers.get_all(header::HOST).iter();
    let header = values.next();
    if values.next().is_some() {
        return Err(Fault::Malformed("The header `Host` is there more than once."));
    }
    let header = header.map(|value| value.to_str().unwrap_or_default());
    let in_address = uri.authority().map(Authority::as_str);
    let host = match (header, in_address) {
        (Some(header), Some(authority)) if !header.eq_ignore_ascii_case(authority) => {
            return Err(Fault::Malformed(
                "The address and the header `Host` name different hosts.",
            ));
        }
        (Some(host), _) => host,
        (None, Some(host)) if version == Version::HTTP_2 => host,
        (None, _) => return Err(Fault::Malformed("The header `Host` is missing.")),
    };
    let plain = host
        .parse::<Authority>()
        .is_ok_and(|authority| authority.as_str() == host);
    if !plain || host.contains('@') || host.ends_with(':') {
        return Err(Fault::Malformed("The host is not one."));
    }
    Ok(host.to_owned())
}

impl From<Ambiguous> for Fault {
    fn from(Ambiguous: Ambiguous) -> Self {
        Self::Malformed("The headers can be read in several ways.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, uri: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        request.body(()).expect("a request")
    }

    #[test]
    fn a_query_goes_on_in_a_form_that_every_server_takes() {
        for (sent, onward) in [
            ("/a?user=CORP\\ada", "/a?user=CORP%5Cada"),
            ("/a?b=^`{|}&c=[1]%5c'", "/a?b=%5E%60%7B%7C%7D&c=[1]%5c'"),
            ("/a|b?c", "/a|b?c"),
            ("/a", "/a"),
            ("/a?", "/a?"),
        ] {
            let asked = Asked::of(&request(Version::HTTP_11, sent, &["app.example"])).expect("a request");
            assert_eq!(asked.escaped_target(), onward, "{sent}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let (one, two) = (Version::HTTP_11, Version::HTTP_2);
        for (version, uri, hosts) in [
            (one, "/a", &["app.example:8443"][..]),
            (one, "http://APP.example:8443/a", &["app.example:8443"]),
            (two, "https://app.example:8443/a", &[]),
            (two, "https://app.example:8443/a", &["app.example:8443"]),
        ] {
            let asked = Asked::of(&request(version, uri, hosts)).expect("a host");
            assert_eq!(asked.host, "app.example:8443", "{uri} {hosts:?}");
        }
        for (version, uri, hosts) in [
            (one, "/a", &[][..]),
            (one, "http://app.example/a", &[]),
            (one, "/a", &["app.example", "app.example"]),
            (one, "http://app.example/a", &["evil.example"]),
            (two, "https://app.example/a", &["evil.example"]),
            (one, "/a", &[""]),
            (one, "/a", &["user@app.example"]),
            (one, "/a", &["app.example/b"]),
            (one, "/a", &["app.example:"]),
            (one, "/a", &["app.example, evil.example"]),
        ] {
            assert!(Asked::of(&request(version, uri, hosts)).is_err(), "{uri} {hosts:?}");
        }
    }
}
