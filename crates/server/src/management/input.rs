//! What requests bring along, checked at the edge; what is wrong is answered as a problem that names the place.

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::LengthLimitError;
use nightlatch_core::session::EndReason;
use nightlatch_engine::token::Handle;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::http::problem::Problem;

const LARGEST_BODY: usize = 64 * 1024;
const LARGEST_PAGE: u16 = 500;

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

/// The query string.
pub(super) struct Query<T>(pub(super) T);

/// The session that the path names.
pub(super) struct HandleInPath(pub(super) Handle);

/// The subject that the path names.
pub(super) struct SubjectInPath(pub(super) Box<str>);

/// How many entries of a list are asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u16")]
pub(super) struct PageSize(pub(super) usize);

/// Why somebody other than the user and the policy may end a session.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RequestedReason {
    #[default]
    Admin,
    Upstream,
    Account,
    Superseded,
}

impl Default for PageSize {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u16> for PageSize {
    type Error = String;

    fn try_from(size: u16) -> Result<Self, String> {
        let possible = (1..=LARGEST_PAGE).contains(&size);
        possible
            .then(|| Self(size.into()))
            .ok_or_else(|| format!("{size} is not possible; 1 to {LARGEST_PAGE} are"))
    }
}

impl From<RequestedReason> for EndReason {
    fn from(requested: RequestedReason) -> Self {
        match requested {
            RequestedReason::Admin => Self::Admin,
            RequestedReason::Upstream => Self::Upstream,
            RequestedReason::Account => Self::Account,
            RequestedReason::Superseded => Self::Superseded,
        }
    }
}

/// A request that can be read, and asks for something impossible.
pub(super) fn impossible(detail: String) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-value",
        "A value is not possible",
        detail,
    )
}

/// No session has the handle, or its end is long forgotten.
pub(super) fn no_such_session() -> Problem {
    Problem::not_found(
        "No session has this handle. Sessions are forgotten seven days after their end; the audit is kept.",
    )
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            let detail = "Send JSON with `Content-Type: application/json`.";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(
                status,
                "unsupported-media-type",
                "The body is not JSON",
                detail,
            ));
        }
        let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|error| {
            if error.into_inner().is::<LengthLimitError>() {
                let detail = format!("The body is larger than {LARGEST_BODY} bytes.");
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too-large",
                    "The body is too large",
                    detail,
                )
            } else {
                Problem::bad_request("The body broke off.")
            }
        })?;
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
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

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Query::try_from_uri(&parts.uri);
        parsed
            .map(|query| Self(query.0))
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HandleInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| Handle::parse(&text))
            .map(Self)
            .ok_or_else(no_such_session)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SubjectInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let problem = |_| Problem::bad_request("The subject in the path is not percent-encoded UTF-8.");
        text.map(|Path(text)| Self(text.into())).map_err(problem)
    }
}
