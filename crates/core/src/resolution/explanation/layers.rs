//! The layers of idle and absolute (LIFETIME section 2), heard from the pass that resolves them.

use std::num::NonZeroU32;

use super::trail::Trail;
use super::{DEVELOPMENT, LayerKind, Step};
use crate::duration::Limit;
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{OnIdle, Policy, Rule};
use crate::resolution::sessions::most as resolve_most;
use crate::resolution::{Fate, Layer, absolute as resolve_absolute, idle as resolve_idle};

/// The idle limit and its outcome.
pub(super) fn idle(
    policy: &Policy,
    facts: &Facts,
    choice: Option<Limit>,
    path: Option<&Path<'_>>,
) -> (Trail<Limit>, Trail<OnIdle>) {
    let mut trail = base("idle", policy.idle);
    let mut heard = Vec::new();
    resolve_idle(
        policy,
        facts,
        choice,
        path,
        Some(&mut |layer, limit, fate| {
            lay(&mut trail, policy, facts, "idle", (layer, limit, fate));
            heard.push((layer, fate));
        }),
    );
    (trail, outcome(policy, facts, &heard))
}

/// The absolute limit.
pub(super) fn absolute(policy: &Policy, facts: &Facts) -> Trail<Limit> {
    let mut trail = base("absolute", policy.absolute);
    resolve_absolute(
        policy,
        facts,
        Some(&mut |layer, limit, fate| lay(&mut trail, policy, facts, "absolute", (layer, limit, fate))),
    );
    trail
}

fn base<T>(key: &str, value: T) -> Trail<T> {
    Trail::new(Step::new(key, LayerKind::Base, value, "decides: the base value"))
}

fn lay(trail: &mut Trail<Limit>, policy: &Policy, facts: &Facts, key: &str, heard: (Layer, Limit, Fate)) {
    let so_far = trail.value().to_string();
    lay_over(trail, policy, facts, key, heard, &so_far);
}

/// How many sessions a subject may have.
pub(super) fn max_sessions(policy: &Policy, facts: &Facts) -> Trail<Option<NonZeroU32>> {
    let mut trail = match policy.max_sessions {
        Some(_) => base("max_sessions", policy.max_sessions),
        None => Trail::new(Step::new(
            "no max_sessions",
            LayerKind::Default,
            None,
            "decides: the policy sets no number",
        )),
    };
    resolve_most(
        policy,
        facts,
        Some(&mut |layer, most, fate| {
            let so_far = trail
                .value()
                .map_or_else(|| "no number".to_owned(), |most| most.to_string());
            lay_over(
                &mut trail,
                policy,
                facts,
                "max_sessions",
                (layer, Some(most), fate),
                &so_far,
            );
        }),
    );
    trail
}

/// `so_far` is the value that the layer is laid over, in words.
fn lay_over<T>(
    trail: &mut Trail<T>,
    policy: &Policy,
    facts: &Facts,
    key: &str,
    (layer, value, fate): (Layer, T, Fate),
    so_far: &str,
) {
    let step = |kind, why: &str| Step::new(source(policy, facts, key, layer), kind, value, why);
    let (kind, what, decides) = match layer {
        // Every trail begins with it.
        Layer::Policy => return,
        Layer::Application => (
            LayerKind::Application,
            "the application's own value",
            "decides: the application's own base value",
        ),
        Layer::Lengthening(_) => (
            LayerKind::Lengthening,
            "which is longer",
            "decides: the longest of the rules that lengthen",
        ),
        Layer::Choice => (
            LayerKind::Choice,
            "which the policy offers",
            "decides: the user's choice, which the policy offers",
        ),
        Layer::Tightening(_) => (
            LayerKind::Tightening,
            "which is shorter",
            "decides: the shortest of the rules that tighten",
        ),
        Layer::Cap => (LayerKind::Cap, "the system limit", "decides: the system limit"),
        Layer::Development => (
            LayerKind::Development,
            "the switch of this process",
            "decides: this process runs for development, where no limit ends a session",
        ),
    };
    let why = match fate {
        Fate::Taken => return trail.take(step(kind, decides), what),
        Fate::Unmatched(key) => unmatched(key),
        Fate::NotOffered => "does not apply: the policy does not offer it".to_owned(),
        Fate::NotStricter => format!("changes nothing: it is not shorter than {so_far}"),
        Fate::NotLonger => format!("changes nothing: it is not longer than {so_far}"),
    };
    trail.lose(step(kind, &why));
}

/// The outcome comes from the rule that set the idle limit, where it names one; a cap shortens the limit and leaves it.
fn outcome(policy: &Policy, facts: &Facts, heard: &[(Layer, Fate)]) -> Trail<OnIdle> {
    let mut trail = base("on_idle", policy.on_idle);
    let application = facts
        .application
        .as_ref()
        .and_then(|name| policy.applications.get(name));
    if let Some(outcome) = application.and_then(|base| base.on_idle) {
        let source = source(policy, facts, "on_idle", Layer::Application);
        let why = "decides: the application's own base value";
        trail.take(
            Step::new(source, LayerKind::Application, outcome, why),
            "the application's own value",
        );
    }
    let taken = heard
        .iter()
        .rfind(|(layer, fate)| *fate == Fate::Taken && !matches!(layer, Layer::Cap | Layer::Development));
    let setter = taken.map_or(Layer::Policy, |(layer, _)| *layer);
    for (layer, fate) in heard {
        let Some((kind, outcome)) = rule(policy, *layer).and_then(|(kind, rule)| Some((kind, rule.on_idle?))) else {
            continue;
        };
        let step = |why: &str| Step::new(source(policy, facts, "idle", *layer), kind, outcome, why);
        if *layer == setter {
            trail.take(
                step("decides: the rule that sets the idle limit names it"),
                "the rule that sets the idle limit",
            );
        } else if let Fate::Unmatched(key) = fate {
            trail.lose(step(&unmatched(key)));
        } else {
            let setter = source(policy, facts, "idle", setter);
            trail.lose(step(&format!("does not count: {setter} sets the idle limit")));
        }
    }
    trail
}

fn rule(policy: &Policy, layer: Layer) -> Option<(LayerKind, &Rule)> {
    let (kind, index) = match layer {
        Layer::Lengthening(index) => (LayerKind::Lengthening, index),
        Layer::Tightening(index) => (LayerKind::Tightening, index),
        Layer::Policy | Layer::Application | Layer::Choice | Layer::Cap | Layer::Development => return None,
    };
    policy.rules.get(index).map(|rule| (kind, rule))
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
        Layer::Development => DEVELOPMENT.to_owned(),
        Layer::Lengthening(index) | Layer::Tightening(index) => {
            entry("rules", index, policy.rules[index].name.as_deref())
        }
    }
}

/// An entry of a list of the policy, as people find it.
pub(super) fn entry(list: &str, index: usize, name: Option<&str>) -> String {
    name.map_or_else(
        || format!("{list}[{index}]"),
        |name| format!("{list}[{index}] \"{name}\""),
    )
}

pub(super) fn unmatched(key: &str) -> String {
    format!("does not apply: its `{key}` does not match")
}
