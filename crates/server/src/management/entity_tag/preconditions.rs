//! What must be so for a write to happen: `If-Match` names the states it is made from, `If-None-Match: *` asks for nothing to
//! be there.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use schemars::json_schema;

use super::{Conditions, EntityTag};
use crate::http::problem::Problem;
use crate::management::refusal::Refusal;
use crate::management::signature::{Input, OperationDescription};

/// What a write says of the states it knows.
#[derive(Debug)]
pub(in crate::management) struct Preconditions(Conditions);

impl Preconditions {
    /// Refuses where the document is in another state than the write is meant for.
    pub(in crate::management) fn hold(&self, current: Option<&EntityTag>) -> Result<(), Problem> {
        self.0.hold(current)?;
        if current.is_some_and(|tag| self.0.knows(tag)) {
            return Err(Refusal::Stale.because("It is there already, in a state that `If-None-Match` names."));
        }
        Ok(())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Conditions::from_request_parts(parts, state).await.map(Self)
    }
}

impl Input for Preconditions {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "string", "examples": ["\"3f2a90c1d4e85b67a0f1c2d3e4b5a697\""] });
        let matching = "The tag of the state that your change was made from. In any other state nothing is written.";
        description.parameter("header", "If-Match", matching, &schema);
        let none = "`*`: nothing is written where there is one already.";
        description.parameter("header", "If-None-Match", none, &schema);
        description.refuse(&[Refusal::Stale]);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::*;

    #[test]
    fn a_write_may_ask_for_nothing_to_be_there() {
        let held = |name: HeaderName, value: &'static str, current: Option<&EntityTag>| {
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
            Preconditions(Conditions(headers)).hold(current).is_ok()
        };
        let tag = EntityTag("\"a\"".to_owned());
        let current = Some(&tag);
        assert!(!held(header::IF_NONE_MATCH, "*", current));
        assert!(!held(header::IF_NONE_MATCH, "\"a\"", current));
        assert!(held(header::IF_NONE_MATCH, "\"b\"", current));
        assert!(held(header::IF_NONE_MATCH, "*", None));
        assert!(held(header::IF_MATCH, "\"a\"", current));
        assert!(!held(header::IF_MATCH, "*", None));
    }
}
