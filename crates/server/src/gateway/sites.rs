//! Which application a request belongs to: told by host and path, which the proxy vouches for, and by nothing else.

use std::borrow::Cow;

use nightlatch_core::path::{Ambiguous, Path, Readings};

use super::original::Reads;
use super::place::Place;
use super::sign_in_page::SignInPage;
use crate::config::{Escapes, PublicUrl, Site};
use crate::http::sign_in_url::SignInUrl;

/// Where applications are.
#[derive(Debug)]
pub(crate) struct Sites {
    scheme: &'static str,
    /// The longest path of a host comes first.
    places: Vec<Place>,
    sign_in_page: Option<SignInPage>,
}

/// Why a request belongs nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Nowhere {
    #[error("no site has this host; name it in `server.public_url` or in a `[[sites]]` of the configuration")]
    UnknownHost,
    #[error("no site has this path; name it in a `[[sites]]` of the configuration")]
    UnknownPath,
    #[error("servers take this path for pages of different applications")]
    Ambiguous,
    #[error(transparent)]
    Uncertain(Ambiguous),
}

impl Sites {
    /// Without a site of its own the host of the public URL is one.
    pub(crate) fn new(public_url: &PublicUrl, sites: &[Site], sign_in_url: Option<&SignInUrl>) -> Self {
        let mut places: Vec<Place> = sites.iter().map(Place::of).collect();
        for authority in public_url.authorities() {
            if !places.iter().any(|place| *place.authority == *authority) {
                places.push(Place::whole(authority));
            }
        }
        let sign_in_page = sign_in_url.and_then(SignInPage::of);
        if let Some(page) = &sign_in_page {
            places.extend(page.places_of_its_own(&places));
        }
        places.sort_by_key(|place| std::cmp::Reverse(place.path.as_str().len()));
        Self {
            scheme: public_url.scheme(),
            places,
            sign_in_page,
        }
    }

    /// The place that a request to this host and path is for.
    pub(crate) fn find(&self, host: &str, readings: &Readings<'_>) -> Result<&Place, Nowhere> {
        let authority = self.authority(host);
        let on_host = || self.places.iter().filter(|place| place.is_on(&authority));
        if on_host().next().is_none() {
            return Err(Nowhere::UnknownHost);
        }
        let place_of = |path: &Path<'_>| on_host().find(|place| place.covers(path));
        let place = place_of(&readings.canonical).ok_or(Nowhere::UnknownPath)?;
        let same = |other: &Path<'_>| place_of(other).is_some_and(|other| std::ptr::eq(other, place));
        match readings.uncertain {
            Some(why) if place.escapes == Escapes::Refuse => Err(Nowhere::Uncertain(why)),
            _ if readings.others.iter().all(same) => Ok(place),
            _ => Err(Nowhere::Ambiguous),
        }
    }

    /// Whether everybody may see this part of a place, however the path is read: what the configuration says, and the very page
    /// to sign in at, which is there for those who are not signed in.
    pub(crate) fn is_open(&self, place: &Place, target: &str, readings: &Readings<'_>) -> bool {
        let page = self.sign_in_page.as_ref();
        place.is_open(readings) || page.is_some_and(|page| page.is(place, target, readings))
    }

    /// Whether a path belongs to the page to sign in at and is not open: to send people from here to that page could go round
    /// in circles.
    pub(crate) fn is_behind_sign_in(&self, place: &Place, readings: &Readings<'_>) -> bool {
        let page = self.sign_in_page.as_ref();
        page.is_some_and(|page| page.is_above(place, readings))
    }

    /// How browsers reach all of them.
    pub(crate) const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Whether anything of ours is on this host.
    pub(crate) fn know(&self, host: &str) -> bool {
        let authority = self.authority(host);
        self.places.iter().any(|place| place.is_on(&authority))
    }

    /// The address of something on the host of a place.
    pub(crate) fn address(&self, place: &Place, path_and_query: &str) -> String {
        format!("{}://{}{path_and_query}", self.scheme, place.authority)
    }

    /// Without the port that goes without saying, and without the dot behind a name that is written to the root.
    fn authority<'a>(&self, host: &'a str) -> Cow<'a, str> {
        let usual = if self.scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(usual).unwrap_or(host);
        match host.strip_suffix('.') {
            Some(name) if !name.contains(':') => Cow::Borrowed(name),
            _ if host.contains(".:") => Cow::Owned(host.replacen(".:", ":", 1)),
            _ => Cow::Borrowed(host),
        }
    }
}

impl Reads for Sites {
    fn readings<'a>(&self, host: &str, target: &'a str) -> Result<Readings<'a>, Ambiguous> {
        let authority = self.authority(host);
        let mut on_host = self.places.iter().filter(|place| place.is_on(&authority));
        if on_host.any(|place| place.escapes == Escapes::EveryReading) {
            Readings::every(target)
        } else {
            Readings::of(target)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites() -> Sites {
        let site =
            |host: &str, path: &str, application: &str| Site::new(host, path, Some(application)).expect("a site");
        let url = PublicUrl::parse("https://app.example").expect("a URL");
        Sites::new(
            &url,
            &[
                site("wiki.example", "/", "wiki"),
                site("wiki.example", "/admin", "wiki-admin"),
                site("other.example:8443", "/only/here", "other"),
            ],
            None,
        )
    }

    #[test]
    fn the_longest_path_of_the_host_decides() {
        let sites = sites();
        for (host, path, application) in [
            ("wiki.example", "/", Ok(Some("wiki"))),
            ("WIKI.example:443", "/page", Ok(Some("wiki"))),
            ("wiki.example", "/admin", Ok(Some("wiki-admin"))),
            ("wiki.example", "/admin/users", Ok(Some("wiki-admin"))),
            ("wiki.example", "/administrators", Ok(Some("wiki"))),
            ("wiki.example", "/page/../admin", Err(Nowhere::Ambiguous)),
            ("app.example", "/anything", Ok(None)),
            ("other.example:8443", "/only/here/x", Ok(Some("other"))),
            ("other.example:8443", "/elsewhere", Err(Nowhere::UnknownPath)),
            ("other.example", "/only/here", Err(Nowhere::UnknownHost)),
            ("wiki.example.", "/", Ok(Some("wiki"))),
            ("Wiki.Example.:443", "/", Ok(Some("wiki"))),
            ("other.example.:8443", "/only/here", Ok(Some("other"))),
            ("wiki.example..", "/", Err(Nowhere::UnknownHost)),
            ("wiki.example.:8443", "/", Err(Nowhere::UnknownHost)),
            ("other.example:8443.", "/only/here", Err(Nowhere::UnknownHost)),
            (".", "/", Err(Nowhere::UnknownHost)),
            ("evil.example", "/", Err(Nowhere::UnknownHost)),
            ("", "/", Err(Nowhere::UnknownHost)),
        ] {
            let readings = Readings::of(path).expect("a path");
            let found = sites.find(host, &readings).map(|place| place.application.as_deref());
            assert_eq!(found, application, "{host}{path}");
        }
    }

    #[test]
    fn addresses_are_absolute_and_ours() {
        let sites = sites();
        let place = sites
            .find("WIKI.example:443", &Readings::of("/").expect("a path"))
            .expect("a place");
        assert_eq!(sites.address(place, "/sign-in?a=b"), "https://wiki.example/sign-in?a=b");
    }
}
