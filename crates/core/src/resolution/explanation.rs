//! Why a value is what it is: every layer that was looked at, and what became of it.

mod layers;
mod page;
#[cfg(test)]
mod tests;
mod trail;

use std::cmp::Ordering;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use self::trail::Trail;
use crate::duration::Limit;
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{Absent, ActivitySource, OnIdle, Policy};
use crate::time::Span;

/// Everything that shapes a session, on a page or on none, with the reasons. What differs from page to page is the idle
/// limit, its outcome, and what is in [`OnPage`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The time without activity at which the session locks or ends.
    pub idle: Explained<Limit>,
    /// Which of the two happens.
    pub on_idle: Explained<OnIdle>,
    /// The time since authentication at which the session ends.
    pub absolute: Explained<Limit>,
    /// How long before its end a session is in the warning.
    pub warn_before: Explained<Span>,
    /// The longest that holds keep a session from idling after real activity.
    pub hold_max: Explained<Span>,
    /// What happens while no tab is open.
    pub absent: Explained<Absent>,
    /// What counts as activity.
    pub activity: Explained<Vec<ActivitySource>>,
    /// What the user may pick for idle.
    pub offered: Explained<Vec<Limit>>,
    /// How many sessions the subject may have at the same time; null for any number.
    pub max_sessions: Explained<Option<NonZeroU32>>,
    /// What a request to the page meets; left out where there is no page.
    #[serde(flatten)]
    pub on_page: Option<OnPage>,
}

/// What a request to one page meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnPage {
    /// The absence since authentication at which a gate asks, if any does.
    pub max_away: Explained<Option<Span>>,
    /// The age of the authentication at which a gate asks, if any does.
    pub max_age: Explained<Option<Span>>,
    /// Whether the request is never activity.
    pub passive: Explained<bool>,
}

/// A value and the way it came about: exactly one of the steps decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Explained_{T}"))]
#[non_exhaustive]
pub struct Explained<T> {
    /// The value in force.
    pub value: T,
    /// The [`Step::source`] of the step that decides.
    pub decided_by: String,
    /// The layers in the order in which they were laid.
    pub steps: Vec<Step<T>>,
}

/// One layer of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Step_{T}"))]
#[non_exhaustive]
pub struct Step<T> {
    /// The key of the policy that holds the value, for example `rules[1] "admins"`; `choice` for the user's own, and words
    /// such as `no gate` where the policy says nothing.
    pub source: String,
    /// What kind of layer that is.
    pub layer: LayerKind,
    /// Whose policy, where a session lives under two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The value the layer holds.
    pub value: T,
    /// Whether it is the value in force at the end.
    pub decides: bool,
    /// What became of it, as a clause for people.
    pub why: String,
}

/// The kinds of layers that values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    /// The policy's own value.
    Base,
    /// The application's own value.
    Application,
    /// A rule that lengthens.
    Lengthening,
    /// The user's choice.
    Choice,
    /// A rule that tightens.
    Tightening,
    /// A system limit.
    Cap,
    /// The process runs for development, so there is no limit.
    Development,
    /// A gate.
    Gate,
    /// An entry of passive requests.
    Passive,
    /// The policy says nothing, and that is the answer.
    Default,
}

/// What is no key of the policy, but the switch of the process.
const DEVELOPMENT: &str = "development";

/// A policy and what people are to call it, for example `today's policy, revision 5`.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its name, as part of a sentence.
    pub name: &'a str,
}

/// Resolves one policy like the engine does and keeps the reasons.
#[must_use]
pub fn explain(policy: &Policy, facts: &Facts, choice: Option<Limit>, path: Option<&Path<'_>>) -> Explanation {
    let (idle, on_idle) = layers::idle(policy, facts, choice, path);
    let resolved = Resolved {
        idle: idle.explained(),
        on_idle: on_idle.explained(),
        absolute: layers::absolute(policy, facts).explained(),
    };
    resolved.beside(policy, None, facts, path)
}

/// Resolves the two policies of a live session like the engine does and keeps the reasons: idle and absolute are each the
/// smaller of both, everything else is today's.
#[must_use]
pub fn explain_under(
    own: Named<'_>,
    today: Named<'_>,
    facts: &Facts,
    choice: Option<Limit>,
    path: Option<&Path<'_>>,
) -> Explanation {
    let trails = |named: Named<'_>| {
        let (idle, outcome) = layers::idle(named.policy, facts, choice, path);
        let absolute = layers::absolute(named.policy, facts);
        (
            idle.under(named.name),
            outcome.under(named.name),
            absolute.under(named.name),
        )
    };
    let (then, now) = (trails(own), trails(today));
    let owns = then.0.value() < now.0.value();
    let setter = if owns { own.name } else { today.name };
    let loses = format!("does not count: {setter} sets the idle limit, and its outcome comes with it");
    let resolved = Resolved {
        idle: smaller(then.0, now.0, own.name, today.name),
        on_idle: Trail::the_one_of(then.1, now.1, owns, loses),
        absolute: smaller(then.2, now.2, own.name, today.name),
    };
    resolved.beside(today.policy, Some(today.name), facts, path)
}

/// The smaller of both, today's on a tie.
fn smaller(then: Trail<Limit>, now: Trail<Limit>, own: &str, today: &str) -> Explained<Limit> {
    let (of_own, of_today) = (*then.value(), *now.value());
    let why = match of_own.cmp(&of_today) {
        Ordering::Less => {
            format!("gives way: {own} gives {of_own}, which is shorter, and a longer limit waits for the next sign-in")
        }
        Ordering::Equal => format!("gives way: {today} gives the same"),
        Ordering::Greater => format!("gives way: {today} gives {of_today}, which is shorter"),
    };
    Trail::the_one_of(then, now, of_own < of_today, why)
}

/// The values that a session may have from either of two policies.
struct Resolved {
    idle: Explained<Limit>,
    on_idle: Explained<OnIdle>,
    absolute: Explained<Limit>,
}

impl Resolved {
    /// Together with what is today's alone.
    fn beside(self, today: &Policy, name: Option<&str>, facts: &Facts, path: Option<&Path<'_>>) -> Explanation {
        let on_page = path.map(|path| OnPage {
            max_away: page::gate(today, facts, path, |gate| gate.max_away).explained(),
            max_age: page::gate(today, facts, path, |gate| gate.max_age).explained(),
            passive: page::passive(today, facts, path).explained(),
        });
        Explanation {
            idle: self.idle,
            on_idle: self.on_idle,
            absolute: self.absolute,
            warn_before: alone("warn_before", today.warn_before, name),
            hold_max: alone("hold_max", today.hold_max, name),
            absent: absent(today, name),
            activity: alone("activity", today.activity.clone(), name),
            offered: match &today.choice {
                Some(choice) => alone("choice.allow", choice.allow.clone(), name),
                None => nothing_offered(name),
            },
            max_sessions: name
                .into_iter()
                .fold(layers::max_sessions(today, facts), Trail::under)
                .explained(),
            on_page,
        }
    }
}

/// A value that one key of the policy alone decides.
fn alone<T: Clone>(key: &str, value: T, name: Option<&str>) -> Explained<T> {
    let why = "decides: the policy's own value; nothing else has a say in it";
    let trail = Trail::new(Step::new(key, LayerKind::Base, value, why));
    name.into_iter().fold(trail, Trail::under).explained()
}

fn absent(today: &Policy, name: Option<&str>) -> Explained<Absent> {
    if today.is_for_development() && matches!(today.absent, Absent::EndAfter(_)) {
        return alone(DEVELOPMENT, Absent::Count, name);
    }
    alone("absent", today.absent, name)
}

fn nothing_offered(name: Option<&str>) -> Explained<Vec<Limit>> {
    let why = "decides: the policy has no `choice`, so it offers nothing";
    let trail = Trail::new(Step::new("no choice", LayerKind::Default, Vec::new(), why));
    name.into_iter().fold(trail, Trail::under).explained()
}
