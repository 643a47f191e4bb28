//! Rules that do nothing: others, the base or a cap decide wherever they match.

use super::reach::{bases, raised};
use super::{Lint, LintCode};
use crate::policy::quantity::{Entry, Level, Quantity};
use crate::policy::{PolicyDocument, Rule};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = Vec::new();
    for quantity in Quantity::ALL {
        let entries = quantity.entries(document);
        for entry in &entries {
            if let Some((index, rule)) = entry.lengthening() {
                found.extend(never_lengthens(document, &entries, entry, index, rule));
            }
            if let Some((index, rule)) = entry.tightening() {
                found.extend(never_tightens(document, &entries, entry, index, rule));
            }
        }
    }
    let rules = document.rules.iter().enumerate();
    found.extend(rules.filter_map(|(index, rule)| never_idle(index, rule)));
    found
}

fn never_lengthens(
    document: &PolicyDocument,
    entries: &[Entry<'_>],
    entry: &Entry<'_>,
    index: usize,
    rule: &Rule,
) -> Option<Lint> {
    let quantity = entry.quantity;
    let lowest = bases(document, quantity, &rule.criteria).into_iter().min()?;
    let lint = |why: String, remedy: &str| {
        let message = format!("the rule never lengthens {}: {why}", quantity.key());
        Some(Lint::new(LintCode::NeverLengthens, entry.key(), message, remedy))
    };
    if entry.level <= lowest {
        let base = quantity.shown(lowest);
        let why = format!("{} is not longer than any base it meets ({base})", entry.shown());
        return lint(why, "write a larger value, or drop `lengthens` if it is to tighten");
    }
    let outcomes = names_outcomes(document, quantity);
    if quantity.of_caps(document).is_some_and(|cap| cap <= lowest && !outcomes) {
        let why = format!("`caps.{}` is not above the base", quantity.key());
        return lint(why, "raise the cap, or remove the rule");
    }
    let masks = |other: &&Entry<'_>| {
        let tightens = other.tightening().is_some_and(|(_, tightens)| {
            (other.level < lowest || other.level == lowest && !outcomes) && tightens.criteria.covers(&rule.criteria)
        });
        let longer = other.lengthening().is_some_and(|(at, longer)| {
            at != index
                && (other.level > entry.level || other.level == entry.level && at < index)
                && longer.criteria.covers(&rule.criteria)
        });
        tightens || longer
    };
    let mask = entries.iter().find(masks)?;
    let why = format!("{} ({}) decides wherever it matches", mask.key(), mask.shown());
    lint(why, "remove one of the two, or narrow the `match` of the other")
}

fn never_tightens(
    document: &PolicyDocument,
    entries: &[Entry<'_>],
    entry: &Entry<'_>,
    index: usize,
    rule: &Rule,
) -> Option<Lint> {
    let quantity = entry.quantity;
    let lint = |why: String, remedy: &str| {
        let message = format!("the rule never tightens {}: {why}", quantity.key());
        Some(Lint::new(LintCode::NeverTightens, entry.key(), message, remedy))
    };
    let highest = raised(document, quantity, &rule.criteria);
    if entry.level >= highest {
        let why = format!(
            "{} is not shorter than any value it meets ({} at most)",
            entry.shown(),
            quantity.shown(highest)
        );
        return lint(
            why,
            "write a smaller value, or add `lengthens = true` if it is to lengthen",
        );
    }
    let masks = |other: &&Entry<'_>| {
        other.tightening().is_some_and(|(at, shorter)| {
            at != index
                && (other.level < entry.level || other.level == entry.level && at < index)
                && shorter.criteria.covers(&rule.criteria)
        })
    };
    if let Some(mask) = entries.iter().find(masks) {
        let why = format!("{} ({}) decides wherever it matches", mask.key(), mask.shown());
        return lint(why, "remove one of the two, or narrow the `match` of the other");
    }
    let cap = quantity
        .of_caps(document)
        .filter(|cap| *cap <= entry.level && !names_outcomes(document, quantity))?;
    let why = format!("`caps.{}` ({}) is not above it", quantity.key(), quantity.shown(cap));
    lint(why, "write a smaller value, or remove the rule")
}

/// Whether rules bring outcomes: those come with a value even where another hides the value itself.
fn names_outcomes(document: &PolicyDocument, quantity: Quantity) -> bool {
    quantity == Quantity::Idle && document.rules.iter().any(|rule| rule.on_idle.is_some())
}

fn never_idle(index: usize, rule: &Rule) -> Option<Lint> {
    let (idle, absolute) = (Level::from(rule.idle?), Level::from(rule.absolute?));
    (idle >= absolute && idle < Level::UNLIMITED).then(|| {
        Lint::new(
            LintCode::RuleNeverIdle,
            format!("rules[{index}].absolute"),
            format!(
                "the rule ends sessions after {}, before they can be idle for {}",
                Quantity::Absolute.shown(absolute),
                Quantity::Idle.shown(idle)
            ),
            "make idle shorter than absolute, or leave it out",
        )
    })
}
