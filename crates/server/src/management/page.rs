//! Lists in pages: `after` asks for what follows, `next_after` and the header `Link` say where the next page starts.

use std::convert::Infallible;
use std::fmt::Display;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::signature::{Input, OperationDescription, Output};
use crate::http::headers::json as json_response;

const LARGEST_PAGE: u16 = 500;
const USUAL_PAGE: u16 = 100;

/// How many entries of a list are asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "u16")]
pub(super) struct PageSize(u16);

/// The address a list was asked for at.
pub(super) struct Here(Uri);

/// A page of a list.
pub(super) struct Listed<T> {
    body: T,
    next: Option<HeaderValue>,
}

impl PageSize {
    pub(super) fn get(self) -> usize {
        self.0.into()
    }

    /// One more than asked for shows whether there is a next page.
    pub(super) fn and_one(self) -> usize {
        self.get() + 1
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(USUAL_PAGE)
    }
}

impl TryFrom<u16> for PageSize {
    type Error = String;

    fn try_from(size: u16) -> Result<Self, String> {
        let possible = (1..=LARGEST_PAGE).contains(&size);
        possible
            .then_some(Self(size))
            .ok_or_else(|| format!("{size} is not possible; 1 to {LARGEST_PAGE} are"))
    }
}

impl JsonSchema for PageSize {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PageSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": LARGEST_PAGE })
    }
}

impl Here {
    pub(super) fn list<T>(&self, body: T, next_after: Option<&impl Display>) -> Listed<T> {
        let next = next_after.and_then(|after| HeaderValue::try_from(self.link(after)).ok());
        Listed { body, next }
    }

    fn link(&self, after: &impl Display) -> String {
        let kept = self.0.query().unwrap_or_default().split('&');
        let query = kept
            .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("after"))
            .fold(String::new(), |query, pair| query + pair + "&");
        format!("<{}?{query}after={after}>; rel=\"next\"", self.0.path())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        Ok(Self(uri))
    }
}

impl Input for Here {
    fn description(_: &mut OperationDescription<'_>) {}
}

impl<T: JsonSchema> Output for Listed<T> {
    fn description(description: &mut OperationDescription<'_>) {
        let link = json!({
            "description": "The next page as `<…>; rel=\"next\"` (RFC 8288); absent on the last one.",
            "schema": { "type": "string" },
        });
        description.answer::<T>(StatusCode::OK, &json!({ "Link": link }));
    }
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        let mut response = json_response(&self.body);
        if let Some(next) = self.next {
            response.headers_mut().insert(header::LINK, next);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_rest_of_the_question() {
        for (here, next) in [
            ("/api/v1/audit", "</api/v1/audit?after=7>; rel=\"next\""),
            (
                "/api/v1/audit?limit=2&after=5&subject=a%26b",
                "</api/v1/audit?limit=2&subject=a%26b&after=7>; rel=\"next\"",
            ),
        ] {
            assert_eq!(Here(here.parse().expect("an address")).link(&7), next);
        }
    }

    #[test]
    fn a_page_has_a_largest_size() {
        for (size, possible) in [(0, false), (1, true), (500, true), (501, false)] {
            assert_eq!(PageSize::try_from(size).is_ok(), possible, "{size}");
        }
    }
}
