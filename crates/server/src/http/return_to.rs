//! Where somebody was, and is to come back to after signing in: a page of ours or of an application, and nothing else.

use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::origin::address;
use super::percent::escape;
use super::sign_in_url::SignInUrl;
use crate::server_state::ServerState;

/// Longer addresses are cut by servers and browsers somewhere on their way.
const LONGEST: usize = 4096;

/// The page that is named, as browsers write it; none where it may lead anywhere else, and nobody is told why. A path
/// alone is one of the host that was asked.
pub(crate) fn page(server: &ServerState, headers: &HeaderMap, named: &str) -> Option<String> {
    if named.len() > LONGEST {
        return None;
    }
    let url = if named.starts_with('/') {
        // `//` and `/\` would name a host; what is refused in a sign-in address is refused here.
        let path = SignInUrl::try_from(named.to_owned()).ok()?;
        address(&format!("{}{}", asked_origin(server, headers)?, path.as_str())).ok()?
    } else {
        address(named).ok()?
    };
    (is_ours(server, &url) && !is_a_way_in(server, &url)).then(|| url.into())
}

/// The page that the browser says it comes from.
pub(crate) fn referring_page(server: &ServerState, referrer: Option<&HeaderValue>) -> Option<String> {
    page(server, &HeaderMap::new(), referrer?.to_str().ok()?)
}

/// The address with the page to come back to as the parameter `return_to`.
pub(crate) fn with_page(url: &str, page: Option<&str>) -> String {
    page.map_or_else(|| url.to_owned(), |page| with_parameter(url, "return_to", page))
}

/// The address with one parameter more, before the fragment.
pub(crate) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let (mut address, fragment) = match url.find('#') {
        Some(at) => (url[..at].to_owned(), &url[at..]),
        None => (url.to_owned(), ""),
    };
    address.push(if address.contains('?') { '&' } else { '?' });
    address.push_str(name);
    address.push('=');
    escape(&mut address, value, |character| {
        character.is_ascii_alphanumeric() || "-._~/:".contains(character)
    });
    address.push_str(fragment);
    address
}

/// The origin of the host that was asked; the first of ours where the host is none of ours.
fn asked_origin(server: &ServerState, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|host| server.sites.know(host)) {
        Some(host) => Some(format!("{}://{host}", server.sites.scheme())),
        None => server.own_origins.first().cloned(),
    }
}

fn is_ours(server: &ServerState, url: &Url) -> bool {
    let origin = url.origin().ascii_serialization();
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    server.own_origins.contains(&origin)
        || url.scheme() == server.sites.scheme() && server.sites.know(authority)
        || HeaderValue::from_str(&origin).is_ok_and(|origin| server.applications.have_origin(&origin))
}

/// The page that says what happened, or the one to sign in at: nobody wants to come back there.
fn is_a_way_in(server: &ServerState, url: &Url) -> bool {
    let sign_in = server.sign_in_url.as_ref().map_or("", SignInUrl::as_str);
    let path_of = |written: &str| {
        url.join(written)
            .is_ok_and(|other| (other.origin(), other.path()) == (url.origin(), url.path()))
    };
    path_of(&format!("{}/signed-out", server.prefix)) || !sign_in.is_empty() && path_of(sign_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stands_before_the_fragment() {
        for (url, page, expected) in [
            ("/in", None, "/in"),
            (
                "/in",
                Some("https://a/b?c=d&e#f"),
                "/in?return_to=https://a/b%3Fc%3Dd%26e%23f",
            ),
            ("/in?x=1", Some("https://a/"), "/in?x=1&return_to=https://a/"),
            (
                "https://id/in?x#/door",
                Some("https://a/é"),
                "https://id/in?x&return_to=https://a/%C3%A9#/door",
            ),
        ] {
            assert_eq!(with_page(url, page), expected);
        }
    }
}
