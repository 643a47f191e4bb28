//! What a request says of the states it knows: the lists of entity tags in its headers (RFC 9110 section 13).

use axum::http::{HeaderMap, HeaderName, header};

/// Whether `If-None-Match` names this tag, compared weakly: it only saves sending what the client has.
pub(crate) fn knows(headers: &HeaderMap, tag: &str) -> bool {
    listed(headers, &header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The tags of a header, over all its lines.
pub(crate) fn listed<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(tags)
}

/// The entries of a list of tags. A comma within quotes belongs to the tag.
fn tags(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    })
    .map(str::trim)
    .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_known_state_is_named_weakly_or_not_in_any_list() {
        for (lines, known) in [
            (&["\"a,b\""][..], true),
            (&["W/\"a,b\""], true),
            (&["\"c\" , \"a,b\""], true),
            (&["\"c\"", "\"a,b\""], true),
            (&["*"], true),
            (&[], false),
            (&["\"c\""], false),
            (&["a,b"], false),
            (&["\"a\", \"b\""], false),
        ] {
            let value = |line: &&'static str| (header::IF_NONE_MATCH, HeaderValue::from_static(line));
            let headers = lines.iter().map(value).collect();
            assert_eq!(knows(&headers, "\"a,b\""), known, "{lines:?}");
        }
    }
}
