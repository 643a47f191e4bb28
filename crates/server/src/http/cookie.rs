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

    pub(crate) fn name(&self) -> &'static str {
        self.name
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

    /// Reads the session cookie; names are compared exactly.
    pub(crate) fn read<'a>(&self, headers: &'a HeaderMap) -> Presented<'a> {
        let mut presented = Presented::Nothing;
        for value in headers.get_all(header::COOKIE) {
            for pair in value.as_bytes().split(|byte| *byte == b';') {
                let Some(token) = self.value(pair.trim_ascii()) else {
                    continue;
                };
                match presented {
                    Presented::Nothing => presented = Presented::One(token),
                    Presented::One(_) | Presented::Several => return Presented::Several,
                }
            }
        }
        presented
    }

    /// Whether a pair of a `Cookie` header is the session's.
    pub(crate) fn is_session(&self, pair: &[u8]) -> bool {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.trim_ascii() == self.name.as_bytes()
    }

    fn value<'a>(&self, pair: &'a [u8]) -> Option<&'a str> {
        let value = pair.strip_prefix(self.name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok()
    }
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
        ] {
            assert_eq!(rules.read(&headers(cookie)), presented, "{cookie}");
        }
    }
}
