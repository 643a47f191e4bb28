//! What a write must prove: that a page of this origin sent it, and that it is no plain form of somebody else.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use super::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const NIGHTLATCH: HeaderName = HeaderName::from_static("nightlatch");

/// A write from script: the same origin, and the header that no form can send.
pub(crate) fn from_script(origins: &[String], headers: &HeaderMap, bearer: bool) -> Result<(), Problem> {
    same_origin(origins, headers, bearer)?;
    if headers.get(NIGHTLATCH).is_none_or(|value| value != "1") {
        return Err(refused(
            "The header `Nightlatch: 1` is missing; send it with every write.",
        ));
    }
    Ok(())
}

/// The proof of the same origin: what the browser says of the request, else the page's origin. Where a client names its
/// token itself, silence is proof enough: no browser would have added it.
pub(crate) fn same_origin(origins: &[String], headers: &HeaderMap, bearer: bool) -> Result<(), Problem> {
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
        None if bearer => Ok(()),
        None => Err(refused(
            "The request does not show which page it comes from; send `Sec-Fetch-Site` or `Origin`.",
        )),
    }
}

fn refused(detail: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "wrong-origin", "The write is refused", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    #[test]
    fn only_pages_of_this_origin_write() {
        let origins = ["https://app.example".to_owned()];
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
        ];
        for (sent, bearer, allowed) in cases {
            let headers = sent.iter().map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                    HeaderValue::from_static(value),
                )
            });
            let answer = from_script(&origins, &headers.collect(), *bearer);
            assert_eq!(answer.is_ok(), *allowed, "{sent:?} bearer: {bearer}");
        }
    }
}
