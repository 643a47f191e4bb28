//! Patterns in the languages of other programs: `/users/:id`, `/users/{id}`, `/api/v[0-9]/x`, `^/admin$`. They are legal
//! here, and match what is written and nothing else.

use std::fmt;

use super::PathPattern;

/// A pattern that seems to be written in another language, and the same in ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    written: Box<str>,
    /// The segment that gives it away.
    segment: Box<str>,
    ours: PathPattern,
}

impl Foreign {
    pub(super) fn of(pattern: &PathPattern) -> Option<Self> {
        let given_away = pattern.segments().find(|segment| meaning(segment).is_some())?.into();
        let segments: Vec<&str> = pattern
            .segments()
            .map(|segment| meaning(segment).unwrap_or(segment))
            .collect();
        Some(Self {
            written: pattern.as_str().into(),
            segment: given_away,
            ours: format!("/{}", segments.join("/")).parse().ok()?,
        })
    }

    /// The pattern that is likely meant.
    #[must_use]
    pub fn ours(&self) -> &PathPattern {
        &self.ours
    }

    /// What is odd about it.
    #[must_use]
    pub fn problem(&self) -> String {
        format!(
            "`{}` matches nothing but itself: `{}` is taken as it is written",
            self.written, self.segment
        )
    }

    /// What to write.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!(
            "write `{}`: `*` stands for one segment, `**` for any number",
            self.ours.as_str()
        )
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem(), self.remedy())
    }
}

/// What a segment of another language stands for in ours; none where it may well be a plain name.
fn meaning(segment: &str) -> Option<&'static str> {
    let name_after = |sign: char| {
        segment
            .strip_prefix(sign)
            .is_some_and(|name| name.starts_with(is_letter))
    };
    let enclosed = |open: char, close: char| {
        let inside = segment.split_once(open)?.1.rsplit_once(close)?.0;
        Some(inside)
    };
    let many = |inside: &str| {
        inside.starts_with(['*', '.']) || inside.ends_with('+') || inside.ends_with(".+") || inside.starts_with("path:")
    };
    // Express and Rails: `:id`. OpenAPI, axum and Spring: `{id}`, `{*rest}`. Flask: `<id>`. Next.js: `[id]`, `[...rest]`.
    if name_after(':') {
        return Some(if segment.ends_with(['+', '*']) { "**" } else { "*" });
    }
    for (open, close) in [('{', '}'), ('<', '>'), ('[', ']')] {
        if let Some(inside) = enclosed(open, close) {
            return Some(if many(inside) { "**" } else { "*" });
        }
    }
    // Regular expressions. A dollar in front, or brackets alone, are in paths of OData and of others.
    let is_regex = segment.starts_with('^')
        || segment.contains('\\')
        || segment.len() > 1 && segment.ends_with('$')
        || segment.contains("(?")
        || segment.contains('(') && segment.contains('|')
        || segment.ends_with(".+");
    is_regex.then_some(if segment.ends_with(".+") { "**" } else { "*" })
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(written: &str) -> Option<String> {
        let pattern: PathPattern = written.parse().expect("a pattern");
        Foreign::of(&pattern).map(|foreign| foreign.ours().as_str().to_owned())
    }

    #[test]
    fn patterns_of_other_programs_have_a_translation() {
        for (written, translated) in [
            ("/users/:id", "/users/*"),
            ("/users/:id/posts", "/users/*/posts"),
            ("/users/{id}", "/users/*"),
            ("/files/{path:path}", "/files/**"),
            ("/files/{proxy+}", "/files/**"),
            ("/files/<path:rest>", "/files/**"),
            ("/users/<int:id>", "/users/*"),
            ("/api/v[0-9]/x", "/api/*/x"),
            ("/docs/[...slug]", "/docs/**"),
            ("/^admin$", "/*"),
            ("/user-\\d+", "/*"),
            ("/(admin|root)", "/*"),
            ("/admin/.+", "/admin/**"),
        ] {
            assert_eq!(ours(written).as_deref(), Some(translated), "{written}");
        }
    }

    #[test]
    fn plain_paths_are_left_alone() {
        for written in [
            "/",
            "/**",
            "/users/*",
            "/v1/things:batch",
            "/odata/Products(1)",
            "/odata/$metadata",
            "/a+b",
            "/a.b",
            "/@user",
            "/~ada",
            "/:",
            "/a,b;c=d",
            "/a!b",
            "/50$-off",
            "/c++",
        ] {
            assert_eq!(ours(written), None, "{written}");
        }
    }
}
