//! Names: of entries, and those that matches ask for.

use std::collections::BTreeSet;

use super::{Lint, LintCode};
use crate::path::PathPattern;
use crate::policy::{Match, OneOrMany, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = same_names("rules", document.rules.iter().map(|rule| rule.name.as_deref()));
    found.extend(same_names(
        "gates",
        document.gates.iter().map(|gate| gate.name.as_deref()),
    ));
    found.extend(same_names(
        "passive",
        document.passive.iter().map(|entry| entry.name.as_deref()),
    ));
    for (key, criteria) in matches(document) {
        found.extend(unknown_applications(document, &key, criteria));
        found.extend(repeated_values(&key, criteria));
        found.extend(impossible_names(&key, criteria));
    }
    found
}

/// Every match of the document with its key.
pub(super) fn matches(document: &PolicyDocument) -> impl Iterator<Item = (String, &Match)> {
    let rules = document.rules.iter().map(|rule| &rule.criteria);
    let gates = document.gates.iter().map(|gate| &gate.criteria);
    let passive = document.passive.iter().map(|entry| &entry.criteria);
    let numbered = |list: &'static str| move |index: usize| format!("{list}[{index}].match");
    let (rule_key, gate_key, passive_key) = (numbered("rules"), numbered("gates"), numbered("passive"));
    rules
        .enumerate()
        .map(move |(index, criteria)| (rule_key(index), criteria))
        .chain(
            gates
                .enumerate()
                .map(move |(index, criteria)| (gate_key(index), criteria)),
        )
        .chain(
            passive
                .enumerate()
                .map(move |(index, criteria)| (passive_key(index), criteria)),
        )
}

fn same_names<'a>(list: &str, names: impl Iterator<Item = Option<&'a str>>) -> Vec<Lint> {
    let mut seen = BTreeSet::new();
    names
        .enumerate()
        .filter_map(|(index, name)| Some((index, name?)))
        .filter(|(_, name)| !seen.insert(*name))
        .map(|(index, name)| {
            Lint::new(
                LintCode::SameName,
                format!("{list}[{index}].name"),
                format!("`{name}` is the name of an earlier entry too: explanations cannot tell them apart"),
                "give it a name of its own",
            )
        })
        .collect()
}

/// Where applications have entries, one without is perhaps a slip of the pen.
fn unknown_applications(document: &PolicyDocument, key: &str, criteria: &Match) -> Vec<Lint> {
    let names = criteria.application.iter().flat_map(OneOrMany::iter);
    let unknown = names.filter(|name| !document.applications.is_empty() && !document.applications.contains_key(*name));
    unknown
        .map(|name| {
            Lint::new(
                LintCode::UnknownApplication,
                format!("{key}.application"),
                format!("`{name}` has no entry in `applications`, while others have"),
                format!("check the spelling, or add `applications.{name}`"),
            )
        })
        .collect()
}

/// No session is created with a name that is empty or has spaces around it; and one with a comma is most often two.
fn impossible_names(key: &str, criteria: &Match) -> Vec<Lint> {
    let lists = [
        ("application", &criteria.application),
        ("device", &criteria.device),
        ("role", &criteria.role),
    ];
    let named = lists
        .into_iter()
        .flat_map(|(list, values)| values.iter().flat_map(OneOrMany::iter).map(move |name| (list, &**name)));
    let lint = |(list, name): (&str, &str)| {
        let trimmed = name.trim();
        let (message, remedy) = if trimmed.is_empty() {
            let message = "an empty name matches no session".to_owned();
            (message, format!("leave `{list}` out to match every session"))
        } else if trimmed.len() < name.len() {
            let message = format!("`{name}` matches no session: a name has no space before or after it");
            (message, format!("write `{trimmed}`"))
        } else if name.contains(',') {
            let each: Vec<_> = name.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
            let message = format!("`{name}` is one name with a comma in it");
            (
                message,
                format!("write `{list} = [{}]` for any of them", each.join(", ")),
            )
        } else {
            return None;
        };
        Some(Lint::new(
            LintCode::ImpossibleName,
            format!("{key}.{list}"),
            message,
            remedy,
        ))
    };
    named.filter_map(lint).collect()
}

fn repeated_values(key: &str, criteria: &Match) -> Vec<Lint> {
    let texts = |values: &Option<OneOrMany<Box<str>>>| -> Vec<String> {
        let values = values.iter().flat_map(OneOrMany::iter);
        values.map(ToString::to_string).collect()
    };
    let paths = criteria.path.iter().flat_map(OneOrMany::iter);
    let lists = [
        ("application", texts(&criteria.application)),
        ("device", texts(&criteria.device)),
        ("role", texts(&criteria.role)),
        ("path", paths.map(PathPattern::as_str).map(str::to_owned).collect()),
    ];
    let repeated = lists.into_iter().filter_map(|(name, values)| {
        let mut seen = BTreeSet::new();
        let again = values.into_iter().find(|value| !seen.insert(value.clone()))?;
        Some((name, again))
    });
    repeated
        .map(|(name, value)| {
            Lint::new(
                LintCode::RepeatedValue,
                format!("{key}.{name}"),
                format!("`{value}` is in the list twice"),
                "remove one, or write what it was meant to be",
            )
        })
        .collect()
}
