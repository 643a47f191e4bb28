//! What is explained agrees with the naive model, value by value, and exactly one step decides each.

use super::bodies;
use super::config;
use super::naive::{self, Ms, path::canonical, policy::Outcome};
use super::policies::draft;
use super::scenarios::session;
use super::words::path;
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::policy::{OnIdle, Policy, PolicyDocument};
use nightlatch_core::resolution::{Explained, Explanation, Named, explain, explain_under};
use nightlatch_core::time::Span;
use proptest::prelude::*;
use serde_json::Value;

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn explanations_agree_with_the_naive_model(
        own in draft(prop_oneof![bodies::everything(), bodies::limits()].boxed()),
        today in draft(prop_oneof![bodies::everything(), bodies::limits()].boxed()),
        session in session(),
        path in prop::option::of(path()),
    ) {
        let (Some(own), Some(today)) = (valid(&own.document()), valid(&today.document())) else { return Ok(()) };
        let path = path.as_ref().map(|path| path.as_str().expect("text"));
        let (facts, choice) = facts(&session);
        let somebody = naive::session::Session::parse(&session).expect("a valid session");
        let segments = path.map(canonical);
        let page = path.map(Path::canonical);

        let alone = explain(&own.0, &facts, choice, page.as_ref());
        let idle = naive::resolve::idle(&own.1, &somebody, somebody.choice, segments.as_ref());
        let absolute = naive::resolve::absolute(&own.1, &somebody);
        agree(&alone, idle, absolute, &own.1, &somebody, segments.as_ref())?;

        let named = |policy, name| Named { policy, name };
        let both = explain_under(named(&own.0, "own"), named(&today.0, "today's"), &facts, choice, page.as_ref());
        let later = naive::resolve::idle(&today.1, &somebody, somebody.choice, segments.as_ref());
        let smaller = if idle.0 < later.0 { idle } else { later };
        let absolute = absolute.min(naive::resolve::absolute(&today.1, &somebody));
        agree(&both, smaller, absolute, &today.1, &somebody, segments.as_ref())?;
    }
}

fn valid(document: &Value) -> Option<(Policy, naive::policy::Policy)> {
    let policy = serde_json::from_value::<PolicyDocument>(document.clone()).ok();
    let policy = policy.and_then(|document| Policy::new(document).ok())?;
    Some((policy, naive::policy::Policy::parse(document).expect("the same mind")))
}

fn facts(session: &Value) -> (Facts, Option<Limit>) {
    let text = |key: &str| session[key].as_str().map(Into::into);
    let roles = session["roles"].as_array().into_iter().flatten();
    let facts = Facts {
        application: text("application"),
        device: text("device"),
        roles: roles.map(|role| role.as_str().expect("text").into()).collect(),
    };
    let choice = session["choice"]
        .as_str()
        .map(|choice| choice.parse().expect("a limit"));
    (facts, choice)
}

fn agree(
    explanation: &Explanation,
    idle: (Ms, Outcome),
    absolute: Ms,
    today: &naive::policy::Policy,
    session: &naive::session::Session,
    path: Option<&naive::path::Segments>,
) -> Result<(), TestCaseError> {
    let limit = |limit: Limit| limit.span().map_or(naive::duration::OFF, milliseconds);
    prop_assert_eq!(limit(decided(&explanation.idle)?), idle.0);
    let locks = idle.1 == Outcome::Lock;
    prop_assert_eq!(decided(&explanation.on_idle)? == OnIdle::Lock, locks);
    prop_assert_eq!(limit(decided(&explanation.absolute)?), absolute);
    prop_assert_eq!(milliseconds(decided(&explanation.warn_before)?), today.warn_before);
    prop_assert_eq!(milliseconds(decided(&explanation.hold_max)?), today.hold_max);
    decided(&explanation.absent)?;
    decided(&explanation.activity)?;
    decided(&explanation.max_sessions)?;
    let offered: Vec<_> = decided(&explanation.offered)?.into_iter().map(limit).collect();
    prop_assert_eq!(&offered, &today.offers);
    prop_assert_eq!(explanation.on_page.is_some(), path.is_some());
    let (Some(on_page), Some(path)) = (&explanation.on_page, path) else {
        return Ok(());
    };
    let (max_away, max_age) = naive::resolve::gates(today, session, path);
    prop_assert_eq!(decided(&on_page.max_away)?.map(milliseconds), max_away);
    prop_assert_eq!(decided(&on_page.max_age)?.map(milliseconds), max_age);
    let passive = today.passive.iter().any(|entry| entry.holds(session, Some(path)));
    prop_assert_eq!(decided(&on_page.passive)?, passive);
    Ok(())
}

fn milliseconds(span: Span) -> Ms {
    span.as_millis().into()
}

/// The value, which the one step that decides holds.
fn decided<T: Clone + PartialEq>(explained: &Explained<T>) -> Result<T, TestCaseError> {
    let mut deciding = explained.steps.iter().filter(|step| step.decides);
    let only = deciding.next().filter(|_| deciding.next().is_none());
    let step = only.ok_or_else(|| TestCaseError::fail("not exactly one step decides"))?;
    prop_assert!(step.source == explained.decided_by && step.value == explained.value);
    Ok(explained.value.clone())
}
