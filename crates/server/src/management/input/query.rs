//! The query string: known keys, each at most once, percent-encoded UTF-8.

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;
use crate::management::signature::{Input, OperationDescription};

pub(in crate::management) struct Query<T>(pub(in crate::management) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if !is_utf8(parts.uri.query().unwrap_or_default()) {
            return Err(Problem::bad_request("The query string is not percent-encoded UTF-8."));
        }
        let parsed = axum::extract::Query::try_from_uri(&parts.uri);
        parsed
            .map(|query| Self(query.0))
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))
    }
}

/// For operations that read none: who writes `?dry_run=true` in the wrong place means something else than what would happen.
pub(in crate::management) async fn no_query(request: Request, next: Next) -> Result<Response, Problem> {
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::bad_request(
            "This operation takes no query; what it reads stands in the path or the body.",
        ));
    }
    Ok(next.run(request).await)
}

impl<T: JsonSchema> Input for Query<T> {
    const READS_QUERY: bool = true;

    fn description(description: &mut OperationDescription<'_>) {
        description.query::<T>();
    }
}

/// What reads the pairs would put other characters in the place of what is not, and so ask for something else.
fn is_utf8(query: &str) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let (Some(high), Some(low)) = (nibble(*high), nibble(*low)) else {
                    return false;
                };
                bytes.push(high << 4 | low);
                rest = tail;
            }
            (b'%', _) => return false,
            (plain, tail) => {
                bytes.push(*plain);
                rest = tail;
            }
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_escapes_of_utf8_are_read() {
        for query in ["", "a=b&c=%C3%BC", "a=%00", "a=%E5%B1%B1%25", "a=+"] {
            assert!(is_utf8(query), "{query}");
        }
        for query in [
            "a=%",
            "a=%4",
            "a=%4g",
            "a=%zz",
            "a=%FF",
            "a=%C3",
            "%ED%A0%80=1",
            "a=100%",
        ] {
            assert!(!is_utf8(query), "{query}");
        }
    }
}
