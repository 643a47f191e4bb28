//! Which values sessions may come to have: what lints compare a value with.

use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Match, OneOrMany, PolicyDocument};

/// The sessions that a match is for, whatever page they are on.
pub(super) fn sessions_of(criteria: &Match) -> Match {
    Match {
        path: None,
        ..criteria.clone()
    }
}

/// The sessions of one application; of none, and so of any, without one.
pub(super) fn of_application(application: Option<&str>) -> Match {
    Match {
        application: application.map(|name| OneOrMany::one(name.into())),
        ..Match::default()
    }
}

/// The base values that sessions under this match have.
pub(super) fn bases(document: &PolicyDocument, quantity: Quantity, criteria: &Match) -> Vec<Level> {
    let usual = quantity.of_policy(document);
    let own = |name: &str| {
        let application = document.applications.get(name)?;
        quantity.of_application(application)
    };
    match &criteria.application {
        Some(names) => names.iter().map(|name| own(name).unwrap_or(usual)).collect(),
        None => document
            .applications
            .keys()
            .filter_map(|name| own(name))
            .chain([usual])
            .collect(),
    }
}

/// The loosest value that sessions under this match may have before anything tightens it.
pub(super) fn raised(document: &PolicyDocument, quantity: Quantity, criteria: &Match) -> Level {
    let bases = bases(document, quantity, criteria);
    let entries = quantity.entries(document);
    let rules = entries
        .iter()
        .filter_map(|entry| Some((entry.level, entry.lengthening()?.1)))
        .filter(|(_, rule)| !rule.criteria.excludes(criteria))
        .map(|(level, _)| level);
    let offered = document
        .choice
        .iter()
        .filter(|_| quantity == Quantity::Idle)
        .flat_map(|choice| choice.allow.iter().map(|limit| Level::from(*limit)));
    let highest = bases.into_iter().chain(rules).chain(offered).max();
    highest.unwrap_or(Level::UNLIMITED)
}

/// What brings all sessions under this match down: the cap, and rules that tighten for each of them.
pub(super) fn ceiling(document: &PolicyDocument, quantity: Quantity, criteria: &Match) -> Level {
    let rules = document
        .rules
        .iter()
        .filter(|rule| !rule.lengthens && rule.criteria.covers(criteria))
        .filter_map(|rule| quantity.of_rule(rule));
    let lowest = rules.chain(quantity.of_caps(document)).min();
    lowest.unwrap_or(Level::UNLIMITED)
}

/// The loosest value that sessions under this match may have.
pub(super) fn loosest(document: &PolicyDocument, quantity: Quantity, criteria: &Match) -> Level {
    raised(document, quantity, criteria).min(ceiling(document, quantity, criteria))
}

/// The value of every session of an application about whom no other rule knows anything.
pub(super) fn usual(document: &PolicyDocument, quantity: Quantity, application: Option<&str>) -> Level {
    let whom = of_application(application);
    let own = application
        .and_then(|name| document.applications.get(name))
        .and_then(|application| quantity.of_application(application));
    let base = own.unwrap_or_else(|| quantity.of_policy(document));
    let lengthened = document
        .rules
        .iter()
        .filter(|rule| rule.lengthens && rule.criteria.covers(&whom))
        .filter_map(|rule| quantity.of_rule(rule))
        .fold(base, Level::max);
    lengthened.min(ceiling(document, quantity, &whom))
}
