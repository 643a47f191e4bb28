//! Documents that are read, changed and written back: strong entity tags and the conditions on them (RFC 9110 section 13).

mod preconditions;

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) use self::preconditions::Preconditions;
use super::refusal::Refusal;
use super::signature::{Input, OperationDescription, Output};
use crate::http::conditions::{knows, listed};
use crate::http::headers::json as json_response;
use crate::http::problem::Problem;

/// The tag of one state of a document, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

/// What a request says of the states it knows.
#[derive(Debug)]
pub(super) struct Conditions(HeaderMap);

/// A document with its tag, or 304 for who knows it.
pub(super) struct Tagged<T> {
    body: T,
    tag: EntityTag,
    known: bool,
}

impl EntityTag {
    /// Over the whole answer, so that no two states share a tag.
    pub(super) fn of(body: &impl Serialize) -> Self {
        let text = serde_json::to_vec(body).unwrap_or_default();
        let digest = Sha256::digest(&text);
        let hex = digest.iter().take(16).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Self(format!("\"{hex}\""))
    }
}

impl<T: Serialize> Tagged<T> {
    /// The state that a write has left.
    pub(super) fn written(body: T) -> Self {
        let tag = EntityTag::of(&body);
        Self {
            body,
            tag,
            known: false,
        }
    }
}

impl Conditions {
    pub(super) fn answer<T: Serialize>(&self, body: T) -> Tagged<T> {
        let tag = EntityTag::of(&body);
        let known = self.knows(&tag);
        Tagged { body, tag, known }
    }

    fn knows(&self, tag: &EntityTag) -> bool {
        knows(&self.0, &tag.0)
    }

    /// `If-Match`, compared strongly: refuses where the document is not in one of the states the client names. Without the
    /// header the client does not mind.
    pub(super) fn hold(&self, current: Option<&EntityTag>) -> Result<(), Problem> {
        let mut listed = listed(&self.0, &header::IF_MATCH).peekable();
        let matches = |known: &str| current.is_some_and(|tag| known == "*" || known == tag.0);
        if listed.peek().is_none() && !self.0.contains_key(header::IF_MATCH) || listed.any(matches) {
            return Ok(());
        }
        let mut problem =
            Refusal::Stale.because("Somebody else has changed it. Read it again, then apply your change.");
        if let Some(tag) = current.and_then(|tag| HeaderValue::try_from(&tag.0).ok()) {
            problem = problem.with_header(header::ETAG, tag);
        }
        Err(problem)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let conditions = [header::IF_MATCH, header::IF_NONE_MATCH];
        let kept = parts.headers.iter().filter(|(name, _)| conditions.contains(name));
        Ok(Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }
}

impl Input for Conditions {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "string", "examples": ["\"3f2a\""] });
        let about =
            "Tags of states you have, or `*`. Where one is the current state, the answer is 304 without a body.";
        description.parameter("header", "If-None-Match", about, &schema);
    }
}

impl<T: JsonSchema> Output for Tagged<T> {
    fn description(description: &mut OperationDescription<'_>) {
        let headers = json!({ "ETag": tag_in_answer() });
        description.answer::<T>(StatusCode::OK, &headers);
        description.respond(StatusCode::NOT_MODIFIED, &headers, &Value::Null);
    }
}

/// The header of an answer, for its description.
pub(super) fn tag_in_answer() -> Value {
    json!({
        "description": "Names this state of the document.",
        "required": true,
        "schema": { "type": "string", "pattern": "^\"[0-9a-f]{32}\"$" },
    })
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = json_response(&self.body);
        if self.known {
            *response.body_mut() = Body::empty();
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        if let Ok(tag) = HeaderValue::try_from(self.tag.0) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        // It may be kept, as long as it is asked for each time.
        let kept = HeaderValue::from_static("private, no-cache");
        response.headers_mut().insert(header::CACHE_CONTROL, kept);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: &axum::http::HeaderName, lines: &[&'static str]) -> Conditions {
        let value = |line: &&'static str| (name.clone(), HeaderValue::from_static(line));
        Conditions(lines.iter().map(value).collect())
    }

    fn tag() -> EntityTag {
        EntityTag("\"a,b\"".to_owned())
    }

    #[test]
    fn a_write_holds_only_on_a_state_that_is_named_strongly() {
        for (lines, holds) in [
            (&[][..], true),
            (&["\"a,b\""], true),
            (&["\"c\", \"a,b\""], true),
            (&["*"], true),
            (&["W/\"a,b\""], false),
            (&["\"c\""], false),
            (&[""], false),
        ] {
            let conditions = conditions(&header::IF_MATCH, lines);
            assert_eq!(conditions.hold(Some(&tag())).is_ok(), holds, "{lines:?}");
        }
        assert!(conditions(&header::IF_MATCH, &["*"]).hold(None).is_err());
        assert!(conditions(&header::IF_MATCH, &[]).hold(None).is_ok());
    }

    #[tokio::test]
    async fn a_refused_write_is_told_the_current_state() {
        let refused = conditions(&header::IF_MATCH, &["\"c\""]).hold(Some(&tag()));
        let response = refused.expect_err("another state").into_response();
        assert_eq!(response.status(), StatusCode::PRECONDITION_FAILED);
        assert_eq!(response.headers()[header::ETAG], "\"a,b\"");
    }

    #[test]
    fn each_state_has_its_tag() {
        assert_eq!(EntityTag::of(&[1, 2]), EntityTag::of(&[1, 2]));
        assert_ne!(EntityTag::of(&[1, 2]), EntityTag::of(&[2, 1]));
    }
}
