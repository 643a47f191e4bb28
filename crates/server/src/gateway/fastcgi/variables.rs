//! The request as its variables tell it (RFC 3875).
//!
//! `HTTP_…` variables are header names in capitals with `_` for `-`: nobody can tell any more whether a client sent
//! `sec-fetch-mode` or `sec_fetch_mode`, and a server that does not drop the latter, as Apache does, hands on what it would
//! not hand on by its right name. So nothing is believed because it comes in a header with a hyphen in its name. What is
//! believed are `REQUEST_METHOD` and `REQUEST_URI`, which no header turns into, and `HTTP_HOST`, whose name has no hyphen and
//! so no twin. All other headers are the client's own word in any spelling: they name its session or make it less active,
//! never more than it could be by saying so openly.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::params::Param;
use crate::gateway::original::{Original, Reads, Unbelievable, only_one_of_a_kind};

/// The headers of the client.
pub(super) fn headers(params: &[Param<'_>]) -> Result<HeaderMap, Unbelievable> {
    let mut headers = HeaderMap::with_capacity(params.len());
    for (name, value) in params {
        let Some(name) = name.strip_prefix(b"HTTP_") else {
            continue;
        };
        let usual: Vec<u8> = name
            .iter()
            .map(|byte| if *byte == b'_' { b'-' } else { *byte })
            .collect();
        // No header has such a name, so nobody asks for it.
        let Ok(name) = HeaderName::from_bytes(&usual) else {
            continue;
        };
        let value = HeaderValue::from_bytes(value).map_err(|_| Unbelievable::NotText(name.clone()))?;
        headers.append(name, value);
    }
    // Apache keeps `Upgrade` to itself.
    if headers.contains_key(header::SEC_WEBSOCKET_KEY) {
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    Ok(headers)
}

/// Set by the server where a name is spelled so that it makes no variable, and applications may still take it for one of ours.
const TWIN: &[u8] = b"NIGHTLATCH_TWIN";

/// What is to pass.
pub(super) fn original<'a>(
    sites: &impl Reads,
    params: &[Param<'a>],
    headers: &'a HeaderMap,
) -> Result<Original<'a>, Unbelievable> {
    if params.iter().any(|(name, _)| *name == TWIN) {
        return Err(Unbelievable::TwinOfOurs);
    }
    let host = only_one_of_a_kind(headers, &header::HOST)?;
    let method = only(params, "REQUEST_METHOD")?;
    Original::new(sites, method, host, only(params, "REQUEST_URI")?)
}

fn only<'a>(params: &[Param<'a>], name: &'static str) -> Result<&'a str, Unbelievable> {
    let mut values = params.iter().filter(|(other, _)| *other == name.as_bytes());
    match (values.next(), values.next()) {
        (Some((_, value)), None) => std::str::from_utf8(value).map_err(|_| Unbelievable::Variable(name)),
        _ => Err(Unbelievable::Variable(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrl;
    use crate::gateway::sites::Sites;

    fn sites() -> Sites {
        Sites::new(&PublicUrl::parse("https://app.example").expect("a URL"), &[], None)
    }

    const PLAIN: [Param<'static>; 4] = [
        (b"REQUEST_METHOD", b"GET"),
        (b"REQUEST_URI", b"/a?b"),
        (b"HTTP_HOST", b"app.example"),
        (b"HTTP_SEC_FETCH_MODE", b"navigate"),
    ];

    fn refused(params: &[Param<'_>]) -> Option<Unbelievable> {
        match headers(params) {
            Ok(headers) => original(&sites(), params, &headers).err(),
            Err(unbelievable) => Some(unbelievable),
        }
    }

    #[test]
    fn a_request_is_read_from_its_variables() {
        let headers = headers(&PLAIN).expect("headers");
        let sites = sites();
        let original = original(&sites, &PLAIN, &headers).expect("a request");
        assert_eq!(
            (original.method, original.host, original.target),
            ("GET", "app.example", "/a?b")
        );
        assert_eq!(
            headers.get("sec-fetch-mode").map(HeaderValue::as_bytes),
            Some(&b"navigate"[..])
        );
    }

    #[test]
    fn what_is_believed_is_there_once() {
        for without in 0..3 {
            let mut params = PLAIN.to_vec();
            let param = params.remove(without);
            assert!(refused(&params).is_some(), "{params:?}");
            params.extend([param, param]);
            assert!(refused(&params).is_some(), "{params:?}");
        }
        assert_eq!(refused(&PLAIN), None);
    }

    #[test]
    fn a_twin_of_our_headers_is_refused() {
        let params = [&PLAIN[..], &[(b"NIGHTLATCH_TWIN", b"1")]].concat();
        assert_eq!(refused(&params), Some(Unbelievable::TwinOfOurs));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for param in [
            (&b"HTTP_COOKIE"[..], &b"a\nb"[..]),
            (b"HTTP_X", b"\0"),
            (b"HTTP_HOST", b"a, b"),
        ] {
            assert!(refused(&[&PLAIN[..2], &[param]].concat()).is_some(), "{param:?}");
        }
        let odd = [&PLAIN[..], &[(b"HTTP_\xff \n", b"x"), (b"HTTP_", b"x"), (b"", b"")]].concat();
        assert_eq!(headers(&odd).map(|headers| headers.len()), Ok(2));
    }

    #[test]
    fn a_websocket_is_known_by_its_key() {
        let params = [&PLAIN[..], &[(b"HTTP_SEC_WEBSOCKET_KEY", b"x")]].concat();
        let headers = headers(&params).expect("headers");
        assert_eq!(
            headers.get(header::UPGRADE).map(HeaderValue::as_bytes),
            Some(&b"websocket"[..])
        );
    }
}
