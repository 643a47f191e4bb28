//! What a request shows of a person: what the browser says of it (Fetch Metadata), and what it says of itself.

use axum::http::{HeaderMap, HeaderName, header};
use nightlatch_core::session::RequestKind;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Streams reconnect by themselves, browsers fetch ahead and report by themselves; a page is opened by somebody.
pub(crate) fn request_kind(headers: &HeaderMap) -> RequestKind {
    // One pass over what was sent costs less than to look for seven names that are hardly ever there.
    if headers
        .iter()
        .any(|(name, value)| shows_nobody(name.as_str(), value.as_bytes()))
    {
        RequestKind::Passive
    } else if opens_page(headers) {
        RequestKind::Navigation
    } else {
        RequestKind::Fetch
    }
}

/// Whether a header says that nobody need be there for the request.
fn shows_nobody(name: &str, value: &[u8]) -> bool {
    match name {
        // The application says so.
        "nightlatch-activity" => contains(value, "passive"),
        "accept" => contains(value, "text/event-stream"),
        "upgrade" => contains(value, "websocket"),
        "sec-fetch-dest" => contains(value, "report"),
        // Three names of one thing: the standard one, and those of browsers before it.
        "sec-purpose" | "purpose" | "x-moz" => ["prefetch", "prerender", "preview"]
            .iter()
            .any(|word| contains(value, word)),
        _ => false,
    }
}

/// Whether a document for the window itself is asked for. Browsers say so; others are taken by what they accept.
pub(crate) fn opens_page(headers: &HeaderMap) -> bool {
    let word = |name: &HeaderName| headers.get(name).map(|value| value.as_bytes().trim_ascii());
    match (word(&SEC_FETCH_MODE), word(&SEC_FETCH_DEST)) {
        (None, None) => headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|value| contains(value.as_bytes(), "text/html")),
        (mode, dest) => mode == Some(b"navigate") && dest.is_none_or(|dest| dest == b"document"),
    }
}

fn contains(value: &[u8], word: &str) -> bool {
    value
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_request_is_what_the_browser_says_it_is() {
        for (sent, kind) in [
            (
                &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")][..],
                RequestKind::Navigation,
            ),
            (
                &[("accept", "text/html,application/xhtml+xml")],
                RequestKind::Navigation,
            ),
            (
                &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
                RequestKind::Fetch,
            ),
            (
                &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
                RequestKind::Fetch,
            ),
            (&[("accept", "*/*")], RequestKind::Fetch),
            (&[], RequestKind::Fetch),
            (&[("nightlatch-activity", "Passive")], RequestKind::Passive),
            (
                &[("sec-fetch-mode", "navigate"), ("nightlatch-activity", "passive")],
                RequestKind::Passive,
            ),
            (
                &[("sec-purpose", "prefetch;prerender"), ("accept", "text/html")],
                RequestKind::Passive,
            ),
            (&[("purpose", "prefetch")], RequestKind::Passive),
            (&[("x-moz", "prefetch")], RequestKind::Passive),
            (&[("accept", "text/event-stream")], RequestKind::Passive),
            (&[("upgrade", "websocket")], RequestKind::Passive),
            (&[("sec-fetch-dest", "report")], RequestKind::Passive),
        ] {
            let headers = sent
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(request_kind(&headers.collect()), kind, "{sent:?}");
        }
    }
}
