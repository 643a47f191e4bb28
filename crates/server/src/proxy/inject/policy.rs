//! Whether a page's Content-Security-Policy lets our own script in, as it stands. No policy is ever changed.

use axum::http::{HeaderMap, HeaderValue, header};

use super::Site;

/// All policies of a page; what runs must be allowed by each.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies(Vec<Policy>);

/// One policy: directives with their sources, in lower case but for nonces.
#[derive(Clone, Debug)]
struct Policy(Vec<(String, Vec<String>)>);

/// How our script may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As a file of the page's own origin.
    Plain,
    /// With the nonce that the page has for its own scripts.
    Nonce(String),
}

impl Policies {
    /// Those of the headers; none where one cannot be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut policies = Self::default();
        for value in headers.get_all(header::CONTENT_SECURITY_POLICY) {
            policies.add(HeaderValue::to_str(value).ok()?);
        }
        Some(policies)
    }

    /// One more, or several with commas between them.
    pub(super) fn add(&mut self, text: &str) {
        self.0.extend(text.split(',').map(Policy::read));
    }

    /// How a script of ours may come into a page of this site, if it may and can do its work.
    pub(super) fn way(&self, site: &Site) -> Option<Way> {
        let works = |policy: &Policy| !policy.has("sandbox") && policy.allows(&["connect-src", "default-src"], site);
        if !self.0.iter().all(works) {
            return None;
        }
        let plain = |policy: &Policy| policy.allows(&SCRIPT, site);
        if self.0.iter().all(plain) {
            return Some(Way::Plain);
        }
        let nonces = self.0.iter().flat_map(Policy::nonces);
        let fits = |nonce: &&str| {
            let allows = |policy: &Policy| plain(policy) || policy.nonces().any(|other| other == *nonce);
            self.0.iter().all(allows)
        };
        nonces.into_iter().find(fits).map(|nonce| Way::Nonce(nonce.to_owned()))
    }
}

/// The first of them that a policy has decides.
const SCRIPT: [&str; 3] = ["script-src-elem", "script-src", "default-src"];

impl Policy {
    fn read(text: &str) -> Self {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else {
                continue;
            };
            // Of two with one name the first counts.
            if directives.iter().all(|(known, _)| *known != name) {
                directives.push((name, words.map(source).collect()));
            }
        }
        Self(directives)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    fn sources(&self, names: &[&str]) -> Option<&[String]> {
        let directive = |name: &&str| self.0.iter().find(|(known, _)| known == *name);
        names.iter().find_map(directive).map(|(_, sources)| &**sources)
    }

    /// Whether a file of the page's own origin is allowed, by nothing but where it is.
    fn allows(&self, names: &[&str], site: &Site) -> bool {
        let Some(sources) = self.sources(names) else {
            return true;
        };
        let strict = sources.iter().any(|source| source == "'strict-dynamic'");
        !strict && sources.iter().any(|source| is_own_origin(source, site))
    }

    fn nonces(&self) -> impl Iterator<Item = &str> {
        let sources = self.sources(&SCRIPT).unwrap_or_default();
        sources
            .iter()
            .filter_map(|source| source.strip_prefix("'nonce-")?.strip_suffix('\''))
            .filter(|nonce| is_nonce(nonce))
    }
}

fn source(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    match (lower.strip_prefix("'nonce-"), word.split_once('-')) {
        (Some(_), Some((_, rest))) => format!("'nonce-{rest}"),
        _ => lower,
    }
}

/// What cannot end an attribute.
fn is_nonce(nonce: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    !nonce.is_empty() && nonce.bytes().all(plain)
}

/// Of the sources that would do, those that leave no doubt.
fn is_own_origin(source: &str, site: &Site) -> bool {
    let Site { scheme, host } = site;
    source == "'self'"
        || source == "*"
        || source.strip_suffix(':') == Some(*scheme)
        || source.eq_ignore_ascii_case(host)
        || source
            .strip_prefix(*scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|rest| rest.trim_end_matches('/').eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(policies: &[&str]) -> Option<Way> {
        let mut all = Policies::default();
        for policy in policies {
            all.add(policy);
        }
        let site = Site {
            scheme: "https",
            host: "app.example".into(),
        };
        all.way(&site)
    }

    #[test]
    fn our_own_file_comes_in_where_the_page_lets_it() {
        for policies in [
            &[][..],
            &["default-src 'self'"],
            &["script-src 'self'"],
            &["SCRIPT-SRC 'SELF' cdn.example"],
            &["script-src *"],
            &["default-src https:"],
            &["script-src https://app.example; connect-src https://app.example/"],
            &["default-src 'none'; script-src-elem 'self'; connect-src 'self'"],
            &["img-src 'none'; frame-ancestors 'none'"],
            &["script-src 'none'; script-src-elem 'self'"],
            &["default-src 'self', script-src app.example"],
        ] {
            assert_eq!(way(policies), Some(Way::Plain), "{policies:?}");
        }
    }

    #[test]
    fn with_the_nonce_of_the_page_where_it_has_one() {
        for policies in [
            &["script-src 'nonce-R4nd0m+/=='"][..],
            &["script-src 'nonce-R4nd0m+/==' 'strict-dynamic'; base-uri 'none'"],
            &[
                "default-src 'self'",
                "script-src 'NONCE-R4nd0m+/==' 'strict-dynamic' 'self'",
            ],
            &[
                "script-src 'nonce-other' 'nonce-R4nd0m+/=='",
                "script-src 'nonce-R4nd0m+/=='",
            ],
        ] {
            assert_eq!(way(policies), Some(Way::Nonce("R4nd0m+/==".to_owned())), "{policies:?}");
        }
    }

    #[test]
    fn and_not_at_all_otherwise() {
        for policies in [
            &["default-src 'none'"][..],
            &["script-src"],
            &["script-src 'none'"],
            &["script-src cdn.example"],
            &["script-src http://app.example"],
            &["script-src 'unsafe-inline'"],
            &["script-src 'self' 'strict-dynamic'"],
            &["script-src 'sha256-abc='"],
            &["script-src 'nonce-a\"b'"],
            &["script-src 'nonce-'"],
            &["script-src 'self'", "script-src 'none'"],
            &["script-src 'nonce-one'", "script-src 'nonce-other'"],
            &["script-src 'self'; connect-src api.example"],
            &["default-src 'none'; script-src 'self'"],
            &["sandbox allow-scripts"],
            &["script-src 'none'; script-src 'self'"],
        ] {
            assert_eq!(way(policies), None, "{policies:?}");
        }
    }
}
