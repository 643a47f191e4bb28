//! Random policy documents.

use super::flaws::{FLAWS, spoil};
use super::words::{MINUTE, written};
use crate::naive;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A policy before its warning is fitted to its idles.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    body: Value,
    warning: Warning,
    flaw: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Warning {
    LeftOut,
    Written(&'static str),
    /// Half of the shortest idle.
    Half,
    /// The longest that is legal.
    Longest,
    /// One that is just too long.
    TooLong,
}

/// A draft around a document without a warning.
pub(crate) fn draft(body: BoxedStrategy<Value>) -> BoxedStrategy<Draft> {
    let warning = prop_oneof![
        2 => Just(Warning::LeftOut),
        2 => Just(Warning::Written("0s")),
        2 => Just(Warning::Written("30s")),
        4 => Just(Warning::Written("1m")),
        4 => Just(Warning::Half),
        2 => Just(Warning::Longest),
    ];
    let rare = prop_oneof![
        30 => Just(None),
        1 => (0..FLAWS.len()).prop_map(Some),
    ];
    let too_long = prop_oneof![40 => warning, 1 => Just(Warning::TooLong)];
    (body, too_long, rare)
        .prop_map(|(body, warning, flaw)| Draft { body, warning, flaw })
        .boxed()
}

impl Draft {
    /// The document.
    pub(crate) fn document(&self) -> Value {
        let mut policy = self.body.clone();
        let shortest = shortest_idle(&policy);
        match self.warning {
            // The default warning needs an idle above a minute, that of a preset one above two.
            Warning::LeftOut if shortest > 2 * MINUTE => {}
            Warning::LeftOut | Warning::Half => policy["warn_before"] = json!(written(shortest / 2, 0)),
            Warning::Written(text) if shortest > MINUTE => policy["warn_before"] = json!(text),
            Warning::Written(_) => policy["warn_before"] = json!("0s"),
            Warning::Longest => policy["warn_before"] = json!(written(shortest - 1, 2)),
            Warning::TooLong => policy["warn_before"] = json!(written(shortest, 1)),
        }
        if let Some(flaw) = self.flaw {
            spoil(&mut policy, flaw);
        }
        policy
    }

    /// This draft with the keys of another where the mask says so.
    pub(crate) fn like(mut self, other: &Self, mask: u16) -> Self {
        for (_, key) in KEYS.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0) {
            match other.body.get(key) {
                Some(value) => self.body[*key] = value.clone(),
                None => drop(self.body.as_object_mut().and_then(|body| body.remove(*key))),
            }
        }
        self
    }
}

const KEYS: &[&str] = &[
    "idle",
    "absolute",
    "on_idle",
    "activity",
    "hold_max",
    "absent",
    "choice",
    "caps",
    "applications",
    "rules",
    "gates",
    "passive",
    "preset",
    "deviation",
    "justification",
    "max_sessions",
];

/// A policy with what its preset, if it has a known one, fills in.
pub(crate) fn spelled_out(policy: &Value) -> Value {
    let filled = policy["preset"].as_str().and_then(|preset| {
        let written = policy.as_object()?;
        naive::preset::filled(written, preset).ok()
    });
    filled.map_or_else(|| policy.clone(), Value::Object)
}

/// The shortest idle a policy names, what the preset or the defaults fill in included.
fn shortest_idle(policy: &Value) -> i64 {
    let policy = &spelled_out(policy);
    let mut idles = vec![policy.get("idle").cloned().unwrap_or_else(|| json!("30m"))];
    let listed = |list: &Value| list.as_array().cloned().unwrap_or_default();
    idles.extend(listed(&policy["choice"]["allow"]));
    idles.extend(
        listed(&policy["rules"])
            .iter()
            .filter_map(|rule| rule.get("idle").cloned()),
    );
    idles.extend(policy["caps"].get("idle").cloned());
    let applications = policy["applications"].as_object().into_iter().flatten();
    idles.extend(applications.filter_map(|(_, application)| application.get("idle").cloned()));
    let shortest = idles.iter().filter_map(|idle| naive::duration::limit(idle).ok()).min();
    shortest
        .and_then(|shortest| i64::try_from(shortest).ok())
        .unwrap_or(i64::MAX)
}
