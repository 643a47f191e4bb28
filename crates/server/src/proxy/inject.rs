//! Puts the SDK into the pages of applications that know nothing of it. A page in doubt passes as it is, and the metrics say
//! why.

mod coding;
mod page;
mod policy;
mod rewriting;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response};
use encoding_rs::Encoding;
use lol_html::{AsciiCompatibleEncoding, Selector};

use self::coding::Coding;
use self::page::PageBody;
use self::policy::Policies;
use self::rewriting::Rewriting;
use crate::browser::Snippet;
use crate::server_state::ServerState;

/// `script` where a browser fetches a service worker, and nowhere else; pages cannot set it.
const SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");

/// Says of the bytes of a body what they are; other bytes would make a liar of it.
const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

/// What is put into pages, and where it is looked for.
#[derive(Debug)]
pub(super) struct Injection {
    tag: Box<str>,
    prefix: Box<str>,
    places: Places,
    /// Whether it was said already that an application has a service worker.
    warned: AtomicBool,
}

#[derive(Debug)]
struct Places {
    head: Selector,
    body: Selector,
    meta: Selector,
    base: Selector,
    script: Selector,
}

/// The page that the application sees its address as.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) scheme: &'static str,
    pub(super) host: Box<str>,
}

impl Injection {
    /// None where the binary was built without the SDK.
    pub(super) fn new(prefix: &str) -> Option<Self> {
        let selector = |text: &str| text.parse().ok();
        Some(Self {
            tag: Snippet::below(prefix)?.required_tag.into(),
            prefix: format!("{prefix}/sdk").into(),
            warned: AtomicBool::new(false),
            places: Places {
                head: selector("head")?,
                body: selector("body")?,
                meta: selector("meta[http-equiv]")?,
                base: selector("base[href]")?,
                script: selector("script[src]")?,
            },
        })
    }

    /// Asks the application for nothing that cannot be read here.
    pub(super) fn ask(headers: &mut HeaderMap) {
        let readable = Coding::accepted(headers);
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(readable));
    }

    /// A browser asks for the script of a service worker. Pages that the worker answers from its cache never come through here:
    /// the SDK is in them if it was when they were kept, and nobody sees them opened.
    pub(super) fn notice_service_worker(&self, server: &ServerState, site: &str, headers: &HeaderMap) {
        if headers.get(SERVICE_WORKER).is_none_or(|value| value != "script") {
            return;
        }
        server.metrics.proxy.injection("service-worker");
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                site,
                "an application has a service worker; pages that it answers from its cache do not pass the proxy, see docs/service-workers.md"
            );
        }
    }

    /// Puts the SDK into the answer to somebody who opens a page.
    pub(super) fn put_into(
        self: &Arc<Self>,
        server: &Arc<ServerState>,
        site: Site,
        parts: &mut response::Parts,
        body: Body,
    ) -> Body {
        if parts.status != StatusCode::OK || !is_page(&parts.headers) {
            return body;
        }
        let rewriting = match self.rewriting(server, site, &parts.headers) {
            Ok(rewriting) => rewriting,
            Err(why) => {
                server.metrics.proxy.injection(why);
                return body;
            }
        };
        let headers = &mut parts.headers;
        for name in [header::CONTENT_LENGTH, header::ACCEPT_RANGES, header::ETAG] {
            headers.remove(name);
        }
        Body::new(PageBody::new(body, rewriting))
    }

    fn rewriting(
        self: &Arc<Self>,
        server: &Arc<ServerState>,
        site: Site,
        headers: &HeaderMap,
    ) -> Result<Rewriting, &'static str> {
        if says(headers, &header::CACHE_CONTROL, "no-transform")
            || DIGESTS.iter().any(|name| headers.contains_key(name))
        {
            return Err("no-transform");
        }
        let charset = charset(headers).ok_or("charset")?;
        let coding = Coding::of(headers).ok_or("encoding")?;
        let policies = Policies::of(headers).ok_or("csp")?;
        Ok(Rewriting::new(self, server, site, policies, coding, charset))
    }
}

/// HTML that is to be shown, and not saved.
fn is_page(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let essence = |value: &'static [u8], of: &[u8]| {
        let first = of.split(|byte| *byte == b';').next().unwrap_or_default();
        first.trim_ascii().eq_ignore_ascii_case(value)
    };
    essence(b"text/html", value(header::CONTENT_TYPE))
        && headers.get_all(header::CONTENT_TYPE).iter().count() == 1
        && !essence(b"attachment", value(header::CONTENT_DISPOSITION))
}

fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .any(|directive| directive.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

/// The charset that the header names, or else one in which the names of HTML are what they are.
fn charset(headers: &HeaderMap) -> Option<AsciiCompatibleEncoding> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let parameters = content_type.split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches(['"', '\'']))
    });
    match named.next() {
        Some(label) => AsciiCompatibleEncoding::new(Encoding::for_label(label.as_bytes())?),
        None => Some(AsciiCompatibleEncoding::utf_8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_html_that_is_shown_is_a_page() {
        for (sent, page) in [
            (&[("content-type", "text/html")][..], true),
            (&[("content-type", "Text/HTML; charset=utf-8")], true),
            (&[("content-type", "application/xhtml+xml")], false),
            (&[("content-type", "text/plain")], false),
            (&[], false),
            (
                &[
                    ("content-type", "text/html"),
                    ("content-disposition", "attachment; filename=a.html"),
                ],
                false,
            ),
            (
                &[("content-type", "text/html"), ("content-disposition", "inline")],
                true,
            ),
        ] {
            assert_eq!(is_page(&headers(sent)), page, "{sent:?}");
        }
    }

    #[test]
    fn only_charsets_in_which_tags_are_tags_are_read() {
        for (content_type, read) in [
            ("text/html", true),
            ("text/html; charset=utf-8", true),
            ("text/html; charset=\"ISO-8859-1\"", true),
            ("text/html; charset=Shift_JIS", true),
            ("text/html; charset=utf-16le", false),
            ("text/html; charset=iso-2022-jp", false),
            ("text/html; charset=martian", false),
        ] {
            let sent = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(charset(&sent).is_some(), read, "{content_type}");
        }
    }
}
