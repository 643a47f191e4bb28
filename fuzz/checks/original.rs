//! Whatever headers a proxy sends: what is believed is there once, in one spelling, and says what it seems to say.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use nightlatch_core::path::{Ambiguous, Readings};

use super::original::{Original, Reads, no_twins, only, only_one_of_a_kind};

static METHOD: HeaderName = HeaderName::from_static("x-original-method");
static URL: HeaderName = HeaderName::from_static("x-original-url");

/// As on a site that lets pass whatever may pass under every reading.
struct EveryReading;

impl Reads for EveryReading {
    fn readings<'a>(&self, _: &str, target: &'a str) -> Result<Readings<'a>, Ambiguous> {
        Readings::every(target)
    }
}

pub(crate) fn check(data: &[u8]) {
    let headers = headers(data);
    let (Ok(()), Ok(method), Ok(url)) = (
        no_twins(&headers, &[&METHOD, &URL]),
        only_one_of_a_kind(&headers, &METHOD),
        only(&headers, &URL),
    ) else {
        return;
    };
    for believed in [&METHOD, &URL] {
        let odd = |letter: char| !letter.is_ascii_alphanumeric();
        let spelt = |name: &HeaderName| name.as_str().replace(odd, "-") == believed.as_str();
        let all = headers.iter().filter(|(name, _)| spelt(name));
        assert_eq!(all.count(), 1, "{headers:?}");
    }
    assert!(!method.contains(','));
    let Ok(original) = Original::of_address(&EveryReading, method, url) else {
        return;
    };
    let in_capitals = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_lowercase();
    assert!(!original.method.is_empty() && original.method.bytes().all(in_capitals));
    assert_eq!(original.is_read(), matches!(method, "GET" | "HEAD"));
    let written = ["http", "https"].map(|scheme| format!("{scheme}://{}{}", original.host, original.target));
    assert!(
        written.iter().any(|written| written == url),
        "{url:?} is read as {original:?}"
    );
    assert!(
        !original.host.contains('/') && original.target.starts_with('/'),
        "{original:?}"
    );
    let again =
        Original::new(&EveryReading, original.method, original.host, original.target).expect("it was read before");
    assert_eq!(again.readings, original.readings);
}

/// Lines of a name, a colon and a value.
fn headers(data: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(100) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            continue;
        };
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name),
            HeaderValue::from_bytes(value.trim_ascii()),
        ) {
            headers.append(name, value);
        }
    }
    headers
}
