//! What a write must prove, and who reads a secret: that a page of ours or of a listed application sends it, and that it is no
//! plain form or link of somebody else.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::problem::Problem;
use crate::applications::Applications;

pub(super) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
pub(super) const NIGHTLATCH: HeaderName = HeaderName::from_static("nightlatch");

/// Whose pages may write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origins<'a> {
    pub(crate) own: &'a [String],
    pub(crate) applications: &'a Applications,
}

/// A write from script: a known origin, and the header that no form can send.
pub(crate) fn from_script(origins: Origins<'_>, headers: &HeaderMap, silence_proves: bool) -> Result<(), Problem> {
    known_origin(origins, headers, silence_proves)?;
    if !headers.get(NIGHTLATCH).is_some_and(is_from_script) {
        return Err(refused(
            "The header `Nightlatch: 1` is missing; send it with every write, and to read a secret.",
        ));
    }
    Ok(())
}

/// `1`, or `1.` and a number that names the question: the answer repeats it (see `question`).
fn is_from_script(value: &HeaderValue) -> bool {
    value == "1" || value.as_bytes().starts_with(b"1.")
}

/// A read of a secret from script: the header, which makes the browser of a page of another origin ask first, and no word of
/// such an origin. A browser that names none reads for a page of the same origin.
pub(crate) fn read_from_script(origins: Origins<'_>, headers: &HeaderMap) -> Result<(), Problem> {
    from_script(origins, headers, true)
}

/// The proof of a page of ours, or of an application whose origin is listed. Browsers set both headers themselves; `none` is
/// no page at all.
pub(crate) fn known_origin(origins: Origins<'_>, headers: &HeaderMap, silence_proves: bool) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN);
    let from_a_page = headers.get(SEC_FETCH_SITE).is_none_or(|site| site != "none");
    if from_a_page && origin.is_some_and(|origin| origins.applications.have_origin(origin)) {
        return Ok(());
    }
    same_origin(origins.own, headers, silence_proves)
}

/// The proof of the same origin: what the browser says of the request, else the page's origin. Where a client names its
/// token itself, silence is proof enough: no browser would have added it.
pub(crate) fn same_origin(origins: &[String], headers: &HeaderMap, silence_proves: bool) -> Result<(), Problem> {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return if site == "same-origin" {
            Ok(())
        } else {
            Err(refused("The request comes from a page of another origin."))
        };
    }
    match headers.get(header::ORIGIN) {
        Some(origin) if origins.iter().any(|known| origin == known.as_str()) => Ok(()),
        Some(_) => Err(refused("The request comes from a page of another origin.")),
        None if silence_proves => Ok(()),
        None => Err(refused(
            "The request does not show which page it comes from; send `Sec-Fetch-Site` or `Origin`.",
        )),
    }
}

fn refused(detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "wrong-origin", "The request is refused", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn only_pages_of_this_origin_write() {
        let own = ["https://app.example".to_owned()];
        let applications = Applications::default();
        let origins = Origins {
            own: &own,
            applications: &applications,
        };
        let cases: &[(Headers, bool, bool)] = &[
            (&[("sec-fetch-site", "same-origin"), ("nightlatch", "1")], false, true),
            (&[("origin", "https://app.example"), ("nightlatch", "1")], false, true),
            (&[("nightlatch", "1")], true, true),
            (&[("sec-fetch-site", "same-origin")], false, false),
            (&[("sec-fetch-site", "same-site"), ("nightlatch", "1")], false, false),
            (&[("sec-fetch-site", "cross-site"), ("nightlatch", "1")], false, false),
            (&[("sec-fetch-site", "none"), ("nightlatch", "1")], false, false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://app.example"),
                    ("nightlatch", "1"),
                ],
                false,
                false,
            ),
            (&[("origin", "https://evil.example"), ("nightlatch", "1")], false, false),
            (&[("origin", "null"), ("nightlatch", "1")], false, false),
            (
                &[("origin", "https://app.example.evil"), ("nightlatch", "1")],
                false,
                false,
            ),
            (&[("nightlatch", "1")], false, false),
            (&[("sec-fetch-site", "cross-site"), ("nightlatch", "1")], true, false),
            (&[("origin", "https://evil.example"), ("nightlatch", "1")], true, false),
            (&[("nightlatch", "0")], true, false),
            (&[("nightlatch", "1.25")], true, true),
            (&[("nightlatch", "10")], true, false),
        ];
        for (sent, bearer, allowed) in cases {
            let headers = sent.iter().map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                    HeaderValue::from_static(value),
                )
            });
            let answer = from_script(origins, &headers.collect(), *bearer);
            assert_eq!(answer.is_ok(), *allowed, "{sent:?} bearer: {bearer}");
        }
    }
}
