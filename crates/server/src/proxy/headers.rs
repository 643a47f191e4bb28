//! What of a message is for the next hop alone, what a client must not be believed, and what the application is told
//! instead.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::http::application_headers;
use crate::http::header_name::{is_forwarding, is_odd, is_ours, reads_as};

/// RFC 9110 section 7.6.1, and what older software sends besides. `Expect` is answered here.
const HOP_BY_HOP: [HeaderName; 11] = [
    header::CONNECTION,
    header::EXPECT,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Where a request comes from, as far as we know it ourselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) peer: SocketAddr,
    /// Whether the peer may say for whom it speaks.
    pub(super) trusted: bool,
    /// `https` where this listener has TLS.
    pub(super) scheme: &'static str,
    pub(super) host: &'a str,
}

/// Takes out what is for this hop alone, and what `Connection` names besides (RFC 9110 section 7.6.1).
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// The same of a request, but for the word that trailers are understood, without which gRPC does not work. HTTP/2 passes
/// them on.
pub(super) fn strip_hop_by_hop_of_request(headers: &mut HeaderMap) {
    let trailers = headers
        .get_all(header::TE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"));
    strip_hop_by_hop(headers);
    if trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
}

/// Takes out what only we, or a trusted proxy in front of us, may say, in every spelling that an application takes for it.
pub(super) fn strip_claims(headers: &mut HeaderMap, trusted: bool) {
    let claims: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_claim(name.as_ref(), trusted))
        .cloned()
        .collect();
    for name in claims {
        headers.remove(name);
    }
}

/// Takes out of trailers what an application would read as if it had stood in front of the body.
pub(super) fn strip_trailers(trailers: &mut HeaderMap) {
    strip_hop_by_hop(trailers);
    strip_claims(trailers, false);
    for name in [
        header::CONTENT_LENGTH,
        header::HOST,
        header::AUTHORIZATION,
        header::COOKIE,
    ] {
        trailers.remove(name);
    }
}

/// CGI makes `HTTP_PROXY` of it, which libraries take for a setting of their own.
const PROXY: &str = "proxy";

fn is_claim(name: &[u8], trusted: bool) -> bool {
    is_ours(name) || reads_as(name, PROXY) || (is_odd(name) || !trusted) && is_forwarding(name)
}

/// Puts in place of both headers that may name a session what the application may get of them.
pub(super) fn withhold_session(headers: &mut HeaderMap, authorization: Vec<HeaderValue>) {
    if let Some(cookies) = application_headers::cookies(headers) {
        headers.insert(header::COOKIE, cookies);
    } else {
        headers.remove(header::COOKIE);
    }
    headers.remove(header::AUTHORIZATION);
    for line in authorization {
        headers.append(header::AUTHORIZATION, line);
    }
}

fn joined<'a>(parts: impl Iterator<Item = &'a [u8]>, between: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for part in parts {
        if !all.is_empty() {
            all.extend_from_slice(between);
        }
        all.extend_from_slice(part);
    }
    all
}

/// Says for whom the request comes, and over what. What a trusted proxy has said before stands in front.
pub(super) fn tell_forwarding(headers: &mut HeaderMap, caller: &Caller<'_>) {
    let ip = caller.peer.ip().to_canonical();
    let address = ip.to_string();
    append(headers, &FORWARDED_FOR, &address);
    append(
        headers,
        &header::FORWARDED,
        &format!("for={};host=\"{}\";proto={}", node(ip), caller.host, caller.scheme),
    );
    for (name, value) in [(FORWARDED_PROTO, caller.scheme), (FORWARDED_HOST, caller.host)] {
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    if !headers.contains_key(&REAL_IP)
        && let Ok(value) = HeaderValue::try_from(address)
    {
        headers.insert(REAL_IP, value);
    }
}

/// An address as `Forwarded` has it (RFC 7239 section 6).
fn node(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("\"[{ip}]\""),
    }
}

fn append(headers: &mut HeaderMap, name: &HeaderName, last: &str) {
    let before = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    if let Ok(value) = HeaderValue::try_from(joined(before.chain([last.as_bytes()]), b", ")) {
        headers.insert(name, value);
    }
}

/// Nobody keeps the answer. Whether somebody may change it on its way stays as it was said.
pub(super) fn forbid_storing(headers: &mut HeaderMap) {
    let kept_whole = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"));
    let value = if kept_whole {
        "no-store, no-transform"
    } else {
        "no-store"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
}

/// Whether the client wants to speak the WebSocket protocol on. No other protocol is spoken on: what follows would be
/// nobody's business any more.
pub(super) fn wants_websocket(headers: &HeaderMap) -> bool {
    let one = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?;
        values.next().is_none().then(|| value.as_bytes().trim_ascii())
    };
    let upgrades = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"upgrade"));
    upgrades && one(&header::UPGRADE).is_some_and(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
}

/// Says that the WebSocket protocol is spoken on.
pub(super) fn name_websocket(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(sent: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn what_is_for_this_hop_goes_no_further() {
        let mut sent = headers(&[
            ("connection", "close, X-Secret"),
            ("connection", "keep-alive"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("proxy-authorization", "Basic x"),
            ("accept", "*/*"),
        ]);
        let mut request = sent.clone();
        strip_hop_by_hop(&mut sent);
        assert_eq!(names(&sent), ["accept"]);
        strip_hop_by_hop_of_request(&mut request);
        assert_eq!(request[header::TE], "trailers");
        assert_eq!(request.len(), 2);
    }

    #[test]
    fn no_spelling_of_a_claim_is_left() {
        let claims = [
            "nightlatch-subject",
            "Nightlatch_Subject",
            "nightlatch.subject",
            "Nightlatch+Subject",
            "nightlatch`idle~remaining",
            "nightlatch-anything",
            "proxy",
            "forwarded",
            "x-forwarded-for",
            "X_Forwarded_For",
            "x.forwarded.host",
            "x-forwarded",
            "x-original-url",
            "x-original_method",
            "x-real-ip",
            "x_real_ip",
        ];
        let mut sent = headers(&claims.map(|name| (name, "forged")));
        sent.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        let mut from_a_proxy = sent.clone();
        strip_claims(&mut sent, false);
        assert_eq!(names(&sent), ["accept"]);
        strip_claims(&mut from_a_proxy, true);
        let mut left = names(&from_a_proxy);
        left.sort_unstable();
        assert_eq!(
            left,
            [
                "accept",
                "forwarded",
                "x-forwarded",
                "x-forwarded-for",
                "x-original-url",
                "x-real-ip"
            ]
        );
    }

    #[test]
    fn the_session_stays_here_and_what_is_the_applications_goes_on() {
        let mut sent = headers(&[
            ("cookie", "a=1; __Host-nightlatch=T"),
            ("authorization", "Bearer ours"),
            ("authorization", "Bearer theirs"),
        ]);
        withhold_session(&mut sent, vec![HeaderValue::from_static("Bearer theirs")]);
        assert_eq!(sent[header::COOKIE], "a=1");
        assert_eq!(
            sent.get_all(header::AUTHORIZATION).iter().collect::<Vec<_>>(),
            ["Bearer theirs"]
        );
        let mut only_ours = headers(&[("cookie", "__Host-nightlatch=T"), ("authorization", "Bearer ours")]);
        withhold_session(&mut only_ours, Vec::new());
        assert!(only_ours.is_empty());
    }

    #[test]
    fn what_a_trusted_proxy_said_stands_in_front() {
        let caller = Caller {
            peer: "[2001:db8::1]:80".parse().expect("an address"),
            trusted: true,
            scheme: "https",
            host: "app.example",
        };
        let mut sent = headers(&[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "http")]);
        tell_forwarding(&mut sent, &caller);
        assert_eq!(sent[FORWARDED_FOR], "198.51.100.7, 2001:db8::1");
        assert_eq!(sent[FORWARDED_PROTO], "http");
        assert_eq!(sent[FORWARDED_HOST], "app.example");
        assert_eq!(
            sent[header::FORWARDED],
            "for=\"[2001:db8::1]\";host=\"app.example\";proto=https"
        );
    }

    #[test]
    fn only_websockets_are_spoken_on() {
        let wants = |sent: &[(&str, &str)]| wants_websocket(&headers(sent));
        assert!(wants(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket")
        ]));
        assert!(!wants(&[("connection", "keep-alive"), ("upgrade", "websocket")]));
        assert!(!wants(&[("connection", "upgrade, http2-settings"), ("upgrade", "h2c")]));
        assert!(!wants(&[("connection", "upgrade"), ("upgrade", "websocket, h2c")]));
    }
}
