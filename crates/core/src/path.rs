//! Request paths in canonical form, and the patterns that rules compare them with (LIFETIME section 1).

mod foreign;
mod readings;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::foreign::Foreign;
pub use self::readings::{Ambiguous, Hidden, Readings};

/// A path in canonical form: `/` or `/segment/segment`, decoded once, without query, fragment, empty or dot segments.
/// Borrows the request's own text where that is canonical already, as it nearly always is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Path<'a>(Cow<'a, str>);

impl<'a> Path<'a> {
    /// Brings the path of a request into canonical form. Bytes that are not UTF-8 after decoding become U+FFFD,
    /// which no pattern names; a malformed escape stays as it is.
    #[must_use]
    pub fn canonical(raw: &'a str) -> Self {
        let end = raw.find(['?', '#']).unwrap_or(raw.len());
        let raw = &raw[..end];
        if is_canonical(raw) {
            return Self(Cow::Borrowed(raw));
        }
        Self::resolved(&percent_decode(raw))
    }

    /// The page that somebody names who asks about one, where anything but a path is a mistake.
    pub fn of_page(text: &'a str) -> Result<Self, PageError> {
        let named = |path: &str| path.split(['?', '#']).next().unwrap_or_default().to_owned();
        if !text.starts_with('/') {
            let Some((_, rest)) = text.split_once("://") else {
                return Err(PageError::NoLeadingSlash(text.to_owned()));
            };
            let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
            return Err(PageError::Url(text.to_owned(), named(path)));
        }
        if named(text).split('/').any(|segment| matches!(segment, "*" | "**")) {
            let page = named(text).replace("**", "x").replace('*', "x");
            return Err(PageError::Pattern(text.to_owned(), page));
        }
        Ok(Self::canonical(text))
    }

    /// Of a text that is decoded already: without its empty and dot segments.
    fn resolved(decoded: &str) -> Path<'static> {
        let mut segments: Vec<&str> = Vec::new();
        for segment in decoded.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                name => segments.push(name),
            }
        }
        Path(Cow::Owned(format!("/{}", segments.join("/"))))
    }

    /// The path as a server reads it that neither decodes nor tidies up: patterns see its dots and its escapes.
    fn as_sent(raw: &str) -> Path<'static> {
        Path(Cow::Owned(raw.to_owned()))
    }

    /// The same path with its own text.
    #[must_use]
    pub fn into_owned(self) -> Path<'static> {
        Path(Cow::Owned(self.0.into_owned()))
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `above`, which ends in no slash, or lies below it.
    #[must_use]
    pub fn is_at_or_below(&self, above: &str) -> bool {
        let rest = self.0.strip_prefix(above);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn segments(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.split('/').filter(|segment| !segment.is_empty())
    }
}

fn is_canonical(raw: &str) -> bool {
    raw == "/"
        || raw.strip_prefix('/').is_some_and(|segments| {
            !raw.contains('%') && segments.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        })
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?)))
            .flatten();
        if let Some((high, low)) = escape {
            decoded.push(high << 4 | low);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Why a text names no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It has a scheme and a host.
    #[error("`{0}` is a URL, and rules match paths; write `{1}`")]
    Url(String, String),
    /// It would be read as something else.
    #[error("`{0}` is not a path; write `/{0}`")]
    NoLeadingSlash(String),
    /// It means many pages.
    #[error("`{0}` is a pattern; name one page, for example `{1}`")]
    Pattern(String, String),
}

/// A pattern such as `/billing/**`: `*` is exactly one segment, `**` any number of them, none included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathPattern(Box<str>);

/// Why a text is not a path pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It would never match: canonical paths begin with a slash.
    #[error("the pattern `{0}` never matches; a path begins with `/`, so write `{path}`", path = with_slash(.0))]
    NoLeadingSlash(String),
    /// A star stands for whole segments alone.
    #[error(
        "the pattern `{0}` has a star inside a segment; `*` and `**` stand for whole segments, so write `{whole}`",
        whole = whole_segments(.0)
    )]
    StarInsideSegment(String),
}

/// The path that is likely meant by a pattern that does not begin with one: without scheme and host, and without the signs
/// of a regular expression.
fn with_slash(text: &str) -> String {
    let text = text.trim().trim_start_matches(['~', '^', ' ']);
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/**", |slash| &rest[slash..]),
        None => text,
    };
    whole_segments(&format!("/{}", path.trim_start_matches('/')))
}

/// A pattern whose segments with a star inside are stars as a whole. What such a one ends with stands for everything below.
fn whole_segments(text: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = text.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = rest.next() {
        let is_last = rest.peek().is_none();
        let start = segment.trim_end_matches(['*', '.', '(', ')', '$']);
        if !segment.contains('*') || matches!(segment, "*" | "**") {
            segments.push(segment);
        } else if is_last && segment.ends_with(['*', '$', ')']) {
            segments.extend(Some(start).filter(|start| !start.is_empty() && !start.contains('*')));
            segments.push("**");
        } else {
            segments.push("*");
        }
    }
    format!("/{}", segments.join("/"))
}

impl PathPattern {
    /// `/**`: every path.
    #[must_use]
    pub fn everything() -> Self {
        Self("/**".into())
    }

    /// Whether the pattern covers the whole of `path`. The pattern is compared as written.
    #[must_use]
    pub fn matches(&self, path: &Path<'_>) -> bool {
        // The pattern of most places and rules, asked for every request.
        *self.0 == *"/**" || matches_segments(self.segments(), path.segments())
    }

    /// Whether this pattern matches every path that `other` matches, as far as can be told from the words alone: never true
    /// where it is not so.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let others: Vec<&str> = other.segments().collect();
        // Which beginnings of `others` the segments so far can cover, by length.
        let mut covered = vec![false; others.len() + 1];
        covered[0] = true;
        for own in self.segments() {
            let mut next = vec![false; others.len() + 1];
            for at in 0..covered.len() {
                if own == "**" {
                    next[at] = covered[at] || at > 0 && next[at - 1];
                } else if at > 0 && covered[at - 1] {
                    let other = others[at - 1];
                    next[at] = other != "**" && (own == "*" || own == other);
                }
            }
            covered = next;
        }
        covered[others.len()]
    }

    /// Whether it seems to be written in the language of another program, where its words stand for other paths.
    #[must_use]
    pub fn of_another_language(&self) -> Option<Foreign> {
        Foreign::of(self)
    }

    /// The segments as written, empty ones included.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> + Clone {
        let written = &self.0[1..];
        written.split('/').filter(|_| !written.is_empty())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Greedy with one point of return, as in shell globs: only the last `**` ever needs to take one segment more.
fn matches_segments<'a>(
    mut pattern: impl Iterator<Item = &'a str> + Clone,
    mut path: impl Iterator<Item = &'a str> + Clone,
) -> bool {
    let mut last_stars = None;
    loop {
        let unread = path.clone();
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("**"), _) => {
                path = unread.clone();
                last_stars = Some((pattern.clone(), unread));
            }
            (Some(name), Some(segment)) if name == "*" || name == segment => {}
            _ => {
                let Some((after_stars, mut taken)) = last_stars else {
                    return false;
                };
                if taken.next().is_none() {
                    return false;
                }
                pattern = after_stars.clone();
                path = taken.clone();
                last_stars = Some((after_stars, taken));
            }
        }
    }
}

impl FromStr for PathPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let Some(segments) = text.strip_prefix('/') else {
            return Err(PatternError::NoLeadingSlash(text.to_owned()));
        };
        if segments
            .split('/')
            .any(|segment| segment.contains('*') && segment != "*" && segment != "**")
        {
            return Err(PatternError::StarInsideSegment(text.to_owned()));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for PathPattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl From<PathPattern> for String {
    fn from(pattern: PathPattern) -> Self {
        pattern.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        pattern
            .parse::<PathPattern>()
            .is_ok_and(|pattern| pattern.matches(&Path::canonical(path)))
    }

    #[test]
    fn paths_become_canonical() {
        for (raw, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("home", "/home"),
            ("//admin//a/", "/admin/a"),
            ("/a/./b/../c", "/a/c"),
            ("/../../admin", "/admin"),
            ("/files/%2e%2E/admin", "/admin"),
            ("/a%2Fb", "/a/b"),
            ("/%252e%252e/x", "/%2e%2e/x"),
            ("/bad%zz%2", "/bad%zz%2"),
            ("/Admin?next=/x#y", "/Admin"),
            ("/a#b?c", "/a"),
            ("/%3Fx", "/?x"),
            ("/caf%C3%A9", "/café"),
            ("/%C0%AE%C0%AE/x", "/\u{fffd}\u{fffd}\u{fffd}\u{fffd}/x"),
        ] {
            assert_eq!(Path::canonical(raw).as_str(), canonical, "{raw}");
        }
    }

    #[test]
    fn stars_stand_for_whole_segments() {
        for (pattern, path, expected) in [
            ("/billing/**", "/billing", true),
            ("/billing/**", "/billing/a/b", true),
            ("/billing/**", "/billings", false),
            ("/**", "/", true),
            ("/*", "/", false),
            ("/*", "/a", true),
            ("/*", "/a/b", false),
            ("/", "/", true),
            ("/", "/a", false),
            ("/x/**/z", "/x/z", true),
            ("/x/**/z", "/x/y/z/z", true),
            ("/x/**/z", "/x/z/q", false),
            ("/**/a/**/b", "/a/a/c/b/b", true),
            ("/**/a/*", "/a/a/a/b", true),
            ("/**/a/*", "/a/a/b/b", false),
            ("/billing/", "/billing", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_cover_what_is_narrower() {
        for (wide, narrow, expected) in [
            ("/**", "/", true),
            ("/**", "/a/*/**", true),
            ("/a/**", "/a", true),
            ("/a/**", "/a/*", true),
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/*", true),
            ("/**/b", "/a/**/b", true),
            ("/a/*", "/a/**", false),
            ("/*", "/**", false),
            ("/a", "/*", false),
            ("/a/**", "/**", false),
            ("/**/b", "/b/*", false),
        ] {
            let pattern = |text: &str| text.parse::<PathPattern>().expect("a pattern");
            assert_eq!(pattern(wide).covers(&pattern(narrow)), expected, "{wide} {narrow}");
        }
    }

    #[test]
    fn a_page_is_a_path() {
        assert_eq!(Path::of_page("/admin/?a=b").as_ref().map(Path::as_str), Ok("/admin"));
        for (written, proposed) in [
            ("https://app.example/admin?x=1", "/admin"),
            ("https://app.example", "/"),
            ("admin", "/admin"),
            ("/admin/**", "/admin/x"),
            ("", "/"),
        ] {
            let error = Path::of_page(written).expect_err(written).to_string();
            assert_eq!(error.rsplit('`').nth(1), Some(proposed), "{error}");
            assert!(Path::of_page(proposed).is_ok());
        }
    }

    #[test]
    fn what_a_refused_pattern_proposes_is_a_pattern() {
        for (written, proposed) in [
            ("admin", "/admin"),
            ("admin/**", "/admin/**"),
            ("https://app.example/admin/**", "/admin/**"),
            ("https://app.example", "/**"),
            ("*.example.com/admin", "/*/admin"),
            ("~ ^/admin/.*$", "/admin/**"),
            ("^/admin", "/admin"),
            ("*.php", "/*"),
            ("", "/"),
            ("/admin*", "/admin/**"),
            ("/admin/.*", "/admin/**"),
            ("/***", "/**"),
            ("/a/*.php", "/a/*"),
            ("/a*/b", "/*/b"),
        ] {
            let error = written.parse::<PathPattern>().expect_err(written);
            let told = error.to_string();
            let told = told.rsplit('`').nth(1).expect("a proposal");
            assert_eq!(told, proposed, "{written}");
            assert!(told.parse::<PathPattern>().is_ok(), "{written}");
        }
    }

    #[test]
    fn patterns_that_cannot_mean_what_they_say_are_refused() {
        assert!(matches!(
            "/a*".parse::<PathPattern>(),
            Err(PatternError::StarInsideSegment(_))
        ));
        assert!(matches!(
            "/***".parse::<PathPattern>(),
            Err(PatternError::StarInsideSegment(_))
        ));
        assert!(matches!(
            "admin/**".parse::<PathPattern>(),
            Err(PatternError::NoLeadingSlash(_))
        ));
    }
}
