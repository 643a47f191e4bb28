//! The session cookie: its name, its attributes, and reading it back.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::PublicUrl;

/// The cookie of this server.
#[derive(Clone, Debug)]
pub(crate) struct CookieRules {
    name: &'static str,
    attributes: &'static str,
}

/// What a request's cookies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    Nothing,
    One(&'a str),
    /// Two cookies of the name: somebody planted one, and nobody can tell which.
    Several,
}

impl CookieRules {
    pub(crate) fn new(public_url: &PublicUrl) -> Self {
        if public_url.is_https() {
            // The prefix makes browsers refuse the cookie from a sub-domain or over plain HTTP.
            Self {
                name: "__Host-nightlatch",
                attributes: "; Path=/; HttpOnly; SameSite=Lax; Secure",
            }
        } else {
            // On loopback only: browsers refuse the prefix without TLS.
            Self {
                name: "nightlatch",
                attributes: "; Path=/; HttpOnly; SameSite=Lax",
            }
        }
    }

    /// Whether the cookie is for TLS alone.
    pub(crate) fn is_secure(&self) -> bool {
        self.attributes.ends_with("Secure")
    }

    /// The value of `Set-Cookie` that hands a token over. It lives as long as the browser; the server decides how long it is good.
    pub(crate) fn set(&self, token: &str) -> String {
        format!("{}={token}{}", self.name, self.attributes)
    }

    pub(crate) fn clear(&self) -> HeaderValue {
        let text = format!("{}={}; Max-Age=0", self.name, self.attributes);
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Reads the session cookie. Its name is compared exactly, and counts whatever its value is.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap) -> Presented<'a> {
        let mut presented = Presented::Nothing;
        for value in headers.get_all(header::COOKIE) {
            for pair in value.as_bytes().split(|byte| *byte == b';') {
                let (name, value) = name_and_value(pair);
                if name != self.name.as_bytes() {
                    continue;
                }
                match presented {
                    // A token is plain text: what is none names no session.
                    Presented::Nothing => presented = Presented::One(std::str::from_utf8(value).unwrap_or_default()),
                    Presented::One(_) | Presented::Several => return Presented::Several,
                }
            }
        }
        presented
    }
}

/// Every name that the cookie has, had or may have: a browser keeps one from before the site got TLS.
const NAMES: [&str; 5] = [
    "nightlatch",
    "__Host-nightlatch",
    "__Secure-nightlatch",
    "__Host-Http-nightlatch",
    "__Http-nightlatch",
];

/// Whether a pair of a `Cookie` header may be a session's, under any of its names. What is kept from applications is not
/// compared exactly: browsers do not compare prefixes so either.
pub(crate) fn is_session(pair: &[u8]) -> bool {
    let (name, _) = name_and_value(pair);
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

fn name_and_value(pair: &[u8]) -> (&[u8], &[u8]) {
    let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let (name, value) = pair.split_at(end);
    (
        name.trim_ascii(),
        value.strip_prefix(b"=").unwrap_or(value).trim_ascii(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(url: &str) -> CookieRules {
        CookieRules::new(&PublicUrl::parse(url).expect("a URL"))
    }

    fn headers(cookie: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))])
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_the_host() {
        let cookie = rules("https://app.example").set("T");
        assert_eq!(cookie, "__Host-nightlatch=T; Path=/; HttpOnly; SameSite=Lax; Secure");
        let clear = rules("https://app.example").clear();
        assert_eq!(
            clear,
            "__Host-nightlatch=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"
        );
    }

    #[test]
    fn on_loopback_it_has_neither_prefix_nor_secure() {
        assert_eq!(
            rules("http://127.0.0.1:8700").set("T"),
            "nightlatch=T; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn names_are_exact_and_duplicates_are_told() {
        let rules = rules("https://app.example");
        for (cookie, presented) in [
            ("a=b; __Host-nightlatch=T; c=d", Presented::One("T")),
            ("__host-nightlatch=evil; __Host-nightlatch=T", Presented::One("T")),
            ("__Host-nightlatch=evil; __Host-nightlatch=T", Presented::Several),
            ("nightlatch=T; x__Host-nightlatch=T", Presented::Nothing),
            ("__Host-nightlatch =T", Presented::One("T")),
            ("__Host-nightlatch=T; __Host-nightlatch =T", Presented::Several),
            ("__Host-nightlatch; __Host-nightlatch=T", Presented::Several),
        ] {
            assert_eq!(rules.read(&headers(cookie)), presented, "{cookie}");
        }
        let odd = HeaderValue::from_bytes(b"__Host-nightlatch=\xff; __Host-nightlatch=T").expect("a value");
        let odd = HeaderMap::from_iter([(header::COOKIE, odd)]);
        assert_eq!(rules.read(&odd), Presented::Several, "one of them is no text");
    }
}
