//! What counts as activity, and what stands still without it.

use super::reach::loosest;
use super::{Lint, LintCode};
use crate::path::PathPattern;
use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Absent, Match, OneOrMany, Passive, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = Vec::new();
    if document.activity.is_empty() {
        found.push(Lint::new(
            LintCode::NoActivity,
            "activity",
            "nothing counts as activity: people are signed out while they work",
            "write `request`, `input` or both",
        ));
    }
    let absolute = loosest(document, Quantity::Absolute, &Match::default());
    if document.absent == Absent::Pause && absolute == Level::UNLIMITED {
        found.push(Lint::new(
            LintCode::PauseWithoutAbsolute,
            "absent",
            "idle stands still while no tab is open, and there is no absolute limit: such a session never ends",
            "set `absolute` or `caps.absolute`, or let idle run with `absent = \"count\"`",
        ));
    }
    let passive = document.passive.iter().enumerate();
    found.extend(passive.filter_map(|(index, entry)| passive_pages(document, index, entry)));
    found
}

/// A passive entry that takes in pages which people read.
fn passive_pages(document: &PolicyDocument, index: usize, entry: &Passive) -> Option<Lint> {
    let lint = |key: String, message: String| {
        let remedy = "name the requests that run by themselves, for example `/api/poll/**`";
        Some(Lint::new(LintCode::PassivePages, key, message, remedy))
    };
    let key = format!("passive[{index}].match.path");
    let Some(patterns) = &entry.criteria.path else {
        let message = "without a `path` no request of these sessions is activity, whatever page it is for";
        return lint(format!("passive[{index}]"), message.to_owned());
    };
    if let Some(wide) = patterns.iter().find(|pattern| is_any_page(pattern)) {
        let message = format!(
            "`{}` takes in pages of every name: no request to them is activity",
            wide.as_str()
        );
        return lint(key, message);
    }
    let pages = pages(document).find(|(_, criteria, theirs)| {
        let covered = |theirs: &PathPattern| patterns.iter().any(|own| own.covers(theirs));
        !criteria.excludes(&entry.criteria) && theirs.iter().any(covered)
    });
    let (page, ..) = pages?;
    lint(
        key,
        format!("the pages of {page} are among these: no request to them is activity"),
    )
}

fn is_any_page(pattern: &PathPattern) -> bool {
    let mut segments = pattern.segments().peekable();
    segments.peek().is_some() && segments.all(|segment| segment == "*" || segment == "**")
}

/// The entries that speak of pages, with their patterns.
fn pages(document: &PolicyDocument) -> impl Iterator<Item = (String, &Match, &OneOrMany<PathPattern>)> {
    let gates = document.gates.iter().enumerate();
    let gates = gates.map(|(index, gate)| (format!("gates[{index}]"), &gate.criteria));
    let rules = document.rules.iter().enumerate();
    let rules = rules.map(|(index, rule)| (format!("rules[{index}]"), &rule.criteria));
    gates
        .chain(rules)
        .filter_map(|(key, criteria)| Some((key, criteria, criteria.path.as_ref()?)))
}
