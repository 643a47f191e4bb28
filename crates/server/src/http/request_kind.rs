//! What a request shows of a person: what the browser says of it (Fetch Metadata), and what it says of itself.

use axum::http::HeaderMap;
use nightlatch_core::session::RequestKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose opening of a page is a navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Navigation {
    /// Every page that is opened, even by itself: a page that reloads itself counts.
    #[default]
    Any,
    /// Only pages that a person opened, as the browser says with `Sec-Fetch-User`. If a browser sends no Fetch Metadata at
    /// all, every page that it opens counts.
    Person,
}

/// Streams reconnect by themselves, browsers fetch ahead and report by themselves; a page is opened by somebody.
pub(crate) fn request_kind(headers: &HeaderMap, navigation: Navigation) -> RequestKind {
    let signs = Signs::of(headers);
    if signs.nobody {
        RequestKind::Passive
    } else if signs.opens_page() && (navigation == Navigation::Any || signs.may_be_person()) {
        RequestKind::Navigation
    } else {
        RequestKind::Fetch
    }
}

/// Whether a document for the window itself is asked for. Browsers say so; others are taken by what they accept.
pub(crate) fn opens_page(headers: &HeaderMap) -> bool {
    Signs::of(headers).opens_page()
}

/// What of the headers tells who is there.
#[derive(Default)]
struct Signs<'a> {
    /// Nobody need be there.
    nobody: bool,
    mode: Option<&'a [u8]>,
    dest: Option<&'a [u8]>,
    /// Whether the browser saw somebody do something that led here.
    by_person: bool,
    takes_html: bool,
}

impl<'a> Signs<'a> {
    /// One pass over what was sent costs less than to look for eight names that are hardly ever there.
    fn of(headers: &'a HeaderMap) -> Self {
        let mut signs = Self::default();
        for (name, value) in headers {
            let value = value.as_bytes().trim_ascii();
            match name.as_str() {
                // The application says so.
                "nightlatch-activity" => signs.nobody |= contains(value, "passive"),
                "accept" => {
                    signs.nobody |= contains(value, "text/event-stream");
                    signs.takes_html |= contains(value, "text/html");
                }
                "upgrade" => signs.nobody |= contains(value, "websocket"),
                "sec-fetch-mode" => {
                    signs.nobody |= is_one_of(value, &MODES_OF_NOBODY);
                    signs.mode.get_or_insert(value);
                }
                "sec-fetch-dest" => {
                    signs.nobody |= is_one_of(value, &DESTINATIONS_OF_NOBODY);
                    signs.dest.get_or_insert(value);
                }
                "sec-fetch-user" => signs.by_person |= value == b"?1",
                // Browsers look for a new version of a service worker by themselves.
                "service-worker" => signs.nobody |= contains(value, "script"),
                // Four names of one thing: the standard one, and those of browsers before it.
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => {
                    let ahead = ["prefetch", "prerender", "preview"];
                    signs.nobody |= ahead.iter().any(|word| contains(value, word));
                }
                _ => {}
            }
        }
        signs
    }

    /// Whether a person may be behind it, as far as the browser tells.
    fn may_be_person(&self) -> bool {
        self.by_person || self.mode.is_none() && self.dest.is_none()
    }

    fn opens_page(&self) -> bool {
        match (self.mode, self.dest) {
            (None, None) => self.takes_html,
            (mode, dest) => mode == Some(b"navigate") && dest.is_none_or(|dest| dest == b"document"),
        }
    }
}

/// What browsers fetch by themselves: while something plays, in the background, for the page or for advertisements in it.
/// The page, its scripts and what they fetch are asked for by somebody, as far as anybody can tell.
const DESTINATIONS_OF_NOBODY: [&str; 9] = [
    "audio",
    "fencedframe",
    "manifest",
    "report",
    "serviceworker",
    "speculationrules",
    "track",
    "video",
    "webidentity",
];
const MODES_OF_NOBODY: [&str; 2] = ["websocket", "webtransport"];

fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}

fn contains(value: &[u8], word: &str) -> bool {
    value
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue, header};

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
            (
                &[("sec-fetch-dest", "video"), ("sec-fetch-mode", "no-cors")],
                RequestKind::Passive,
            ),
            (
                &[("sec-fetch-dest", "audio"), ("sec-fetch-mode", "cors")],
                RequestKind::Passive,
            ),
            (&[("sec-fetch-dest", "track")], RequestKind::Passive),
            (&[("sec-fetch-dest", "serviceworker")], RequestKind::Passive),
            (&[("service-worker", "script")], RequestKind::Passive),
            (&[("sec-fetch-dest", "manifest")], RequestKind::Passive),
            (&[("sec-fetch-dest", "webidentity")], RequestKind::Passive),
            (&[("sec-fetch-mode", "websocket")], RequestKind::Passive),
            (&[("x-purpose", "preview")], RequestKind::Passive),
            (&[("sec-fetch-dest", "script")], RequestKind::Fetch),
            (&[("sec-fetch-dest", "image")], RequestKind::Fetch),
            (&[("sec-fetch-dest", "audioworklet")], RequestKind::Fetch),
        ] {
            let headers = sent
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(request_kind(&headers.collect(), Navigation::Any), kind, "{sent:?}");
        }
    }

    #[test]
    fn a_persons_navigation_is_one_by_the_word_of_the_browser() {
        let page = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        for (more, kind) in [
            (&[("sec-fetch-user", "?1")][..], RequestKind::Navigation),
            (&[], RequestKind::Fetch),
            (&[("sec-fetch-user", "?0")], RequestKind::Fetch),
            (
                &[("sec-fetch-user", "?1"), ("purpose", "prefetch")],
                RequestKind::Passive,
            ),
        ] {
            let headers = page
                .iter()
                .chain(more)
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(request_kind(&headers.collect(), Navigation::Person), kind, "{more:?}");
        }
        let silent = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]);
        assert_eq!(request_kind(&silent, Navigation::Person), RequestKind::Navigation);
    }
}
