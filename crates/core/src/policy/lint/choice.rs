//! What users may pick, and what they get.

use std::collections::BTreeSet;

use super::reach::ceiling;
use super::{Lint, LintCode};
use crate::duration::Limit;
use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Choice, Match, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let Some(choice) = &document.choice else {
        return Vec::new();
    };
    let mut found = repeated(choice);
    let bound = ceiling(document, Quantity::Idle, &Match::default());
    for (index, limit) in choice.allow.iter().enumerate() {
        // Whoever picks `off` asks for as long as there may be, and gets it.
        if *limit != Limit::OFF && Level::from(*limit) > bound {
            let bound = Quantity::Idle.shown(bound);
            found.push(Lint::new(
                LintCode::MaskedChoice,
                format!("choice.allow[{index}]"),
                format!("whoever picks {limit} gets {bound}: a cap or a rule for everybody is shorter"),
                format!("offer {bound} at most"),
            ));
        }
    }
    found
}

fn repeated(choice: &Choice) -> Vec<Lint> {
    if choice.allow.is_empty() {
        return vec![Lint::new(
            LintCode::RepeatedChoice,
            "choice.allow",
            "nothing is on offer",
            "offer values, or leave `choice` out",
        )];
    }
    let mut seen = BTreeSet::new();
    let again = choice
        .allow
        .iter()
        .enumerate()
        .filter(|(_, limit)| !seen.insert(**limit));
    again
        .map(|(index, limit)| {
            Lint::new(
                LintCode::RepeatedChoice,
                format!("choice.allow[{index}]"),
                format!("{limit} is on offer twice"),
                "remove one of them",
            )
        })
        .collect()
}
