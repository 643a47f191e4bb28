//! Errors as `application/problem+json` (RFC 9457): one shape on every route.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightlatch_core::policy::Violation;
use nightlatch_core::session::{EndReason, StepUp};
use nightlatch_core::time::Instant;
use nightlatch_store::StoreError;
use nightlatch_store::token::random_uuid;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::headers;
use super::sign_in_url::SignInUrl;

/// An answer that says what went wrong and what to do about it.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Box<Body>,
    headers: HeaderMap,
}

/// A problem as RFC 9457 has it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem", transform = nightlatch_core::schema::keys_are_never_null)]
struct Body {
    /// What went wrong, for machines. Never changes.
    r#type: String,
    /// What went wrong, for people.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What exactly went wrong, and what to do about it.
    detail: Cow<'static, str>,
    /// Names this one answer, here and in the log.
    instance: String,
    /// Why there is no session.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Since when there is no session, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    /// Everything that is wrong with a policy, key by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    violations: Vec<Violation>,
    /// What else there is to know of a single type (RFC 9457 section 3.2).
    #[serde(flatten)]
    #[schemars(skip)]
    members: Map<String, Value>,
}

impl Problem {
    /// `kind` is the last part of the type, stable for machines.
    pub(crate) fn new(
        status: StatusCode,
        kind: &str,
        title: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let body = Body {
            r#type: Self::kind(kind),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            instance: format!("urn:uuid:{}", random_uuid()),
            reason: None,
            ended_at: None,
            violations: Vec::new(),
            members: Map::new(),
        };
        Self {
            status,
            body: Box::new(body),
            headers: HeaderMap::new(),
        }
    }

    /// The whole type with this last part.
    pub(crate) fn kind(word: &str) -> String {
        format!("urn:nightlatch:problem:{word}")
    }

    /// The form of every problem.
    pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Body>()
    }

    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad-request",
            "The request cannot be understood",
            detail,
        )
    }

    pub(crate) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here", detail)
    }

    /// Nobody is signed in, as far as this request shows.
    pub(crate) fn no_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no-session",
            "Nobody is signed in",
            "The request names no session. Sign in.",
        )
        .because("none")
    }

    pub(crate) fn ended(at: Instant, reason: EndReason) -> Self {
        let mut problem = Self::new(
            StatusCode::UNAUTHORIZED,
            "session-ended",
            "The session has ended",
            "Sign in again to go on.",
        )
        .because(reason.as_str());
        problem.body.ended_at = Some(at.as_millis());
        problem
    }

    pub(crate) fn locked() -> Self {
        let detail = "Nothing is served until the same person authenticates again.";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session-locked",
            "The session is locked",
            detail,
        )
        .because("locked")
    }

    /// Also says where to sign in, where that is known.
    pub(crate) fn with_sign_in(mut self, url: Option<&SignInUrl>) -> Self {
        let url = url.map(|url| ("sign_in_url".to_owned(), url.as_str().into()));
        self.body.members.extend(url);
        self
    }

    /// Nothing has ended, but this asks for a fresh authentication (RFC 9470).
    pub(crate) fn step_up(step_up: StepUp) -> Self {
        let fresh = step_up.fresh();
        let challenge = format!(
            "Bearer error=\"insufficient_user_authentication\", max_age=\"{}\"",
            step_up.max_age_seconds()
        );
        let problem = Self::new(
            StatusCode::UNAUTHORIZED,
            "step-up",
            "A fresh authentication is needed",
            format!("Authenticate again; an authentication of the last {fresh} is fresh enough."),
        )
        .because(step_up.as_str());
        match HeaderValue::try_from(challenge) {
            Ok(challenge) => problem.with_header(header::WWW_AUTHENTICATE, challenge),
            Err(_) => problem,
        }
    }

    fn because(mut self, reason: &'static str) -> Self {
        self.body.reason = Some(reason);
        self
    }

    pub(crate) fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.body.violations = violations;
        self
    }

    pub(crate) fn with_member(mut self, name: &str, value: Value) -> Self {
        self.body.members.insert(name.to_owned(), value);
        self
    }

    /// The same for somebody who understands few statuses.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.body.status = status.as_u16();
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }
}

impl Problem {
    /// The whole answer as it is written where there is no server to write it, and nothing may follow.
    pub(crate) fn closing(&self, date: &str) -> Vec<u8> {
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
             x-content-type-options: nosniff\r\ncontent-length: {}\r\ndate: {date}\r\n\r\n",
            self.status,
            body.len(),
        );
        [head.into_bytes(), body].concat()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a request was refused because of the store");
        let detail = match error {
            StoreError::Unavailable(_) => {
                "The session store does not answer. Nothing was changed; try again in a moment."
            }
            StoreError::Unconfirmed(_) => {
                "The session store did not confirm the change, so it may have been made. Ask how things stand, or send the \
                 request again."
            }
            StoreError::Contended(_) => {
                "Somebody else is changing the same at this moment. Nothing was changed; try again in a moment."
            }
            StoreError::Damaged(_) => "A record of the session store cannot be read; the log of the server says which.",
        };
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable",
            "The store is unavailable",
            detail,
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Body { r#type, instance, .. } = &*self.body;
        tracing::debug!(
            status = self.status.as_u16(),
            r#type,
            instance,
            "a request is answered with a problem"
        );
        let body = serde_json::to_vec(&self.body).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, json)], body).into_response();
        headers::protect(response.headers_mut());
        response.headers_mut().extend(self.headers);
        response
    }
}
