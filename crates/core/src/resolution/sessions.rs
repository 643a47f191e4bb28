//! How many sessions a subject may have at the same time, and which of them count.

use std::num::NonZeroU32;

use crate::facts::Facts;
use crate::policy::{OnMaxSessions, Policy, Rule};

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
    let own = facts
        .application
        .as_ref()
        .and_then(|name| Some((name, policy.applications.get(name)?.max_sessions?)));
    let base = own.map(|(_, most)| most).or(policy.max_sessions);
    let matching = |lengthens: bool| {
        let rules = policy.rules.iter();
        rules
            .filter(move |rule| rule.lengthens == lengthens && rule.criteria.holds(facts, None))
            .filter_map(|rule: &Rule| rule.max_sessions)
    };
    // No base is no limit, which nothing is larger than.
    let lengthened = base.map(|base| matching(true).fold(base, NonZeroU32::max));
    let most = matching(false).chain(lengthened).min()?;
    let counted = match own {
        Some((name, _)) => Counted::Application(name.clone()),
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
