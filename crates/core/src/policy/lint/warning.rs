//! The warning: long enough to read, to decide and to reach a button.

use super::{Lint, LintCode};
use crate::policy::PolicyDocument;
use crate::time::Span;

/// WCAG 2.2.1 gives people this long to answer.
const LEAST: Span = Span::from_secs(20);

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let warn_before = document.warn_before;
    if warn_before == Span::ZERO {
        vec![Lint::new(
            LintCode::NoWarning,
            "warn_before",
            "nobody is warned before the session ends, and work may be lost",
            format!("write at least {LEAST}"),
        )]
    } else if warn_before < LEAST {
        vec![Lint::new(
            LintCode::ShortWarning,
            "warn_before",
            format!("{warn_before} are too short to answer for many people (WCAG 2.2.1 asks for {LEAST})"),
            format!("write at least {LEAST}"),
        )]
    } else {
        Vec::new()
    }
}
