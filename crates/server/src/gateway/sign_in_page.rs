//! The page to sign in at, where it is on a host of ours: it is open by itself, or nobody could ever sign in.

use nightlatch_core::path::{Path, Readings};
use url::{Host, Url};

use super::place::Place;
use crate::http::sign_in_url::SignInUrl;

#[derive(Debug)]
pub(super) struct SignInPage {
    /// The one that it is on; none: on the host of each site.
    authority: Option<String>,
    /// As browsers send it.
    sent: String,
    path: Path<'static>,
}

impl SignInPage {
    /// None where no page could be told from others by its path.
    pub(super) fn of(url: &SignInUrl) -> Option<Self> {
        // What browsers make of a path that is written in any letters.
        let base = Url::parse("http://localhost").ok()?;
        let is_relative = url.as_str().starts_with('/');
        let address = base.join(url.as_str()).ok()?;
        let authority = |host: Host<&str>| match address.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Some(Self {
            authority: if is_relative {
                None
            } else {
                address.host().map(authority)
            },
            sent: address.path().to_owned(),
            path: Path::canonical(address.path()).into_owned(),
        })
    }

    /// Its places on hosts where no site covers it.
    pub(super) fn places_of_its_own(&self, places: &[Place]) -> Vec<Place> {
        let mut hosts: Vec<&str> = places.iter().map(Place::authority).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts.retain(|host| {
            let mut on_host = places.iter().filter(|place| place.is_on(host));
            self.is_on(host) && !on_host.any(|place| place.covers(&self.path))
        });
        hosts.iter().filter_map(|host| Place::page(host, &self.path)).collect()
    }

    /// With any query, and nothing but the page itself.
    pub(super) fn is(&self, place: &Place, target: &str, readings: &Readings<'_>) -> bool {
        let raw = target.split('?').next().unwrap_or_default();
        let certain = readings.others.is_empty() && readings.canonical == self.path;
        self.is_on(place.authority()) && (certain || raw == self.sent)
    }

    /// Whether a path is one below it, under any reading.
    pub(super) fn is_above(&self, place: &Place, readings: &Readings<'_>) -> bool {
        let below = |path: &Path<'_>| {
            let rest = path.as_str().strip_prefix(self.path.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        self.is_on(place.authority()) && readings.all().any(below)
    }

    fn is_on(&self, authority: &str) -> bool {
        let own = self.authority.as_deref();
        own.is_none_or(|own| own.eq_ignore_ascii_case(authority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{PublicUrl, Site};
    use crate::gateway::original::Reads as _;
    use crate::gateway::sites::Sites;

    fn is_open(url: &str, host: &str, target: &str) -> bool {
        let site = |host: &str, path: &str| Site::new(host, path, None).expect("a site");
        let sites = Sites::new(
            &PublicUrl::parse("https://app.example").expect("a URL"),
            &[
                site("wiki.example", "/"),
                site("part.example", "/only/here"),
                site("other.example:8443", "/"),
            ],
            Some(&SignInUrl::try_from(url.to_owned()).expect("an address")),
        );
        let readings = sites.readings(host, target).expect("readings");
        sites
            .find(host, &readings)
            .is_ok_and(|place| sites.is_open(place, target, &readings))
    }

    #[test]
    fn the_page_is_open_with_any_query_and_nothing_else_is() {
        for (url, host, target, open) in [
            ("/sign-in", "app.example", "/sign-in", true),
            (
                "/sign-in",
                "APP.example:443",
                "/sign-in?return_to=https://app.example/x",
                true,
            ),
            ("/sign-in", "app.example", "/sign-in/", true),
            ("/sign-in", "app.example", "/sign-in/more", false),
            ("/sign-in", "app.example", "/sign-in;x", false),
            ("/sign-in", "app.example", "/sign%2din", false),
            ("/sign-in", "app.example", "/x/../sign-in", false),
            ("/sign-in", "app.example", "/Sign-In", false),
            ("/sign-in", "app.example", "/", false),
            ("/sign-in", "wiki.example", "/sign-in", true),
            // No site of this host covers it.
            ("/sign-in", "part.example", "/sign-in?x", true),
            ("/sign-in", "part.example", "/sign-in/more", false),
            ("/sign-in?step=1#door", "app.example", "/sign-in", true),
            ("/#/sign-in", "app.example", "/", true),
            ("/#/sign-in", "app.example", "/x", false),
            ("/entrée/café", "app.example", "/entr%C3%A9e/caf%C3%A9?x", true),
            ("/sign%20in", "app.example", "/sign%20in", true),
            ("https://app.example/sign-in", "app.example", "/sign-in", true),
            ("https://APP.example:443/sign-in", "app.example", "/sign-in", true),
            ("https://app.example/sign-in", "wiki.example", "/sign-in", false),
            ("https://other.example:8443/in", "other.example:8443", "/in", true),
            ("https://other.example/in", "other.example:8443", "/in", false),
            ("https://id.example/in", "app.example", "/in", false),
        ] {
            assert_eq!(is_open(url, host, target), open, "{url}: {host}{target}");
        }
    }
}
