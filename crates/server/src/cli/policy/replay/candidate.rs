//! The policies to try.

use std::path::Path;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::time::Span;

use crate::cli::policy::document::{self, described};

/// A policy and what it is called in the report.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) policy: Policy,
}

/// One idle limit for everybody, and one absolute limit. `Err` says what is wrong.
pub(super) fn of_limits(idle: Limit, absolute: Limit) -> Result<Candidate, String> {
    let document = PolicyDocument {
        idle,
        absolute,
        // No one is warned in a replay, and the warning would have to be shorter than the limit.
        warn_before: Span::ZERO,
        ..PolicyDocument::default()
    };
    let policy = Policy::new(document).map_err(|violations| described(violations, ""))?;
    Ok(Candidate {
        name: idle.to_string(),
        policy,
    })
}

/// The policy of a file, called by the file's name.
pub(super) fn of_file(file: &Path) -> Result<Candidate, String> {
    let policy = document::of_file(file)?;
    let name = file.file_name().map_or_else(
        || file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    Ok(Candidate { name, policy })
}

/// What a recording cannot show of a policy.
pub(super) fn unseen(policy: &Policy) -> Option<String> {
    let of_pages = policy.rules.iter().filter(|rule| rule.criteria.path.is_some()).count();
    let mut unseen = Vec::new();
    if of_pages > 0 {
        unseen.push(format!("{of_pages} of its rules, which match on pages"));
    }
    if policy.absent != nightlatch_core::policy::Absent::Count {
        unseen.push("`absent`, which asks for tabs".to_owned());
    }
    if policy.choice.is_some() {
        unseen.push("the users' choices".to_owned());
    }
    (!unseen.is_empty()).then(|| unseen.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_none_is_refused() {
        let zero = of_limits(Limit::after(Span::ZERO), Limit::OFF).expect_err("no limit at all");
        assert!(zero.starts_with("idle: zero"), "{zero}");
    }
}
