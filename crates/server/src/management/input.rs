//! What requests bring along, checked at the edge; what is wrong is answered as a problem that names the place.

mod auth_time;
mod body;
mod claim;
mod epoch_seconds;
mod not_after;
mod query;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use nightlatch_core::session::EndReason;
use nightlatch_store::Revision;
use nightlatch_store::token::Handle;
use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};

pub(super) use self::auth_time::AuthTime;
pub(super) use self::body::{Json, MERGE_PATCH, read_object};
pub(super) use self::claim::{Claimed, key_reused};
pub(super) use self::not_after::{Bound, NotAfter};
pub(super) use self::query::{Query, no_query};
use super::refusal::Refusal;
use super::schema::HandleForm;
use super::signature::{Input, OperationDescription};
use crate::http::problem::Problem;

/// The session that the path names.
pub(super) struct HandleInPath(pub(super) Handle);

/// The policy that the path names.
pub(super) struct RevisionInPath(pub(super) Revision);

/// The subject that the path names.
pub(super) struct SubjectInPath(pub(super) Box<str>);

/// Why somebody other than the user and the policy may end a session.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RequestedReason {
    /// An administrator decided so.
    #[default]
    Admin,
    /// The identity provider said so.
    Upstream,
    /// The account was disabled or its credentials changed.
    Account,
    /// Another sign-in takes its place.
    Superseded,
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
    Refusal::InvalidValue.because(detail)
}

/// No session has the handle, or its end is long forgotten.
pub(super) fn no_such_session() -> Problem {
    Problem::not_found(
        "No session has this handle. Sessions are forgotten seven days after their end; the audit is kept.",
    )
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

impl Input for HandleInPath {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = description.form::<HandleForm>();
        description.parameter("path", "handle", "The session.", &schema);
        description.refuse(&[Refusal::NotFound]);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RevisionInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let number = Path::<Revision>::from_request_parts(parts, state).await;
        let problem = |_| Problem::not_found("A revision is a number, counted up from one.");
        number.map(|Path(number)| Self(number)).map_err(problem)
    }
}

impl Input for RevisionInPath {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "integer", "minimum": 1, "maximum": Revision::MAX, "examples": [3] });
        description.parameter("path", "revision", "The number of the policy.", &schema);
        description.refuse(&[Refusal::NotFound]);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SubjectInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) if text.is_empty() => Err(Problem::bad_request("The path names no subject.")),
            Ok(Path(text)) => Ok(Self(text.into())),
            Err(_) => Err(Problem::bad_request(
                "The subject in the path is not percent-encoded UTF-8.",
            )),
        }
    }
}

impl Input for SubjectInPath {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "string", "minLength": 1, "examples": ["ada"] });
        description.parameter("path", "subject", "The person, percent-encoded.", &schema);
    }
}
