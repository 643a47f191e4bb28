//! Addresses to listen on.

use std::net::SocketAddr;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Value;

/// The format of such a text.
pub(super) const ADDRESS: &str = "listen-address";

/// Reads an address with a port. For `#[serde(deserialize_with = …)]`.
pub(super) fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(problem(&text)))
}

/// For `#[schemars(schema_with = …)]`.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": ADDRESS, "examples": ["127.0.0.1:8700"] })
}

fn problem(text: &str) -> String {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let is_address = text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if is_address || port.is_empty() {
        format!("`{text}` has no port")
    } else if host.is_empty() {
        format!("`{text}` has no address in front of the port")
    } else if text.contains("//") {
        format!("`{text}` is a URL: an address to listen on is a number and a port")
    } else if port.parse::<u16>().is_err() {
        format!("`{port}` is no port: an address to listen on ends with a number up to 65535")
    } else {
        format!("`{host}` is not the number of an address: names are not looked up here")
    }
}

/// The addresses that somebody may have meant.
pub(super) fn meant(written: &Value) -> Vec<String> {
    let text = match written {
        Value::String(text) => text.trim().to_owned(),
        Value::Integer(port) => format!(":{port}"),
        _ => return Vec::new(),
    };
    let text = text.split_once("//").map_or(text.as_str(), |(_, after)| after);
    let text = text.split('/').next().unwrap_or_default();
    let mut meant = Vec::new();
    if text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
        let host = text.trim_matches(['[', ']']);
        meant.push(if host.contains(':') {
            format!("[{host}]:8700")
        } else {
            format!("{host}:8700")
        });
    }
    if let Some((host, port)) = text.rsplit_once(':') {
        meant.push(format!("{host}:{port}"));
        meant.push(format!("127.0.0.1:{port}"));
    } else if text.parse::<u16>().is_ok() {
        meant.push(format!("127.0.0.1:{text}"));
    }
    meant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_an_address() {
        for (written, first) in [
            ("127.0.0.1", "127.0.0.1:8700"),
            ("::1", "[::1]:8700"),
            ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ] {
            assert_eq!(
                meant(&Value::from(written)).first().map(String::as_str),
                Some(first),
                "{written}"
            );
        }
        for written in [":8700", "localhost:8700", "*:8700", "8700"] {
            let meant = meant(&Value::from(written));
            assert!(
                meant.iter().any(|meant| meant == "127.0.0.1:8700"),
                "{written}: {meant:?}"
            );
        }
    }
}
