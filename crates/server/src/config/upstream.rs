//! Where an application itself listens.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

use super::public_url::{AddressProblem, scheme_and_authority};

/// Scheme, host and port, such as `http://127.0.0.1:3000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct UpstreamAddress {
    pub(crate) https: bool,
    /// Without the brackets of IPv6.
    pub(crate) host: Box<str>,
    pub(crate) port: u16,
}

/// One address, or a list of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Upstreams(pub(super) Vec<UpstreamAddress>);

impl JsonSchema for Upstreams {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Upstreams".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = json_schema!({ "type": "string", "examples": ["http://127.0.0.1:3000"] });
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

impl TryFrom<String> for UpstreamAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mend = "write scheme, host and port, for example `http://127.0.0.1:3000`";
        let (https, authority) = scheme_and_authority(&text, mend).map_err(|problem| match problem {
            AddressProblem::More => {
                format!("`{text}` has more than scheme, host and port; {mend}; requests keep their own path")
            }
            AddressProblem::Other(message) => message,
        })?;
        let host = authority.host().trim_matches(['[', ']']);
        let port_is_wrong = authority.as_str() != authority.host() && authority.port_u16().is_none();
        if host.is_empty() || port_is_wrong {
            return Err(format!("`{text}` has no host, or a port that is none; {mend}"));
        }
        Ok(Self {
            https,
            host: host.to_ascii_lowercase().into(),
            port: authority.port_u16().unwrap_or(if https { 443 } else { 80 }),
        })
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl<'de> Deserialize<'de> for Upstreams {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Upstreams;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address such as `http://127.0.0.1:3000`, or a list of them")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Upstreams, E> {
        let address = UpstreamAddress::try_from(text.to_owned()).map_err(E::custom)?;
        Ok(Upstreams(vec![address]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Upstreams, A::Error> {
        let mut addresses: Vec<UpstreamAddress> = Vec::new();
        while let Some(address) = list.next_element()? {
            if addresses.contains(&address) {
                return Err(serde::de::Error::custom(format_args!(
                    "`{address}` is there twice; remove one"
                )));
            }
            addresses.push(address);
        }
        if addresses.is_empty() {
            return Err(serde::de::Error::custom(
                "the list is empty; name an upstream, or remove the key",
            ));
        }
        Ok(Upstreams(addresses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_scheme_host_and_port() {
        for (written, kept) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://App.internal", "http://app.internal:80"),
            ("https://app.internal/", "https://app.internal:443"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            let address = UpstreamAddress::try_from(written.to_owned());
            assert_eq!(address.map(|address| address.to_string()).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for written in [
            "",
            "127.0.0.1:3000",
            "ftp://app",
            "http://",
            "http://app:",
            "http://app/path",
            "http://app?query",
            "http://user@app",
            "http://app:99999",
            "http://a b",
            "http://*.internal",
            "http://{host}",
        ] {
            assert!(UpstreamAddress::try_from(written.to_owned()).is_err(), "{written:?}");
        }
    }
}
