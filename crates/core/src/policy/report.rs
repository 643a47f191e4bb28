//! The policy for auditors: every value with where it comes from, what the preset asks for, what deviates and why.

mod markdown;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::preset::{Bound, Ceiling, Preset, Scope, Source};
use super::validity::ceilings::looser;
use super::{Lint, Match, OneOrMany, Policy, PolicyDocument, lint};
use crate::path::PathPattern;

/// A policy as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// When it was made and of what.
    pub issued: Issued,
    /// The preset, if the policy names one.
    pub preset: Option<ReportedPreset>,
    /// Why the policy is as it is.
    pub justification: Option<Box<str>>,
    /// The values of the policy and of its applications.
    pub values: Vec<ReportedValue>,
    /// The rules on limits.
    pub rules: Vec<ReportedEntry>,
    /// The step-up rules.
    pub gates: Vec<ReportedEntry>,
    /// The requests that are never activity.
    pub passive: Vec<ReportedEntry>,
    /// What the preset asks for, and whether it is so.
    pub ceilings: Vec<ReportedCeiling>,
    /// The reasons for values that are looser.
    pub deviations: Vec<ReportedDeviation>,
    /// What is odd about the policy.
    pub lints: Vec<Lint>,
    /// The document itself, complete.
    pub policy: PolicyDocument,
}

/// When a report was made and of what, so that two of them can be told apart years later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Issued {
    /// When: RFC 3339 in UTC.
    pub at: String,
    /// The version of nightlatch that made it.
    pub version: String,
    /// The file that the policy was read from; none where a running server told its policy.
    pub file: Option<String>,
    /// The revision of the policy; none where it was read from a file, which may never have been in force.
    pub revision: Option<ReportedRevision>,
}

/// A revision in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedRevision {
    /// Its number.
    pub revision: u32,
    /// Since when it is in force: RFC 3339 in UTC.
    pub since: String,
    /// Who brought it.
    pub actor: Box<str>,
    /// Why.
    pub reason: Option<Box<str>>,
}

/// A preset in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedPreset {
    /// Its name in documents.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// What it asks for beyond the values of a policy.
    pub notes: &'static [&'static str],
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedValue {
    /// Its key.
    pub key: String,
    /// The value, as documents write it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from. A value that is written as the preset or the defaults have it counts as theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Origin {
    /// It is written in the policy.
    Written,
    /// The preset fills it in.
    Preset {
        /// Which one.
        preset: Preset,
        /// What the preset's own number rests on, where it asks for one.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<Source>,
    },
    /// It is what nightlatch does where nothing is written.
    Default,
}

/// An entry of a list: for whom, and what it brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedEntry {
    /// Its key.
    pub key: String,
    /// Its name, if it has one.
    pub name: Option<Box<str>>,
    /// The sessions and pages it is for, in words.
    pub applies_to: String,
    /// The values it brings.
    pub brings: Vec<(String, String)>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A ceiling of the preset, and what is above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedCeiling {
    /// The ceiling and its source.
    #[serde(flatten)]
    pub ceiling: Ceiling,
    /// Whether no value is looser.
    pub met: bool,
    /// The keys of the values that are looser, each covered by a deviation.
    pub looser: Vec<String>,
}

/// A reason for values that are looser than the preset allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedDeviation {
    /// Where it stands.
    pub key: String,
    /// The reason.
    pub text: Box<str>,
    /// The keys of the values it covers.
    pub covers: Vec<String>,
}

/// What an auditor wants to know about a policy.
#[must_use]
pub fn report(policy: &Policy, issued: Issued) -> Report {
    let document: &PolicyDocument = policy;
    let ceilings = ceilings(document);
    Report {
        issued,
        preset: document.preset.map(|preset| ReportedPreset {
            name: preset.name(),
            title: preset.title(),
            purpose: preset.purpose(),
            notes: preset.notes(),
        }),
        justification: document.justification.clone(),
        values: values(document),
        rules: rules(document),
        gates: gates(document),
        passive: passive(document),
        deviations: deviations(document, &ceilings),
        ceilings,
        lints: lint(policy),
        policy: document.clone(),
    }
}

/// The keys that are texts or lists of entries, which have places of their own.
const ELSEWHERE: [&str; 6] = ["preset", "justification", "deviation", "rules", "gates", "passive"];
/// The keys that a preset fills in.
const FILLED_IN: [&str; 5] = ["idle", "absolute", "warn_before", "on_idle", "max_sessions"];

fn values(document: &PolicyDocument) -> Vec<ReportedValue> {
    let table = |document: &PolicyDocument| serde_json::to_value(document).unwrap_or_default();
    let (own, default) = (table(document), table(&PolicyDocument::default()));
    let filled_in = document.preset.map(|preset| (preset, table(&preset.start())));
    let mut leaves = Vec::new();
    for (name, value) in own.as_object().into_iter().flatten() {
        if !ELSEWHERE.contains(&name.as_str()) {
            collect(name.clone(), value, &mut leaves);
        }
    }
    if document.max_sessions.is_none() {
        leaves.push(("max_sessions".to_owned(), "no limit".to_owned()));
    }
    leaves
        .into_iter()
        .filter(|(key, _)| !key.ends_with(".deviation"))
        .map(|(key, value)| {
            let origin = match &filled_in {
                Some((preset, start)) if FILLED_IN.contains(&key.as_str()) => {
                    // Another value than the preset's was written, even where it is the one that nightlatch has by itself.
                    if own.get(&key) == start.get(&key) {
                        of_preset(*preset, document, &key)
                    } else {
                        Origin::Written
                    }
                }
                _ if own.get(&key) == default.get(&key) && !key.contains('.') => Origin::Default,
                _ => Origin::Written,
            };
            ReportedValue { key, value, origin }
        })
        .collect()
}

/// The values below a key: tables are gone into, lists stay together.
fn collect(key: String, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(table) => {
            for (name, value) in table {
                collect(format!("{key}.{name}"), value, leaves);
            }
        }
        Value::Array(list) => {
            let texts: Vec<_> = list.iter().map(plain).collect();
            leaves.push((key, texts.join(", ")));
        }
        value => leaves.push((key, plain(value))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn of_preset(preset: Preset, document: &PolicyDocument, key: &str) -> Origin {
    let is_own = |ceiling: &&Ceiling| match ceiling.bound {
        Bound::Idle(limit) => key == "idle" && limit == document.idle,
        Bound::Absolute(limit) => key == "absolute" && limit == document.absolute,
        Bound::MaxSessions(most) => key == "max_sessions" && Some(most) == document.max_sessions,
        Bound::OnIdle(on_idle) => key == "on_idle" && on_idle == document.on_idle,
    };
    let own: Vec<_> = preset.ceilings().iter().filter(is_own).collect();
    let everyone = own.iter().find(|ceiling| ceiling.scope == Scope::Everyone);
    Origin::Preset {
        preset,
        source: everyone.or_else(|| own.first()).map(|ceiling| ceiling.source),
    }
}

fn rules(document: &PolicyDocument) -> Vec<ReportedEntry> {
    let own = document.preset.map(|preset| (preset, preset.start().rules));
    let rules = document.rules.iter().enumerate();
    rules
        .map(|(index, rule)| {
            let brings = [
                ("idle", rule.idle.map(|limit| limit.to_string())),
                ("absolute", rule.absolute.map(|limit| limit.to_string())),
                ("max_sessions", rule.max_sessions.map(|most| most.to_string())),
                (
                    "on_idle",
                    rule.on_idle.map(|on_idle| Bound::OnIdle(on_idle).to_string()),
                ),
                ("lengthens", rule.lengthens.then(|| "true".to_owned())),
            ];
            let origin = match &own {
                Some((preset, own)) if own.contains(rule) => Origin::Preset {
                    preset: *preset,
                    source: preset
                        .ceilings()
                        .iter()
                        .find(|ceiling| ceiling.scope != Scope::Everyone && ceiling.is_brought_by(rule))
                        .map(|ceiling| ceiling.source),
                },
                _ => Origin::Written,
            };
            entry(
                format!("rules[{index}]"),
                rule.name.as_deref(),
                &rule.criteria,
                brings,
                origin,
            )
        })
        .collect()
}

fn gates(document: &PolicyDocument) -> Vec<ReportedEntry> {
    let gates = document.gates.iter().enumerate();
    gates
        .map(|(index, gate)| {
            let brings = [
                ("max_away", gate.max_away.map(|span| span.to_string())),
                ("max_age", gate.max_age.map(|span| span.to_string())),
            ];
            let key = format!("gates[{index}]");
            entry(key, gate.name.as_deref(), &gate.criteria, brings, Origin::Written)
        })
        .collect()
}

fn passive(document: &PolicyDocument) -> Vec<ReportedEntry> {
    let entries = document.passive.iter().enumerate();
    entries
        .map(|(index, passive)| {
            let key = format!("passive[{index}]");
            entry(key, passive.name.as_deref(), &passive.criteria, [], Origin::Written)
        })
        .collect()
}

fn entry<const N: usize>(
    key: String,
    name: Option<&str>,
    criteria: &Match,
    brings: [(&str, Option<String>); N],
    origin: Origin,
) -> ReportedEntry {
    ReportedEntry {
        key,
        name: name.map(Into::into),
        applies_to: in_words(criteria),
        brings: brings
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect(),
        origin,
    }
}

fn in_words(criteria: &Match) -> String {
    fn any_of<'a>(key: &str, values: impl Iterator<Item = &'a str>) -> String {
        format!("{key} {}", values.collect::<Vec<_>>().join(" or "))
    }
    let names = |key: &str, values: &Option<OneOrMany<Box<str>>>| {
        let values = values.as_ref()?;
        Some(any_of(key, values.iter().map(AsRef::as_ref)))
    };
    let path = criteria.path.as_ref();
    let parts = [
        names("application", &criteria.application),
        names("device", &criteria.device),
        names("role", &criteria.role),
        path.map(|patterns| any_of("path", patterns.iter().map(PathPattern::as_str))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "everyone".to_owned()
    } else {
        parts.join(", ")
    }
}

fn ceilings(document: &PolicyDocument) -> Vec<ReportedCeiling> {
    let Some(preset) = document.preset else {
        return Vec::new();
    };
    let ceilings = preset.ceilings().iter();
    ceilings
        .map(|ceiling| {
            let looser = looser(document, preset, ceiling);
            ReportedCeiling {
                ceiling: *ceiling,
                met: looser.is_empty(),
                looser: looser.into_iter().map(|looser| looser.key).collect(),
            }
        })
        .collect()
}

fn deviations(document: &PolicyDocument, ceilings: &[ReportedCeiling]) -> Vec<ReportedDeviation> {
    let mut looser: Vec<&String> = ceilings.iter().flat_map(|ceiling| &ceiling.looser).collect();
    looser.sort_unstable();
    looser.dedup();
    let applications = document
        .applications
        .iter()
        .map(|(name, application)| (format!("applications.{name}."), application.deviation.as_ref()));
    let rules = document
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (format!("rules[{index}]."), rule.deviation.as_ref()));
    let mut found: Vec<_> = applications
        .chain(rules)
        .filter_map(|(entry, text)| {
            let covers = looser.iter().filter(|key| key.starts_with(&entry));
            Some(ReportedDeviation {
                key: format!("{entry}deviation"),
                text: text?.clone(),
                covers: covers.map(|key| (*key).clone()).collect(),
            })
        })
        .collect();
    if let Some(text) = &document.deviation {
        let covered = |key: &&String| !found.iter().any(|deviation| deviation.covers.contains(key));
        let covers = looser.into_iter().filter(covered).cloned().collect();
        let whole = ReportedDeviation {
            key: "deviation".to_owned(),
            text: text.clone(),
            covers,
        };
        found.insert(0, whole);
    }
    found
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written => f.write_str("written"),
            Self::Preset { preset, source: None } => write!(f, "preset {preset}"),
            Self::Preset {
                preset,
                source: Some(source),
            } => write!(f, "preset {preset}: {source}"),
            Self::Default => f.write_str("default"),
        }
    }
}
