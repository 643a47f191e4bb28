//! How many sessions a subject may have at the same time, and which of them count.

use std::num::NonZeroU32;

use super::{Fate, Layer};
use crate::facts::Facts;
use crate::policy::{OnMaxSessions, Policy};

/// A limit on the sessions of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimit {
    /// The most there may be, the new one included.
    pub most: NonZeroU32,
    /// What happens to a sign-in that would be one too many.
    pub on_reached: OnMaxSessions,
    /// Which of the subject's sessions count.
    pub counted: Counted,
}

/// Which sessions of a subject count towards a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Those of this application, which has a `max_sessions` of its own.
    Application(Box<str>),
    /// All but those of the applications that have a `max_sessions` of their own.
    AllBut(Vec<Box<str>>),
}

impl Counted {
    /// Whether a session of this application counts.
    #[must_use]
    pub fn includes(&self, application: Option<&str>) -> bool {
        match self {
            Self::Application(name) => application == Some(name),
            Self::AllBut(others) => !others.iter().any(|other| application == Some(other)),
        }
    }
}

/// The limit for a sign-in with these facts, through the layers of the absolute limit: base, rules that lengthen, rules
/// that tighten. None where any number of sessions is fine.
#[must_use]
pub fn max_sessions(policy: &Policy, facts: &Facts) -> Option<SessionLimit> {
    let own = own_base(policy, facts);
    let most = most(policy, facts, None)?;
    let counted = match own {
        Some((name, _)) => Counted::Application(name.into()),
        None => Counted::AllBut(
            policy
                .applications
                .iter()
                .filter(|(_, application)| application.max_sessions.is_some())
                .map(|(name, _)| name.clone())
                .collect(),
        ),
    };
    Some(SessionLimit {
        most,
        on_reached: policy.on_max_sessions,
        counted,
    })
}

/// The application with a value of its own.
fn own_base<'f>(policy: &Policy, facts: &'f Facts) -> Option<(&'f str, NonZeroU32)> {
    let name = facts.application.as_deref()?;
    Some((name, policy.applications.get(name)?.max_sessions?))
}

/// Hears of every layer, in order, with its value and its fate.
type Witness<'a> = &'a mut dyn FnMut(Layer, NonZeroU32, Fate);

/// The most there may be, through the layers.
pub(super) fn most(policy: &Policy, facts: &Facts, mut witness: Option<Witness<'_>>) -> Option<NonZeroU32> {
    let mut tell = |layer, value, fate| {
        if let Some(witness) = &mut witness {
            witness(layer, value, fate);
        }
    };
    let mut most = policy.max_sessions;
    if let Some((_, value)) = own_base(policy, facts) {
        tell(Layer::Application, value, Fate::Taken);
        most = Some(value);
    }
    let rules = |lengthens: bool| {
        let rules = policy.rules.iter().enumerate();
        rules.filter_map(move |(index, rule)| {
            Some((index, rule, rule.max_sessions.filter(|_| rule.lengthens == lengthens)?))
        })
    };
    for (index, rule, value) in rules(true) {
        let fate = match rule.criteria.unmet(facts, None) {
            Some(key) => Fate::Unmatched(key),
            // No base is no limit, which nothing is larger than.
            None if most.is_some_and(|most| value > most) => Fate::Taken,
            None => Fate::NotLonger,
        };
        tell(Layer::Lengthening(index), value, fate);
        if fate == Fate::Taken {
            most = Some(value);
        }
    }
    for (index, rule, value) in rules(false) {
        let fate = match rule.criteria.unmet(facts, None) {
            Some(key) => Fate::Unmatched(key),
            None if most.is_none_or(|most| value < most) => Fate::Taken,
            None => Fate::NotStricter,
        };
        tell(Layer::Tightening(index), value, fate);
        if fate == Fate::Taken {
            most = Some(value);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyDocument;

    fn limit(policy: &str, application: Option<&str>, roles: &[&str]) -> Option<SessionLimit> {
        let document = serde_json::from_str::<PolicyDocument>(policy).expect("a document");
        let facts = Facts {
            application: application.map(Into::into),
            roles: roles.iter().map(|role| (*role).into()).collect(),
            ..Facts::default()
        };
        max_sessions(&Policy::new(document).expect("a valid policy"), &facts)
    }

    fn most(policy: &str, application: Option<&str>, roles: &[&str]) -> Option<u32> {
        limit(policy, application, roles).map(|limit| limit.most.get())
    }

    const LAYERS: &str = r#"{"max_sessions": 3, "on_max_sessions": "end-oldest",
        "applications": {"console": {"max_sessions": 1}, "shop": {"idle": "5m"}},
        "rules": [{"match": {"role": "admin"}, "max_sessions": 5, "lengthens": true},
                  {"match": {"role": "guest"}, "max_sessions": 2}]}"#;

    #[test]
    fn layers_are_those_of_the_absolute_limit() {
        assert_eq!(most("{}", None, &[]), None);
        assert_eq!(most(LAYERS, None, &[]), Some(3));
        assert_eq!(most(LAYERS, Some("console"), &[]), Some(1));
        assert_eq!(most(LAYERS, None, &["admin"]), Some(5));
        assert_eq!(most(LAYERS, Some("console"), &["admin"]), Some(5));
        assert_eq!(most(LAYERS, None, &["admin", "guest"]), Some(2));
    }

    #[test]
    fn a_rule_tightens_where_there_is_no_limit_and_lengthens_none() {
        let tightens = r#"{"rules": [{"match": {"role": "guest"}, "max_sessions": 2}]}"#;
        assert_eq!(
            (most(tightens, None, &["guest"]), most(tightens, None, &[])),
            (Some(2), None)
        );
        let lengthens = r#"{"rules": [{"max_sessions": 2, "lengthens": true}]}"#;
        assert_eq!(most(lengthens, None, &[]), None);
    }

    #[test]
    fn an_application_with_a_limit_of_its_own_counts_by_itself() {
        let console = limit(LAYERS, Some("console"), &[]).expect("a limit");
        assert_eq!(console.counted, Counted::Application("console".into()));
        assert_eq!(console.on_reached, OnMaxSessions::EndOldest);
        let others = limit(LAYERS, Some("shop"), &[]).expect("a limit").counted;
        assert_eq!(others, Counted::AllBut(vec!["console".into()]));
        let counted = [None, Some("shop"), Some("console")].map(|application| others.includes(application));
        assert_eq!(counted, [true, true, false]);
    }
}
