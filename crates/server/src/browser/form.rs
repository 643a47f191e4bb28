//! Reading the body of a write.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use crate::http::problem::Problem;

/// A JSON body; a mistake in it is told with its place.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => {
                let detail = rejection.body_text();
                let status = rejection.into_response().status();
                Err(match status {
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                        status,
                        "too-large",
                        "The request is too large",
                        "A body here has at most 16 KiB.",
                    ),
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
                        status,
                        "not-json",
                        "The body is not JSON",
                        "Send `Content-Type: application/json`.",
                    ),
                    _ => Problem::bad_request(detail),
                })
            }
        }
    }
}

/// Names of tabs and holds: short, and nothing that would need escaping anywhere.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
