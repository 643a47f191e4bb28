//! The ceilings of a preset: a value that is looser needs a `deviation` that says why.

use crate::policy::preset::{Bound, Ceiling, Preset, Scope};
use crate::policy::quantity::{Entry, Level, Place, Quantity};
use crate::policy::violation::{Violation, violation};
use crate::policy::{Match, OnIdle, PolicyDocument};

pub(super) fn violations(document: &PolicyDocument) -> Vec<Violation> {
    let Some(preset) = document.preset else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if preset.requires_justification() && document.justification.is_none() {
        found.push(violation(
            "justification".to_owned(),
            format!("the preset `{preset}` asks for the reasons behind the values"),
            "write in `justification` why they fit",
        ));
    }
    if document.deviation.is_none() {
        for ceiling in preset.ceilings() {
            let looser = looser(document, preset, ceiling);
            found.extend(told(preset, ceiling, &looser));
        }
    }
    found
}

/// A value that is looser than a ceiling: its key, and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) struct Looser {
    pub(in crate::policy) key: String,
    pub(in crate::policy) value: String,
    /// Its own entry says why.
    pub(in crate::policy) deviates: bool,
}

/// The values that are looser than the ceiling for those it is for, and that nothing brings down to it.
pub(in crate::policy) fn looser(document: &PolicyDocument, preset: Preset, ceiling: &Ceiling) -> Vec<Looser> {
    match ceiling.bound.level() {
        Some((quantity, limit)) => higher(document, preset, ceiling.scope, quantity, limit),
        None => locks(document, ceiling),
    }
}

fn higher(document: &PolicyDocument, preset: Preset, scope: Scope, quantity: Quantity, limit: Level) -> Vec<Looser> {
    let entries = quantity.entries(document);
    let whom = scope.criteria();
    let brings_down = |entry: &&Entry<'_>| {
        entry.place == Place::Cap || entry.tightening().is_some_and(|(_, rule)| rule.criteria.covers(&whom))
    };
    if entries.iter().filter(brings_down).any(|entry| entry.level <= limit) {
        return Vec::new();
    }
    // A rule that brings everybody down to a value of its own, and says why that is still above, answers for what it tightens.
    let answers = entries
        .iter()
        .filter(|entry| brings_down(entry) && entry.deviation().is_some())
        .min_by_key(|entry| entry.level);
    let open = |entry: &&Entry<'_>| answers.is_none_or(|answers| entry.level < answers.level);
    let above: Vec<_> = entries
        .iter()
        .filter(|entry| entry.raises() && entry.level > limit)
        .filter(|entry| !entry.criteria().excludes(&whom) && !has_own_ceiling(preset, scope, entry))
        .collect();
    let answered = answers.filter(|answers| above.iter().any(|entry| entry.level >= answers.level));
    above
        .into_iter()
        .filter(open)
        .chain(answered)
        .map(|entry| Looser {
            key: entry.key(),
            value: entry.shown(),
            deviates: entry.deviation().is_some(),
        })
        .collect()
}

/// Whether the value is for sessions alone that have a ceiling of their own, and keeps to that.
fn has_own_ceiling(preset: Preset, scope: Scope, entry: &Entry<'_>) -> bool {
    let own = |ceiling: &Ceiling| {
        let keeps = ceiling
            .bound
            .level()
            .is_some_and(|(quantity, limit)| quantity == entry.quantity && entry.level <= limit);
        keeps && ceiling.scope != Scope::Everyone && ceiling.scope.criteria().covers(&entry.criteria())
    };
    scope == Scope::Everyone && preset.ceilings().iter().any(own)
}

/// Every `on_idle` that locks.
fn locks(document: &PolicyDocument, ceiling: &Ceiling) -> Vec<Looser> {
    if ceiling.bound != Bound::OnIdle(OnIdle::SignOut) {
        return Vec::new();
    }
    let whom = ceiling.scope.criteria();
    let lock = |key: String, on_idle: Option<OnIdle>, deviates: bool| {
        (on_idle == Some(OnIdle::Lock)).then(|| Looser {
            key,
            value: "lock".to_owned(),
            deviates,
        })
    };
    let base = lock("on_idle".to_owned(), Some(document.on_idle), false);
    let applications = document.applications.iter().filter_map(|(name, application)| {
        let key = format!("applications.{name}.on_idle");
        lock(key, application.on_idle, application.deviation.is_some())
    });
    let rules = document.rules.iter().enumerate();
    let rules = rules
        .filter(|(_, rule)| !Match::excludes(&rule.criteria, &whom))
        .filter_map(|(index, rule)| {
            lock(
                format!("rules[{index}].on_idle"),
                rule.on_idle,
                rule.deviation.is_some(),
            )
        });
    base.into_iter().chain(applications).chain(rules).collect()
}

/// A ceiling for everyone is told at each value; one for some is told once, since one rule mends it.
fn told(preset: Preset, ceiling: &Ceiling, looser: &[Looser]) -> Vec<Violation> {
    let mut unexplained = looser.iter().filter(|looser| !looser.deviates).peekable();
    let (bound, source) = (ceiling.bound, ceiling.source);
    let allows = format!("the preset `{preset}` allows ({bound}: {source})");
    let everyone = |looser: &Looser| {
        violation(
            looser.key.clone(),
            format!("{} is looser than {allows}", looser.value),
            format!("write {}, or say in `deviation` why not", at_most(bound)),
        )
    };
    match (ceiling.scope, bound) {
        (Scope::Everyone, _) | (_, Bound::OnIdle(_)) => unexplained.map(everyone).collect(),
        (Scope::Role(_) | Scope::Device(_), _) if unexplained.peek().is_none() => Vec::new(),
        (Scope::Role(name) | Scope::Device(name), _) => {
            let kind = if matches!(ceiling.scope, Scope::Role(_)) {
                "role"
            } else {
                "device"
            };
            let values: Vec<_> = unexplained
                .map(|looser| format!("{} is {}", looser.key, looser.value))
                .collect();
            let key = bound.key();
            let value = if matches!(bound, Bound::MaxSessions(_)) {
                bound.to_string()
            } else {
                format!("\"{bound}\"")
            };
            vec![violation(
                "rules".to_owned(),
                format!(
                    "with the {kind} `{name}` sessions may have a looser {key} than {allows}; {}",
                    values.join(", ")
                ),
                format!(
                    "add a rule with match = {{ {kind} = \"{name}\" }} and {key} = {value}, or say in `deviation` why not"
                ),
            )]
        }
    }
}

fn at_most(bound: Bound) -> String {
    match bound {
        Bound::OnIdle(_) => format!("`{bound}`"),
        Bound::Idle(_) | Bound::Absolute(_) | Bound::MaxSessions(_) => format!("at most {bound}"),
    }
}
