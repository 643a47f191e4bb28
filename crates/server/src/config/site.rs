//! Where an application is: a host, and a part of its paths.

use axum::http::uri::Authority;
use nightlatch_core::path::{Path, PathPattern, Readings};
use serde::Deserialize;

use super::upstream::{UpstreamAddress, Upstreams};

/// As it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    host: String,
    #[serde(default = "root")]
    path: String,
    #[serde(default)]
    application: Option<Box<str>>,
    #[serde(default)]
    upstream: Upstreams,
    #[serde(default)]
    open: Vec<PathPattern>,
}

/// A host and a path on it, and the application whose limits hold there.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Site {
    /// In lower case, with a port where it is not the usual one.
    pub(crate) host: Box<str>,
    pub(crate) path: Path<'static>,
    /// The path, and everything below it.
    pub(crate) below: PathPattern,
    /// A key of `policy.applications`, or any other word that sessions are created with.
    pub(crate) application: Option<Box<str>>,
    /// Where the proxy passes requests on to; none where another proxy does.
    pub(crate) upstreams: Vec<UpstreamAddress>,
    /// What the proxy shows to everybody, such as the page to sign in at.
    pub(crate) open: Vec<PathPattern>,
}

fn root() -> String {
    "/".to_owned()
}

impl Site {
    pub(crate) fn new(host: &str, path: &str, application: Option<&str>) -> Result<Self, String> {
        let authority: Result<Authority, _> = host.parse();
        let plain = authority.is_ok_and(|authority| authority.as_str() == host && !host.contains('@'));
        if !plain {
            return Err(format!(
                "`{host}` is no host; write it as browsers show it, for example `app.example` or `app.example:8443`"
            ));
        }
        let mend = "write a plain path such as `/wiki`";
        let readings = Readings::of(path).map_err(|error| format!("path `{path}`: {error}; {mend}"))?;
        if !readings.others.is_empty() || path.contains(['*', '?']) {
            return Err(format!("path `{path}` can be read in several ways; {mend}"));
        }
        let path = readings.canonical.into_owned();
        let below = format!("{}/**", path.as_str().trim_end_matches('/')).parse();
        Ok(Self {
            host: host.to_ascii_lowercase().into(),
            below: below.map_err(|error| format!("{error}"))?,
            path,
            application: application.map(Into::into),
            upstreams: Vec::new(),
            open: Vec::new(),
        })
    }

    /// All of a host.
    pub(crate) fn whole(host: String) -> Self {
        Self {
            host: host.into(),
            path: Path::canonical("/").into_owned(),
            below: PathPattern::everything(),
            application: None,
            upstreams: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl TryFrom<Written> for Site {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let site = Self::new(&written.host, &written.path, written.application.as_deref())?;
        Ok(Self {
            upstreams: written.upstream.0,
            open: written.open,
            ..site
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_kept_in_lower_case_and_paths_tidy() {
        let site = Site::new("App.Example:8443", "/wiki/", Some("wiki")).expect("a site");
        assert_eq!((&*site.host, site.path.as_str()), ("app.example:8443", "/wiki"));
        assert!(Site::new("[::1]:80", "/", None).is_ok());
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (host, path) in [
            ("", "/"),
            ("https://app.example", "/"),
            ("app.example/x", "/"),
            ("user@app.example", "/"),
            ("app example", "/"),
            ("app.example", "wiki"),
            ("app.example", "/a/../b"),
            ("app.example", "/a%2fb"),
            ("app.example", "/a/**"),
            ("app.example", "/a?b"),
        ] {
            assert!(Site::new(host, path, None).is_err(), "{host} {path}");
        }
    }
}
