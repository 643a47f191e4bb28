//! Where the gateway is, as the command line says.

use std::time::Duration;

use axum::http::Uri;

/// A gateway that is spoken to without TLS.
#[derive(Clone, Debug)]
pub(in super::super) struct Gateway {
    /// As browsers send it in `Host`.
    pub(super) authority: String,
    /// Host and port to connect to.
    pub(super) address: String,
}

pub(super) fn parse(text: &str) -> Result<Gateway, String> {
    let mend = "write for example http://127.0.0.1:8080";
    let uri: Uri = text.parse().map_err(|error| format!("not a URL ({error}); {mend}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) if matches!(uri.path(), "" | "/") && uri.query().is_none() => Ok(Gateway {
            authority: authority.to_string(),
            address: format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80)),
        }),
        (Some("https"), _) => Err(format!(
            "requests are sent byte by byte and without TLS: print the same configuration with --plain --listen \
             127.0.0.1:8080, run it beside, and {mend}"
        )),
        _ => Err(format!("only scheme, host and port; {mend}")),
    }
}

pub(super) fn page(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if text.starts_with('/') && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a path begins with `/` and has letters, digits, `/`, `-`, `.`, `_` and `~`".to_owned())
    }
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .map_err(|_| "write a number of seconds, for example 10".to_owned())?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_an_origin_without_tls() {
        let gateway = parse("http://app.example").expect("a gateway");
        assert_eq!(
            (&*gateway.authority, &*gateway.address),
            ("app.example", "app.example:80")
        );
        assert!(parse("https://app.example").is_err_and(|error| error.contains("--plain")));
        for text in ["app.example", "http://a/b", "http://a?b", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
