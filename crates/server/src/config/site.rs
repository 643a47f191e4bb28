//! Where an application is: a host, and a part of its paths.

use axum::http::uri::Authority;
use nightlatch_core::path::{Path, PathPattern, Readings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::public_url::is_host;
use super::upstream::{UpstreamAddress, Upstreams};

/// As it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteSection {
    /// The host as browsers show it, with a port where it is not the usual one.
    #[schemars(example = &"app.example")]
    host: String,
    /// The part of the host that this entry is for: this path and everything below it. The longest path decides.
    #[serde(default = "root")]
    path: String,
    /// The application whose limits hold here: a key of `policy.applications`, or any other word that sessions are created
    /// with.
    #[serde(default)]
    #[schemars(example = &"wiki")]
    application: Option<Box<str>>,
    /// Where the proxy passes requests on to: scheme, host and port, or a list of such addresses that share the requests.
    #[serde(default)]
    upstream: Upstreams,
    /// Patterns of paths that everybody may see, such as what the sign-in page needs.
    #[serde(default)]
    open: Vec<PathPattern>,
    /// What happens to preflights: the requests without a cookie that browsers send before a request to another origin.
    #[serde(default)]
    preflights: Preflights,
    /// What happens to paths whose escapes hide slashes, backslashes, other escapes, or bytes that are not UTF-8.
    #[serde(default)]
    escapes: Escapes,
}

/// What becomes of the questions that browsers ask before a request to another origin. They carry no cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Preflights {
    /// They are refused like other requests without a session.
    #[default]
    Refuse,
    /// The application answers them, and is told of no identity.
    Pass,
}

/// What becomes of paths in which escapes hide what tells paths apart: slashes, backslashes, other escapes, and bytes that are
/// not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Escapes {
    /// They are refused.
    #[default]
    Refuse,
    /// They pass if they may pass under every reading that any server can have.
    EveryReading,
}

/// A host and a path on it, and the application whose limits hold there.
#[derive(Clone, Debug)]
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
    /// What everybody may see, such as what the page to sign in at needs.
    pub(crate) open: Vec<PathPattern>,
    pub(crate) preflights: Preflights,
    pub(crate) escapes: Escapes,
}

fn root() -> String {
    "/".to_owned()
}

impl Site {
    pub(crate) fn new(host: &str, path: &str, application: Option<&str>) -> Result<Self, (&'static str, String)> {
        let host = host_of(host).map_err(|problem| ("host", problem))?;
        let (path, below) = place_of(path).map_err(|problem| ("path", problem))?;
        Ok(Self {
            host,
            below,
            path,
            application: application.map(Into::into),
            upstreams: Vec::new(),
            open: Vec::new(),
            preflights: Preflights::default(),
            escapes: Escapes::default(),
        })
    }

    /// What an entry means; else the key that is wrong and why.
    pub(super) fn of(section: SiteSection) -> Result<Self, (String, String)> {
        let SiteSection {
            host,
            path,
            application,
            upstream,
            open,
            preflights,
            escapes,
        } = section;
        for (index, pattern) in open.iter().enumerate() {
            if let Some(foreign) = pattern.of_another_language() {
                return Err((format!("open[{index}]"), foreign.to_string()));
            }
        }
        let site =
            Self::new(&host, &path, application.as_deref()).map_err(|(key, problem)| (key.to_owned(), problem))?;
        Ok(Self {
            upstreams: upstream.0,
            open,
            preflights,
            escapes,
            ..site
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
            preflights: Preflights::default(),
            escapes: Escapes::default(),
        }
    }
}

/// A host in lower case, and its port where it has one.
fn host_of(host: &str) -> Result<Box<str>, String> {
    let mend = "write it as browsers show it, for example `app.example` or `app.example:8443`";
    if host.contains('*') {
        return Err(format!(
            "`{host}` is taken as it is written: a star does not stand for other hosts; add a `[[sites]]` for each host, \
             for example `app.example`"
        ));
    }
    let authority: Option<Authority> = host.parse().ok();
    let port_is_one = |authority: &Authority| authority.as_str() == authority.host() || authority.port_u16().is_some();
    let plain =
        authority.filter(|authority| authority.as_str() == host && is_host(authority.host()) && port_is_one(authority));
    match plain {
        Some(_) => Ok(host.to_ascii_lowercase().into()),
        None => Err(format!("`{host}` is no host; {mend}")),
    }
}

/// A plain path, and the pattern of it and everything below it.
fn place_of(path: &str) -> Result<(Path<'static>, PathPattern), String> {
    let mend = "write a plain path such as `/wiki`; everything below it belongs to it";
    let readings = Readings::of(path).map_err(|error| format!("`{path}`: {error}; {mend}"))?;
    if !readings.others.is_empty() || path.contains(['*', '?']) {
        return Err(format!("`{path}` can be read in several ways; {mend}"));
    }
    let path = readings.canonical.into_owned();
    let below: PathPattern = format!("{}/**", path.as_str().trim_end_matches('/'))
        .parse()
        .map_err(|error| format!("{error}"))?;
    if let Some(foreign) = below.of_another_language() {
        return Err(foreign.to_string());
    }
    Ok((path, below))
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
            ("*.example.com", "/"),
            ("app.example:", "/"),
            ("app.example:99999", "/"),
            ("app..example", "/"),
            ("app.example.", "/"),
            ("~^app", "/"),
            ("{tenant}.example", "/"),
            ("app.example", "/users/:id"),
            ("app.example", "/users/{id}"),
        ] {
            assert!(Site::new(host, path, None).is_err(), "{host} {path}");
        }
    }
}
