//! Who a request comes from, as the application behind the proxy is told: always all of it, empty where nothing is known.

use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use nightlatch_core::time::Span;
use nightlatch_engine::Snapshot;

pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("nightlatch-subject");
pub(crate) const SESSION: HeaderName = HeaderName::from_static("nightlatch-session");
pub(crate) const APPLICATION: HeaderName = HeaderName::from_static("nightlatch-application");
pub(crate) const AUTHENTICATED_AT: HeaderName = HeaderName::from_static("nightlatch-authenticated-at");
pub(crate) const AUTHENTICATION_METHODS: HeaderName = HeaderName::from_static("nightlatch-authentication-methods");
pub(crate) const IDLE_REMAINING: HeaderName = HeaderName::from_static("nightlatch-idle-remaining");
pub(crate) const ABSOLUTE_REMAINING: HeaderName = HeaderName::from_static("nightlatch-absolute-remaining");
pub(crate) const PHASE: HeaderName = HeaderName::from_static("nightlatch-phase");

/// All of them.
pub(crate) static NAMES: [HeaderName; 8] = [
    SUBJECT,
    SESSION,
    APPLICATION,
    AUTHENTICATED_AT,
    AUTHENTICATION_METHODS,
    IDLE_REMAINING,
    ABSOLUTE_REMAINING,
    PHASE,
];

/// Tells of a live session. Instants are seconds since 1970, remaining times whole seconds; no limit is empty.
pub(crate) fn tell(headers: &mut HeaderMap, session: &Snapshot, application: Option<&str>) {
    let application = application.or(session.facts.application.as_deref());
    let status = &session.status;
    headers.insert(SUBJECT, text(&session.subject));
    headers.insert(SESSION, text(&session.handle.to_string()));
    headers.insert(APPLICATION, application.map_or_else(nothing, text));
    headers.insert(
        AUTHENTICATED_AT,
        HeaderValue::from(session.authenticated.as_millis().div_euclid(1000)),
    );
    headers.insert(AUTHENTICATION_METHODS, methods(&session.amr));
    headers.insert(IDLE_REMAINING, seconds(status.idle_remaining));
    headers.insert(ABSOLUTE_REMAINING, seconds(status.absolute_remaining));
    headers.insert(PHASE, HeaderValue::from_static(status.phase.as_str()));
}

/// Tells that nobody is known.
pub(crate) fn tell_nobody(headers: &mut HeaderMap) {
    for name in [
        SUBJECT,
        SESSION,
        APPLICATION,
        AUTHENTICATED_AT,
        AUTHENTICATION_METHODS,
        IDLE_REMAINING,
        ABSOLUTE_REMAINING,
        PHASE,
    ] {
        headers.insert(name, nothing());
    }
}

fn nothing() -> HeaderValue {
    HeaderValue::from_static("")
}

fn seconds(remaining: Option<Span>) -> HeaderValue {
    remaining.map_or_else(nothing, |span| HeaderValue::from(span.as_millis() / 1000))
}

fn methods(amr: &[Box<str>]) -> HeaderValue {
    match amr {
        [] => nothing(),
        [one] => text(one),
        several => text(&several.join(" ")),
    }
}

/// Text as headers can carry it: what is not printable ASCII is percent-encoded, and so is the percent sign.
fn text(text: &str) -> HeaderValue {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'%';
    if text.bytes().all(plain) {
        return HeaderValue::from_str(text).unwrap_or_else(|_| nothing());
    }
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    HeaderValue::from_str(&encoded).unwrap_or_else(|_| nothing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_headers() {
        for (told, sent) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada Lovelace", "Ada Lovelace"),
            ("100%", "100%25"),
            ("zoë", "zo%C3%AB"),
            ("a\r\nNightlatch-Subject: root", "a%0D%0ANightlatch-Subject: root"),
            ("", ""),
        ] {
            assert_eq!(text(told), sent);
        }
    }
}
