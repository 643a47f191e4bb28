//! The request that a proxy asks about, read from the headers of one dialect and no others.

use axum::http::{HeaderMap, HeaderName};
use nightlatch_core::path::{Ambiguous, Readings};

use crate::http::header_name;

/// What is to pass, or not.
#[derive(Debug)]
pub(crate) struct Original<'a> {
    pub(crate) method: &'a str,
    /// With its port, as the client sent it.
    pub(crate) host: &'a str,
    /// Path and query, as the client sent them.
    pub(crate) target: &'a str,
    pub(crate) readings: Readings<'a>,
    /// Where the route says so itself, out of reach of the client.
    pub(crate) application: Option<&'a str>,
    /// Where the proxy can tell: whether a body may follow that no header of the request announces.
    pub(super) may_have_body: bool,
}

/// Who knows how the paths of a host are read.
pub(crate) trait Reads {
    fn readings<'a>(&self, host: &str, target: &'a str) -> Result<Readings<'a>, Ambiguous>;
}

/// Why what the proxy says cannot be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unbelievable {
    #[error("the header `{0}` is missing; let the proxy set it (`nightlatch gateway` prints how)")]
    Missing(HeaderName),
    #[error("the header `{0}` is there more than once; let the proxy set it, not add to what the client sends")]
    Repeated(HeaderName),
    #[error("the header `{0}` is there in another spelling too; let the proxy remove it")]
    Twin(HeaderName),
    #[error("applications take the name of a header for one that only proxies set; let the proxy remove it")]
    TwinOfOurs,
    #[error("the header `{0}` is not plain text")]
    NotText(HeaderName),
    #[error("the header `{0}` has a list where one value is possible")]
    List(HeaderName),
    #[error("the variable `{0}` is missing, there more than once, or not plain text")]
    Variable(&'static str),
    #[error("`{0}` is no method")]
    Method(String),
    #[error("the address is not `http://` or `https://`, a host and a path")]
    Address,
    #[error(
        "the path leads out of the one that the proxy asks at; let the proxy resolve it (`normalize_path` of Envoy)"
    )]
    Outside,
    #[error("the path cannot be told for certain: {0}")]
    Path(#[from] Ambiguous),
}

impl<'a> Original<'a> {
    pub(crate) fn new(
        sites: &impl Reads,
        method: &'a str,
        host: &'a str,
        target: &'a str,
    ) -> Result<Self, Unbelievable> {
        if !is_method(method) {
            return Err(Unbelievable::Method(method.escape_default().take(20).collect()));
        }
        Ok(Self {
            method,
            host,
            target,
            readings: sites.readings(host, target)?,
            application: None,
            may_have_body: false,
        })
    }

    /// The same, with or without a body.
    pub(crate) fn with_body(self, may_have_body: bool) -> Self {
        Self { may_have_body, ..self }
    }

    /// The same from a whole address.
    pub(super) fn of_address(sites: &impl Reads, method: &'a str, address: &'a str) -> Result<Self, Unbelievable> {
        let rest = address
            .strip_prefix("http://")
            .or_else(|| address.strip_prefix("https://"))
            .ok_or(Unbelievable::Address)?;
        let path = rest.find('/').ok_or(Unbelievable::Address)?;
        let (host, target) = rest.split_at(path);
        Self::new(sites, method, host, target)
    }

    /// The same, on a route that says which application it leads to; one without a name says nothing.
    #[cfg(feature = "envoy-grpc")]
    pub(super) fn of_application(self, application: Option<&'a str>) -> Self {
        Self {
            application: application.filter(|name| !name.is_empty()),
            ..self
        }
    }

    /// Whether it only asks for something to look at.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }
}

/// Names of methods are tokens (RFC 9110 section 9.1). They are in capitals: servers disagree on whether `get` is `GET`.
fn is_method(name: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(fine)
}

/// The one value of a header that the proxy sets.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &'static HeaderName) -> Result<&'a str, Unbelievable> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| Unbelievable::Missing(name.clone()))?;
    if values.next().is_some() {
        return Err(Unbelievable::Repeated(name.clone()));
    }
    value.to_str().map_err(|_| Unbelievable::NotText(name.clone()))
}

/// The same where a comma would mean that several proxies have written.
pub(crate) fn only_one_of_a_kind<'a>(
    headers: &'a HeaderMap,
    name: &'static HeaderName,
) -> Result<&'a str, Unbelievable> {
    let value = only(headers, name)?;
    if value.contains(',') {
        return Err(Unbelievable::List(name.clone()));
    }
    Ok(value)
}

/// Refuses other spellings of the headers that are believed, and of those that tell the application who it is: a proxy that
/// keeps the right name from clients may let another through, and the application takes it for ours.
pub(crate) fn no_twins(headers: &HeaderMap, believed: &[&'static HeaderName]) -> Result<(), Unbelievable> {
    for name in headers.keys().filter(|name| header_name::is_odd(name.as_ref())) {
        let reads_as = |own: &&&HeaderName| header_name::reads_as(name.as_ref(), own.as_str());
        if let Some(twin) = believed.iter().find(reads_as) {
            return Err(Unbelievable::Twin((*twin).clone()));
        }
        if header_name::is_ours(name.as_ref()) || header_name::is_forwarding(name.as_ref()) {
            return Err(Unbelievable::TwinOfOurs);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

    struct Strictly;

    impl Reads for Strictly {
        fn readings<'a>(&self, _: &str, target: &'a str) -> Result<Readings<'a>, Ambiguous> {
            Readings::of(target)
        }
    }

    fn headers(sent: &[(&str, &str)]) -> HeaderMap {
        let pairs = sent.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        });
        pairs.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        })
    }

    #[test]
    fn a_header_is_believed_when_it_is_there_once_in_one_spelling() {
        let one = headers(&[("x-forwarded-host", "a.example")]);
        assert_eq!(only_one_of_a_kind(&one, &HOST), Ok("a.example"));
        assert_eq!(no_twins(&one, &[&HOST]), Ok(()));
        let none = headers(&[]);
        assert_eq!(only(&none, &HOST), Err(Unbelievable::Missing(HOST.clone())));
        let two = headers(&[("x-forwarded-host", "a.example"), ("x-forwarded-host", "b.example")]);
        assert_eq!(only(&two, &HOST), Err(Unbelievable::Repeated(HOST.clone())));
        let list = headers(&[("x-forwarded-host", "a.example, b.example")]);
        assert_eq!(only_one_of_a_kind(&list, &HOST), Err(Unbelievable::List(HOST.clone())));
        for twin in [
            "x_forwarded_host",
            "x-forwarded_host",
            "x.forwarded.host",
            "x+forwarded`host",
        ] {
            let twins = headers(&[("x-forwarded-host", "a.example"), (twin, "b.example")]);
            assert_eq!(
                no_twins(&twins, &[&HOST]),
                Err(Unbelievable::Twin(HOST.clone())),
                "{twin}"
            );
        }
    }

    #[test]
    fn nobody_asks_with_another_spelling_of_who_it_is() {
        for odd in b"!#$%&'*+.^_`|~" {
            let odd = char::from(*odd);
            for name in [
                format!("Nightlatch{odd}Subject"),
                format!("nightlatch-idle{odd}remaining"),
                format!("x{odd}real-ip"),
            ] {
                let twin = no_twins(&headers(&[(&name, "root")]), &[]);
                assert_eq!(twin, Err(Unbelievable::TwinOfOurs), "{name}");
            }
        }
        // The right name is replaced by every proxy, and others are the application's business.
        for name in ["nightlatch-subject", "nightlatch", "x_api_key", "subject"] {
            assert_eq!(no_twins(&headers(&[(name, "x")]), &[]), Ok(()), "{name}");
        }
    }

    #[test]
    fn methods_and_addresses_are_exact() {
        for method in ["VERSION-CONTROL", "RPC_IN_DATA", "M-SEARCH", "X2", "A!#$%&'*+-.^_`|~9"] {
            assert!(Original::new(&Strictly, method, "a", "/").is_ok(), "{method:?}");
        }
        for method in ["", "get", "GeT", "GET ", "G/T", "G(T", "GET\t", "GÉT"] {
            assert!(
                matches!(Original::new(&Strictly, method, "a", "/"), Err(Unbelievable::Method(_))),
                "{method:?}"
            );
        }
        let original = Original::of_address(&Strictly, "GET", "https://a.example:8443/b?c=/d").expect("an address");
        assert_eq!((original.host, original.target), ("a.example:8443", "/b?c=/d"));
        for address in ["", "/a", "ftp://a/b", "https://a", "https:/a/b", "HTTPS://a/b"] {
            assert_eq!(
                Original::of_address(&Strictly, "GET", address).map(|_| ()),
                Err(Unbelievable::Address),
                "{address}"
            );
        }
    }
}
