//! What comes of a case.

/// How a case ended that did not fail.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Passed,
    /// Passed, and how much was looked at.
    Looked(String),
    Skipped(&'static str),
}
