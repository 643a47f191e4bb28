//! Where pages come from: the origins of other sites whose pages may write here.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use url::{Host, Url};

/// An origin as browsers send it, for example `https://app.example`; plain HTTP on loopback alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct WebOrigin(Box<str>);

impl From<WebOrigin> for Box<str> {
    fn from(WebOrigin(origin): WebOrigin) -> Self {
        origin
    }
}

impl TryFrom<String> for WebOrigin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = parsed(&text)?;
        let origin = url.origin().ascii_serialization();
        let authority = text.split_once("://").map_or("", |(_, authority)| authority);
        if authority.contains(['/', '?', '#']) {
            return Err(format!(
                "`{text}` has more than scheme, host and port; write `{origin}`"
            ));
        }
        Ok(Self(origin.into()))
    }
}

impl JsonSchema for WebOrigin {
    fn schema_name() -> Cow<'static, str> {
        "Origin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Scheme, host and port where it is not the usual one; plain HTTP on loopback alone.",
            "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\\s*]+$",
            "examples": ["https://app.example"],
        })
    }
}

const MEND: &str = "write for example `https://app.example`";

/// An address that nobody on the way can read or change: over HTTPS, or on loopback.
pub(super) fn parsed(text: &str) -> Result<Url, String> {
    let url = address(text)?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err(format!(
            "`{text}` is plain HTTP, which is possible on loopback alone; {MEND}"
        ));
    }
    Ok(url)
}

/// An address as browsers read it. What they would read past, or read as something else, is refused.
pub(super) fn address(text: &str) -> Result<Url, String> {
    if let Some(odd) = text
        .chars()
        .find(|odd| odd.is_control() || odd.is_whitespace() || *odd == '\\')
    {
        return Err(format!(
            "the character U+{:04X} is not possible in an address",
            u32::from(odd)
        ));
    }
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(format!("`{text}` begins with neither `https://` nor `http://`; {MEND}"));
    }
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no address ({error}); {MEND}"))?;
    if !url.username().is_empty() || url.password().is_some() || before_path(text).contains('@') {
        return Err(format!("`{text}` names a user; {MEND}"));
    }
    if before_path(text).contains('*') {
        return Err(format!(
            "`{text}` names one host: a star does not stand for others; list each of them"
        ));
    }
    Ok(url)
}

fn before_path(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_kept_as_browsers_send_them() {
        for (written, kept) in [
            ("https://app.example", "https://app.example"),
            ("https://APP.example:443", "https://app.example"),
            ("HTTPS://app.example:8443", "https://app.example:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            let origin = WebOrigin::try_from(written.to_owned());
            assert_eq!(origin.map(Box::<str>::from).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for written in [
            "",
            "*",
            "null",
            "app.example",
            "//app.example",
            "https:app.example",
            "https://",
            "https://*.example.org/",
            "https://*.example.org",
            "https://app.example/",
            "https://app.example/path",
            "https://app.example?a",
            "https://app.example#a",
            "https://user@app.example",
            "https://@app.example",
            "https://a:b@app.example",
            "https://app.example\\",
            "https://app. example",
            "https://app\t.example",
            "http://app.example",
            "http://127.0.0.1.example",
            "ftp://app.example",
            "javascript://app.example",
            "https://app.example:99999",
            "https://a%00b.example",
        ] {
            assert!(WebOrigin::try_from(written.to_owned()).is_err(), "{written:?}");
        }
    }
}
