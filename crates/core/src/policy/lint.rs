//! Lints: what is valid in a policy and hardly meant. Each has a stable code that `docs/lints.md` explains.

mod activity;
mod caps;
mod choice;
mod code;
mod gates;
mod limits;
mod names;
mod paths;
mod preset;
mod reach;
mod rules;
mod warning;

use std::fmt;

use serde::Serialize;

pub use code::{LintCode, Severity};

use super::Policy;

/// Something in a valid policy that is hardly meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lint {
    /// What kind of thing.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub code: LintCode,
    /// How much it matters.
    pub severity: Severity,
    /// The key within the document, for example `rules[1].idle`.
    pub key: String,
    /// What is odd.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
    /// Where it is explained.
    pub link: String,
}

impl Lint {
    fn new(code: LintCode, key: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            key: key.into(),
            message: message.into(),
            remedy: remedy.into(),
            link: code.link(),
        }
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}: {}; {}",
            self.severity, self.code, self.key, self.message, self.remedy
        )
    }
}

/// Everything odd about a policy, in the order of the codes.
#[must_use]
pub fn lint(policy: &Policy) -> Vec<Lint> {
    let groups = [
        warning::lints,
        limits::lints,
        caps::lints,
        activity::lints,
        rules::lints,
        names::lints,
        paths::lints,
        choice::lints,
        gates::lints,
        preset::lints,
    ];
    let mut found: Vec<_> = groups.iter().flat_map(|lints| lints(policy)).collect();
    found.sort_by_key(|lint| lint.code);
    found
}
