//! Resolution: which limits hold for one session on one page, and which layer of the policy set them (LIFETIME section 2).
//!
//! One pass over the layers serves both the answer and its explanation: the pass tells every step to a witness, and
//! where nobody asks for an explanation the witness is an empty closure.

mod because;
mod explanation;
mod sessions;

pub use because::Because;
pub use explanation::{Explained, Explanation, LayerKind, Named, OnPage, Step, explain, explain_under};
pub use sessions::{Counted, SessionLimit, max_sessions};

use crate::duration::Limit;
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{OnIdle, Policy, Rule};
use crate::time::Span;

/// An idle limit and what happens at it. Two are equal where they decide alike, whatever either comes from.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    /// The limit.
    pub limit: Limit,
    /// The outcome that came with it.
    pub outcome: OnIdle,
    /// What the limit comes from.
    pub because: Because,
}

impl PartialEq for Idle {
    fn eq(&self, other: &Self) -> bool {
        (self.limit, self.outcome) == (other.limit, other.outcome)
    }
}

impl Eq for Idle {}

/// An absolute limit. Two are equal where they decide alike, whatever either comes from.
#[derive(Clone, Copy, Debug)]
pub struct Absolute {
    /// The limit.
    pub limit: Limit,
    /// What it comes from.
    pub because: Because,
}

impl PartialEq for Absolute {
    fn eq(&self, other: &Self) -> bool {
        self.limit == other.limit
    }
}

impl Eq for Absolute {}

/// The layer a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Policy,
    Application,
    Lengthening(usize),
    Choice,
    Tightening(usize),
    Cap,
    Development,
}

/// What became of a layer's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in force, until a later layer changes that.
    Taken,
    /// It would not have changed the value in the layer's direction.
    NotStricter,
    NotLonger,
    /// The policy does not offer the choice.
    NotOffered,
    /// This key of its `match` does not hold.
    Unmatched(&'static str),
}

/// Hears of every layer, in order, with its value and its fate.
type Witness<'a> = &'a mut dyn FnMut(Layer, Limit, Fate);

/// The policy a session signed in under and today's (LIFETIME section 2, live changes).
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// The policy of the sign-in or of the last re-authentication.
    pub own: &'a Policy,
    /// The policy in force now.
    pub today: &'a Policy,
}

impl Policies<'_> {
    /// The idle limit on one page (or none): the smaller of both policies, today's outcome on a tie.
    #[must_use]
    pub fn idle(&self, facts: &Facts, choice: Option<Limit>, path: Option<&Path<'_>>) -> Idle {
        let today = idle(self.today, facts, choice, path, None);
        if std::ptr::eq(self.own, self.today) {
            return today;
        }
        let own = idle(self.own, facts, choice, path, None);
        if own.limit < today.limit { own } else { today }
    }

    /// The absolute limit: the smaller of both policies.
    #[must_use]
    pub fn absolute(&self, facts: &Facts) -> Absolute {
        let today = absolute(self.today, facts, None);
        if std::ptr::eq(self.own, self.today) {
            return today;
        }
        let own = absolute(self.own, facts, None);
        if own.limit < today.limit { own } else { today }
    }
}

fn idle(
    policy: &Policy,
    facts: &Facts,
    choice: Option<Limit>,
    path: Option<&Path<'_>>,
    witness: Option<Witness<'_>>,
) -> Idle {
    let application = facts
        .application
        .as_ref()
        .and_then(|name| policy.applications.get(name));
    let base_outcome = application.and_then(|base| base.on_idle).unwrap_or(policy.on_idle);
    let mut pass = Pass::start(policy.idle, application.and_then(|base| base.idle), witness);
    pass.lengthen(policy, facts, path, |rule| rule.idle);
    if let Some(chosen) = choice {
        pass.choose(
            chosen,
            policy
                .choice
                .as_ref()
                .is_some_and(|choice| choice.allow.contains(&chosen)),
        );
    }
    pass.tighten(policy, facts, path, |rule| rule.idle);
    let named = match pass.layer {
        Layer::Lengthening(index) | Layer::Tightening(index) => policy.rules[index].on_idle,
        Layer::Policy | Layer::Application | Layer::Choice | Layer::Cap | Layer::Development => None,
    };
    pass.cap(policy.caps.as_ref().and_then(|caps| caps.idle));
    pass.develop(policy);
    Idle {
        limit: pass.limit,
        outcome: named.unwrap_or(base_outcome),
        because: Because::of(policy, pass.layer),
    }
}

fn absolute(policy: &Policy, facts: &Facts, witness: Option<Witness<'_>>) -> Absolute {
    let application = facts
        .application
        .as_ref()
        .and_then(|name| policy.applications.get(name));
    let mut pass = Pass::start(policy.absolute, application.and_then(|base| base.absolute), witness);
    pass.lengthen(policy, facts, None, |rule| rule.absolute);
    pass.tighten(policy, facts, None, |rule| rule.absolute);
    pass.cap(policy.caps.as_ref().and_then(|caps| caps.absolute));
    pass.develop(policy);
    Absolute {
        limit: pass.limit,
        because: Because::of(policy, pass.layer),
    }
}

/// The value in force while the layers are laid over each other.
struct Pass<'a> {
    limit: Limit,
    layer: Layer,
    witness: Option<Witness<'a>>,
}

impl<'a> Pass<'a> {
    fn start(policy: Limit, application: Option<Limit>, witness: Option<Witness<'a>>) -> Self {
        let mut pass = Self {
            limit: policy,
            layer: Layer::Policy,
            witness,
        };
        pass.tell(Layer::Policy, policy, Fate::Taken);
        if let Some(limit) = application {
            pass.take(Layer::Application, limit);
        }
        pass
    }

    fn lengthen(
        &mut self,
        policy: &Policy,
        facts: &Facts,
        path: Option<&Path<'_>>,
        value: impl Fn(&Rule) -> Option<Limit>,
    ) {
        for (index, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| rule.lengthens) {
            let Some(limit) = value(rule) else { continue };
            let layer = Layer::Lengthening(index);
            match rule.criteria.unmet(facts, path) {
                Some(key) => self.tell(layer, limit, Fate::Unmatched(key)),
                None if limit > self.limit => self.take(layer, limit),
                None => self.tell(layer, limit, Fate::NotLonger),
            }
        }
    }

    fn choose(&mut self, chosen: Limit, offered: bool) {
        if offered {
            self.take(Layer::Choice, chosen);
        } else {
            self.tell(Layer::Choice, chosen, Fate::NotOffered);
        }
    }

    fn tighten(
        &mut self,
        policy: &Policy,
        facts: &Facts,
        path: Option<&Path<'_>>,
        value: impl Fn(&Rule) -> Option<Limit>,
    ) {
        for (index, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| !rule.lengthens) {
            let Some(limit) = value(rule) else { continue };
            let layer = Layer::Tightening(index);
            match rule.criteria.unmet(facts, path) {
                Some(key) => self.tell(layer, limit, Fate::Unmatched(key)),
                None if limit < self.limit => self.take(layer, limit),
                None => self.tell(layer, limit, Fate::NotStricter),
            }
        }
    }

    fn cap(&mut self, cap: Option<Limit>) {
        if let Some(limit) = cap {
            if limit < self.limit {
                self.take(Layer::Cap, limit);
            } else {
                self.tell(Layer::Cap, limit, Fate::NotStricter);
            }
        }
    }

    fn develop(&mut self, policy: &Policy) {
        if policy.is_for_development() {
            self.take(Layer::Development, Limit::OFF);
        }
    }

    fn take(&mut self, layer: Layer, limit: Limit) {
        (self.limit, self.layer) = (limit, layer);
        self.tell(layer, limit, Fate::Taken);
    }

    fn tell(&mut self, layer: Layer, limit: Limit, fate: Fate) {
        if let Some(witness) = &mut self.witness {
            witness(layer, limit, fate);
        }
    }
}

/// What the gates on a page ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateLimits {
    /// The longest absence since authentication.
    pub max_away: Option<Span>,
    /// The age of the authentication.
    pub max_age: Option<Span>,
}

/// The smallest of each limit among the gates that match.
#[must_use]
pub fn gates(policy: &Policy, facts: &Facts, path: &Path<'_>) -> GateLimits {
    let smaller = |one: Option<Span>, other: Option<Span>| [one, other].into_iter().flatten().min();
    policy
        .gates
        .iter()
        .filter(|gate| gate.criteria.holds(facts, Some(path)))
        .fold(GateLimits::default(), |limits, gate| GateLimits {
            max_away: smaller(limits.max_away, gate.max_away),
            max_age: smaller(limits.max_age, gate.max_age),
        })
}

/// Whether the policy calls a request to this page passive.
#[must_use]
pub fn is_passive(policy: &Policy, facts: &Facts, path: &Path<'_>) -> bool {
    policy
        .passive
        .iter()
        .any(|entry| entry.criteria.holds(facts, Some(path)))
}
