//! Why a value is what it is: every layer that was looked at, and what became of it.

use serde::Serialize;

use super::{Fate, GateLimits, Idle, Layer, absolute, gates, idle, is_passive};
use crate::duration::Limit;
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{OnIdle, Policy};
use crate::time::Span;

/// What one policy gives for a session on a page (or on none), with the reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The idle limit.
    pub idle: Limit,
    /// What happens at the idle limit.
    pub on_idle: OnIdle,
    /// The layers of the idle limit in the order they were laid.
    pub idle_steps: Vec<Step>,
    /// The absolute limit.
    pub absolute: Limit,
    /// The layers of the absolute limit in the order they were laid.
    pub absolute_steps: Vec<Step>,
    /// The longest absence that the page's gates bear, if any asks.
    pub max_away: Option<Span>,
    /// The oldest authentication that the page's gates take, if any asks.
    pub max_age: Option<Span>,
    /// Whether a request to the page is never activity.
    pub passive: bool,
    /// How long before its end a session is in the warning.
    pub warn_before: Span,
}

/// One layer of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The key of the policy that holds the value, for example `rules[1] "admins"`; `choice` for the user's own.
    pub source: String,
    /// The value it holds.
    pub value: Limit,
    /// Whether it is the value in force at the end.
    pub decides: bool,
    /// What became of it, as a clause for people.
    pub why: String,
}

/// Resolves like the engine does and keeps the reasons.
#[must_use]
pub fn explain(policy: &Policy, facts: &Facts, choice: Option<Limit>, path: Option<&Path<'_>>) -> Explanation {
    let mut idle_trail = Vec::new();
    let Idle { limit, outcome } = idle(
        policy,
        facts,
        choice,
        path,
        Some(&mut |layer, limit, fate| idle_trail.push((layer, limit, fate))),
    );
    let mut absolute_trail = Vec::new();
    let absolute = absolute(
        policy,
        facts,
        Some(&mut |layer, limit, fate| absolute_trail.push((layer, limit, fate))),
    );
    let GateLimits { max_away, max_age } = path.map(|path| gates(policy, facts, path)).unwrap_or_default();
    Explanation {
        idle: limit,
        on_idle: outcome,
        idle_steps: steps(policy, facts, "idle", &idle_trail),
        absolute,
        absolute_steps: steps(policy, facts, "absolute", &absolute_trail),
        max_away,
        max_age,
        passive: path.is_some_and(|path| is_passive(policy, facts, path)),
        warn_before: policy.warn_before,
    }
}

fn steps(policy: &Policy, facts: &Facts, key: &str, trail: &[(Layer, Limit, Fate)]) -> Vec<Step> {
    let decider = trail.iter().rposition(|(_, _, fate)| *fate == Fate::Taken);
    trail
        .iter()
        .enumerate()
        .map(|(index, (layer, limit, fate))| Step {
            source: source(policy, facts, key, *layer),
            value: *limit,
            decides: Some(index) == decider,
            why: why(*layer, *fate, Some(index) == decider),
        })
        .collect()
}

fn source(policy: &Policy, facts: &Facts, key: &str, layer: Layer) -> String {
    match layer {
        Layer::Policy => key.to_owned(),
        Layer::Application => format!(
            "applications.{}.{key}",
            facts.application.as_deref().unwrap_or_default()
        ),
        Layer::Choice => "choice".to_owned(),
        Layer::Cap => format!("caps.{key}"),
        Layer::Lengthening(index) | Layer::Tightening(index) => match &policy.rules[index].name {
            Some(name) => format!("rules[{index}] \"{name}\""),
            None => format!("rules[{index}]"),
        },
    }
}

fn why(layer: Layer, fate: Fate, decides: bool) -> String {
    let text = match (fate, layer) {
        (Fate::Unmatched(key), _) => return format!("does not apply: its `{key}` does not match"),
        (Fate::NotOffered, _) => "does not apply: the policy does not offer it",
        (Fate::NotStricter, _) => "changes nothing: it is not shorter than the value so far",
        (Fate::NotLonger, _) => "changes nothing: it is not longer than the value so far",
        (Fate::Taken, Layer::Policy) if decides => "decides: the base value",
        (Fate::Taken, Layer::Policy) => "the base value, replaced by a later layer",
        (Fate::Taken, Layer::Application) if decides => "decides: the application's own base value",
        (Fate::Taken, Layer::Lengthening(_)) if decides => "decides: the longest of the rules that lengthen",
        (Fate::Taken, Layer::Choice) if decides => "decides: the user's choice, which the policy offers",
        (Fate::Taken, Layer::Tightening(_)) if decides => "decides: the shortest of the rules that tighten",
        (Fate::Taken, Layer::Cap) => "decides: the system limit",
        (Fate::Taken, _) => "applies, and is replaced by a later layer",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyDocument;

    fn policy(json: &str) -> Policy {
        Policy::new(serde_json::from_str::<PolicyDocument>(json).expect("a document")).expect("a valid policy")
    }

    #[test]
    fn every_layer_says_what_became_of_it() {
        let policy = policy(
            r#"{"idle": "30m", "choice": {"allow": ["1h"]}, "caps": {"idle": "3d"},
                "rules": [{"name": "mobile", "match": {"device": "mobile"}, "idle": "2h", "lengthens": true},
                          {"name": "admins", "match": {"role": "admin"}, "idle": "15m", "on_idle": "lock"},
                          {"match": {"path": "/billing/**"}, "idle": "20m"}]}"#,
        );
        let facts = Facts {
            roles: vec!["admin".into()],
            ..Facts::default()
        };
        let path = Path::canonical("/billing");
        let explanation = explain(&policy, &facts, Some("60m".parse().expect("a limit")), Some(&path));
        assert_eq!(explanation.idle.to_string(), "15m");
        assert_eq!(explanation.on_idle, OnIdle::Lock);
        let told: Vec<_> = explanation
            .idle_steps
            .iter()
            .map(|step| (step.source.as_str(), step.decides))
            .collect();
        assert_eq!(
            told,
            [
                ("idle", false),
                ("rules[0] \"mobile\"", false),
                ("choice", false),
                ("rules[1] \"admins\"", true),
                ("rules[2]", false),
                ("caps.idle", false),
            ]
        );
        assert_eq!(
            explanation.idle_steps[1].why,
            "does not apply: its `device` does not match"
        );
        assert_eq!(explanation.absolute_steps.len(), 1);
    }

    #[test]
    fn the_explained_value_is_the_resolved_value() {
        let policy = policy(r#"{"idle": "2h", "on_idle": "lock", "caps": {"idle": "20m"}}"#);
        let explanation = explain(&policy, &Facts::default(), None, None);
        assert_eq!(
            (explanation.idle.to_string().as_str(), explanation.on_idle),
            ("20m", OnIdle::Lock)
        );
        assert_eq!(explanation.idle_steps.iter().filter(|step| step.decides).count(), 1);
    }
}
