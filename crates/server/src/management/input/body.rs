//! JSON bodies: an object in a media type that is taken, of a reasonable size.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::impossible;
use crate::http::body::{self, Unread};
use crate::http::problem::Problem;
use crate::management::refusal::Refusal;
use crate::management::signature::{Input, OperationDescription};

const LARGEST_BODY: usize = 64 * 1024;

pub(in crate::management) const JSON: &[&str] = &["application/json"];
pub(in crate::management) const MERGE_PATCH: &[&str] = &["application/merge-patch+json", "application/json"];

/// A JSON body.
pub(in crate::management) struct Json<T>(pub(in crate::management) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read_object(request, JSON).await.map(Self)
    }
}

impl<T: JsonSchema> Input for Json<T> {
    fn description(description: &mut OperationDescription<'_>) {
        description.body::<T>(JSON);
    }
}

/// Reads an object in one of these media types.
pub(in crate::management) async fn read_object<T: DeserializeOwned>(
    request: Request,
    media_types: &[&str],
) -> Result<T, Problem> {
    parse(&read(request, media_types).await?)
}

/// The body as it was sent, in one of these media types.
pub(super) async fn read(request: Request, media_types: &[&str]) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    if !is_one_of(media_types, &parts.headers) {
        let detail = format!("Send JSON with `Content-Type: {}`.", media_types.join("` or `"));
        return Err(Refusal::UnsupportedMediaType.because(detail));
    }
    body::read(body, LARGEST_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge(limit) => Refusal::TooLarge.because(format!("The body is larger than {limit} bytes.")),
        Unread::TooSlow | Unread::Broken => unread.into(),
    })
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be taken for the values of the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_request("The body is not a JSON object."));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            Category::Data if field == "." => impossible(error.to_string()),
            Category::Data => impossible(format!("{field}: {error}")),
            Category::Syntax | Category::Eof | Category::Io => malformed(&error),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!("The body is not valid JSON: {error}"))
}

fn is_one_of(media_types: &[&str], headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let sent = content_type.split(';').next().unwrap_or_default().trim();
    media_types.iter().any(|taken| sent.eq_ignore_ascii_case(taken))
}
