//! Presets, the texts around them, and the number of sessions.

use super::{Lint, LintCode};
use crate::policy::validity::ceilings::looser;
use crate::policy::{OnMaxSessions, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = Vec::new();
    if let Some(preset) = document.preset.filter(|_| document.justification.is_none()) {
        found.push(Lint::new(
            LintCode::NoJustification,
            "justification",
            format!("auditors of `{preset}` ask why the values are what they are"),
            "write it in `justification`; the exported document shows it",
        ));
    }
    found.extend(needless_deviations(document));
    let none = document.max_sessions.is_none()
        && document
            .applications
            .values()
            .all(|application| application.max_sessions.is_none())
        && document.rules.iter().all(|rule| rule.max_sessions.is_none());
    if none && document.on_max_sessions != OnMaxSessions::Refuse {
        found.push(Lint::new(
            LintCode::NoSessionLimit,
            "on_max_sessions",
            "there is no limit on sessions, so this never happens",
            "set `max_sessions`, or leave it out",
        ));
    }
    found
}

/// Deviations where no value is looser than its ceiling.
fn needless_deviations(document: &PolicyDocument) -> Vec<Lint> {
    let looser: Vec<_> = document
        .preset
        .iter()
        .flat_map(|preset| preset.ceilings().iter().map(|ceiling| (*preset, ceiling)))
        .flat_map(|(preset, ceiling)| looser(document, preset, ceiling))
        .collect();
    let applications = document
        .applications
        .iter()
        .filter(|(_, application)| application.deviation.is_some())
        .map(|(name, _)| format!("applications.{name}."));
    let rules = document
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.deviation.is_some())
        .map(|(index, _)| format!("rules[{index}]."));
    let unused = applications
        .chain(rules)
        .filter(|entry| !looser.iter().any(|looser| looser.key.starts_with(entry)))
        .map(|entry| format!("{entry}deviation"));
    let whole = document.deviation.as_ref().map(|_| "deviation".to_owned());
    let whole = whole.filter(|_| looser.iter().all(|looser| looser.deviates));
    whole
        .into_iter()
        .chain(unused)
        .map(|key| {
            Lint::new(
                LintCode::NeedlessDeviation,
                key,
                "it explains nothing: no value it covers is looser than a preset allows",
                "remove it",
            )
        })
        .collect()
}
