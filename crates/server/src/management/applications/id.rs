//! The id of an application: its key in the policy, and what sessions name.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::http::problem::Problem;
use crate::management::input::impossible;
use crate::management::refusal::Refusal;
use crate::management::signature::{Input, OperationDescription};

const LONGEST: usize = 63;

/// Small letters, digits, `-` and `_`, the first of them a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::management) struct ApplicationId(Box<str>);

/// The application that the path names, there or not.
pub(in crate::management) struct ApplicationInPath(pub(in crate::management) ApplicationId);

impl ApplicationId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ApplicationId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let possible = (1..=LONGEST).contains(&bytes.len())
            && small(bytes[0])
            && bytes.iter().all(|byte| small(*byte) || matches!(byte, b'-' | b'_'));
        if possible {
            return Ok(Self(text.into()));
        }
        Err(format!(
            "an id has 1 to {LONGEST} small letters, digits, `-` and `_`, and begins with a letter or a digit; for example `console`"
        ))
    }
}

impl JsonSchema for ApplicationId {
    fn schema_name() -> Cow<'static, str> {
        "ApplicationId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The key of the application in the policy, and what its sessions name.",
            "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$",
            "examples": ["console"],
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ApplicationInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|_| Problem::bad_request("The id in the path is not percent-encoded UTF-8."))?;
        let id = ApplicationId::try_from(text);
        id.map(Self).map_err(|problem| impossible(format!("id: {problem}")))
    }
}

impl Input for ApplicationInPath {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = description.form::<ApplicationId>();
        description.parameter("path", "id", "The application.", &schema);
        description.refuse(&[Refusal::BadRequest, Refusal::InvalidValue]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain() {
        for id in ["a", "0", "console", "a-b_c9", &"x".repeat(63)] {
            assert!(ApplicationId::try_from(id.to_owned()).is_ok(), "{id}");
        }
        for id in ["", "-a", "_a", "A", "a.b", "a b", "ä", "a/b", "a\n", &"x".repeat(64)] {
            assert!(ApplicationId::try_from(id.to_owned()).is_err(), "{id:?}");
        }
    }
}
