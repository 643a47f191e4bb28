//! What a policy gives one session on one path, or on none.

use super::Ms;
use super::path::Segments;
use super::policy::{Outcome, Policy, Rule};
use super::session::Session;

/// The idle limit of one policy and what happens there.
pub(crate) fn idle(policy: &Policy, session: &Session, choice: Option<Ms>, path: Option<&Segments>) -> (Ms, Outcome) {
    let application = session
        .application
        .as_ref()
        .and_then(|name| policy.applications.get(name));
    let usual = application
        .and_then(|application| application.on_idle)
        .unwrap_or(policy.on_idle);
    let matching = |lengthens| {
        let rules: Vec<&Rule> = matching(policy, session, path, lengthens);
        rules
            .into_iter()
            .filter_map(move |rule| Some((rule.idle?, rule.on_idle.unwrap_or(usual))))
    };

    let mut found = (
        application
            .and_then(|application| application.idle)
            .unwrap_or(policy.idle),
        usual,
    );
    let base = found.0;
    // A later rule replaces an earlier one only where it is strictly larger: the first of equals decides.
    for rule in matching(true) {
        if rule.0 > base && rule.0 > found.0 {
            found = rule;
        }
    }
    if let Some(choice) = choice.filter(|choice| policy.offers.contains(choice)) {
        found = (choice, usual);
    }
    for rule in matching(false) {
        if rule.0 < found.0 {
            found = rule;
        }
    }
    if policy.idle_cap < found.0 {
        found.0 = policy.idle_cap;
    }
    found
}

/// The absolute limit of one policy. No path has a say in it.
pub(crate) fn absolute(policy: &Policy, session: &Session) -> Ms {
    let application = session
        .application
        .as_ref()
        .and_then(|name| policy.applications.get(name));
    let base = application
        .and_then(|application| application.absolute)
        .unwrap_or(policy.absolute);
    let of = |lengthens| {
        matching(policy, session, None, lengthens)
            .into_iter()
            .filter_map(|rule| rule.absolute)
    };
    let lengthened = of(true).fold(base, Ms::max);
    let tightened = of(false).fold(lengthened, Ms::min);
    tightened.min(policy.absolute_cap)
}

/// The smallest `max_away` and the smallest `max_age` on a path.
pub(crate) fn gates(policy: &Policy, session: &Session, path: &Segments) -> (Option<Ms>, Option<Ms>) {
    let matching = || {
        policy
            .gates
            .iter()
            .filter(|gate| gate.applies.holds(session, Some(path)))
    };
    (
        matching().filter_map(|gate| gate.max_away).min(),
        matching().filter_map(|gate| gate.max_age).min(),
    )
}

fn matching<'a>(policy: &'a Policy, session: &Session, path: Option<&Segments>, lengthens: bool) -> Vec<&'a Rule> {
    policy
        .rules
        .iter()
        .filter(|rule| rule.lengthens == lengthens && rule.applies.holds(session, path))
        .collect()
}
