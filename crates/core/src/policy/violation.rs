//! Why a document is refused.

use std::fmt;

/// Why a document is refused: the key, what is wrong with it, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Violation {
    /// The key within the document, for example `rules[1].idle`.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.problem, self.remedy)
    }
}

pub(super) fn violation(key: String, problem: impl Into<String>, remedy: impl Into<String>) -> Violation {
    Violation {
        key,
        problem: problem.into(),
        remedy: remedy.into(),
    }
}
