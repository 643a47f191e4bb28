//! What people call a key. Names stand in audit lines and on command lines, so they are plain.

use std::borrow::Cow;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::http::problem::Problem;
use crate::management::refusal::Refusal;
use crate::management::signature::{Input, OperationDescription};

const LONGEST: usize = 64;

/// Letters, digits, `-`, `_` and `.`, the first of them no `-`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct KeyName(Box<str>);

/// The key that the path names.
pub(in crate::management) struct KeyInPath(pub(in crate::management) KeyName);

impl KeyName {
    /// Of the first key of a store.
    pub(super) fn first() -> Self {
        Self("first".into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name = (1..=LONGEST).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-');
        is_name.then(|| Self(name.into())).ok_or_else(|| {
            format!("a name has 1 to {LONGEST} letters, digits, `-`, `_` and `.`, and begins with no `-`; for example `billing`")
        })
    }
}

impl TryFrom<String> for KeyName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl JsonSchema for KeyName {
    fn schema_name() -> Cow<'static, str> {
        "KeyName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "What the audit calls the holder of a key.",
            "pattern": "^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$",
            "examples": ["billing"],
        })
    }
}

/// No key has the name.
pub(super) fn no_such_key() -> Problem {
    Problem::not_found("No key has this name. `GET /api/v1/keys` lists those that there are.")
}

impl<S: Send + Sync> FromRequestParts<S> for KeyInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok())
            .map(Self)
            .ok_or_else(no_such_key)
    }
}

impl Input for KeyInPath {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = description.form::<KeyName>();
        description.parameter("path", "name", "The key.", &schema);
        description.refuse(&[Refusal::NotFound]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["", "-x", "a b", "a\nb", "ä", "a/b", &"x".repeat(65)] {
            assert!(name.parse::<KeyName>().is_err(), "{name:?}");
        }
        assert!("billing-app.eu_1".parse::<KeyName>().is_ok());
    }
}
