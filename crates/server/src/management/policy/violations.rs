//! A document that can be read and does not hold together.

use nightlatch_core::policy::{Policy, PolicyDocument, Violation};
use serde_json::Value;

use crate::http::problem::Problem;
use crate::management::input::impossible;
use crate::management::refusal::Refusal;

/// The policy of a document, or everything that is wrong with it.
pub(in crate::management) fn valid(document: PolicyDocument) -> Result<Policy, Problem> {
    Policy::new(document).map_err(|violations| {
        let told: Vec<_> = violations.iter().map(Violation::to_string).collect();
        Refusal::InvalidPolicy
            .because(told.join(" | "))
            .with_violations(violations)
    })
}

/// The document that a JSON value is.
pub(super) fn read(value: Value) -> Result<PolicyDocument, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let key = error.path().to_string();
        impossible(format!("{key}: {}", error.into_inner()))
    })
}
