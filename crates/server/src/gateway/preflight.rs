//! The question that a browser asks before a request to another origin (Fetch, section 3.3.2). It carries no cookie, so that nobody
//! can be known by it, and only asks what would be allowed.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::original::Original;

/// Whether a request is such a question, and brings nothing along with it.
pub(super) fn is_preflight(original: &Original<'_>, headers: &HeaderMap) -> bool {
    original.method == "OPTIONS"
        && is_there_once(headers, &header::ORIGIN)
        && is_there_once(headers, &header::ACCESS_CONTROL_REQUEST_METHOD)
        && !original.may_have_body
        && !has_body(headers)
}

fn is_there_once(headers: &HeaderMap, name: &HeaderName) -> bool {
    let mut values = headers.get_all(name).iter();
    values.next().is_some_and(|value| !value.is_empty()) && values.next().is_none()
}

/// Whether a proxy tells of a body: its length and its coding, between them a semicolon.
pub(super) fn announces_body(told: &HeaderValue) -> bool {
    !matches!(told.as_bytes(), b";" | b"0;")
}

fn has_body(headers: &HeaderMap) -> bool {
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    headers.contains_key(header::TRANSFER_ENCODING) || lengths.into_iter().any(|length| length != "0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PublicUrl, Site};
    use crate::gateway::sites::Sites;

    const ORIGIN: (&str, &str) = ("origin", "https://other.example");
    const METHOD: (&str, &str) = ("access-control-request-method", "PUT");

    #[test]
    fn a_preflight_asks_and_brings_nothing() {
        let sites = Sites::new(&PublicUrl::parse("https://a").expect("a URL"), &[] as &[Site], None);
        for (method, sent, expected) in [
            ("OPTIONS", &[ORIGIN, METHOD][..], true),
            ("OPTIONS", &[ORIGIN, METHOD, ("content-length", "0")], true),
            ("OPTIONS", &[ORIGIN], false),
            ("OPTIONS", &[METHOD], false),
            ("OPTIONS", &[ORIGIN, METHOD, METHOD], false),
            ("OPTIONS", &[ORIGIN, ("access-control-request-method", "")], false),
            ("OPTIONS", &[ORIGIN, METHOD, ("content-length", "5")], false),
            ("OPTIONS", &[ORIGIN, METHOD, ("content-length", "00")], false),
            ("OPTIONS", &[ORIGIN, METHOD, ("transfer-encoding", "chunked")], false),
            ("GET", &[ORIGIN, METHOD], false),
            ("POST", &[ORIGIN, METHOD], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.append(*name, HeaderValue::from_static(value));
            }
            let original = Original::new(&sites, method, "a", "/").expect("a request");
            assert_eq!(is_preflight(&original, &headers), expected, "{method} {sent:?}");
            let with_body = original.with_body(true);
            assert!(!is_preflight(&with_body, &headers), "{method} {sent:?}");
        }
    }
}
