//! What handlers give.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::OperationDescription;
use crate::http::headers::{json as json_response, protect};
use crate::http::problem::Problem;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What a handler gives: says what it looks like when all is well.
pub(in crate::management) trait Output {
    fn description(description: &mut OperationDescription<'_>);
}

/// 200 with a JSON body.
pub(in crate::management) struct Answer<T>(pub(in crate::management) T);

/// 201 with a JSON body and the path of what was made.
pub(in crate::management) struct Created<T> {
    pub(in crate::management) path: String,
    pub(in crate::management) body: T,
    /// Whether an earlier request made it, under the same name.
    pub(in crate::management) replayed: bool,
}

/// 204: it is done, and there is nothing to tell.
pub(in crate::management) struct NoContent;

/// A refusal is described by whoever may give it.
impl<T: Output> Output for Result<T, Problem> {
    fn description(description: &mut OperationDescription<'_>) {
        T::description(description);
    }
}

impl<T: JsonSchema> Output for Answer<T> {
    fn description(description: &mut OperationDescription<'_>) {
        description.answer::<T>(StatusCode::OK, &Value::Null);
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        json_response(&self.0)
    }
}

impl<T: JsonSchema> Output for Created<T> {
    fn description(description: &mut OperationDescription<'_>) {
        let location = json!({
            "description": "The path of what was made.",
            "required": true,
            "schema": { "type": "string", "format": "uri-reference" },
        });
        let replayed = json!({
            "description": "`true` where an earlier request with the same `Idempotency-Key` made it.",
            "schema": { "const": "true" },
        });
        let headers = json!({ "Location": location, "Idempotency-Replayed": replayed });
        description.answer::<T>(StatusCode::CREATED, &headers);
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = json_response(&self.body);
        *response.status_mut() = StatusCode::CREATED;
        if let Ok(path) = HeaderValue::try_from(self.path) {
            response.headers_mut().insert(header::LOCATION, path);
        }
        if self.replayed {
            let replayed = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED, replayed);
        }
        response
    }
}

impl Output for NoContent {
    fn description(description: &mut OperationDescription<'_>) {
        description.respond(StatusCode::NO_CONTENT, &Value::Null, &Value::Null);
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        protect(response.headers_mut());
        response
    }
}
