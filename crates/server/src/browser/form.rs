//! Reading the body of a write.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::http::body;
use crate::http::problem::Problem;

/// No request of the browser side carries more than a few names.
const BODY_LIMIT: usize = 16 * 1024;

/// A JSON body; a mistake in it is told with its place.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_of_type(request.headers(), "application/json") {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The body is not JSON",
                "Send `Content-Type: application/json`.",
            ));
        }
        let bytes = read(request.into_body()).await?;
        let Json(body) = Json::from_bytes(&bytes).map_err(|error| Problem::bad_request(error.body_text()))?;
        Ok(Self(body))
    }
}

/// A whole body, if it is small and comes in time.
pub(super) async fn read(body: Body) -> Result<Bytes, Problem> {
    Ok(body::read(body, BODY_LIMIT).await?)
}

/// Whether a body says that it is of a type, whatever its parameters.
pub(super) fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let sent = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

/// Names of tabs and holds: short, and nothing that would need escaping anywhere.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
