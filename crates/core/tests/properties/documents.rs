//! What holds of a policy document before any session comes: what is refused, what is filled in, how many sessions.

use super::standards::standards;
use super::words::{PATTERNS, object, odd_path, one_of, some_of, wish};
use super::{bodies, config, naive};
use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::{Path, PathPattern};
use nightlatch_core::policy::{LintCode, Match, OnIdle, Policy, PolicyDocument, differences, lint};
use nightlatch_core::resolution::{Policies, SessionLimit, max_sessions};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Documents of all kinds, those with a preset more often.
fn documents() -> BoxedStrategy<Value> {
    prop_oneof![4 => standards(), 1 => bodies::everything()].boxed()
}

fn read(written: &Value) -> Result<Policy, String> {
    let document: PolicyDocument = serde_json::from_value(written.clone()).map_err(|error| error.to_string())?;
    Policy::new(document).map_err(|violations| format!("{violations:?}"))
}

fn facts() -> BoxedStrategy<Value> {
    object(vec![
        ("application", 50, one_of(&["one", "two"])),
        ("device", 30, one_of(&["unmanaged", "mobile"])),
        (
            "roles",
            60,
            prop::collection::vec(one_of(&["admin", "staff"]), 0..3)
                .prop_map(Value::Array)
                .boxed(),
        ),
    ])
}

fn criteria() -> BoxedStrategy<Value> {
    object(vec![
        ("application", 30, some_of(&["one", "two"])),
        ("device", 30, some_of(&["unmanaged", "mobile"])),
        ("role", 40, some_of(&["admin", "staff"])),
        ("path", 40, some_of(PATTERNS)),
    ])
}

/// All that a policy gives one session on one page.
fn resolved(
    policy: &Policy,
    facts: &Facts,
    choice: Option<Limit>,
    path: &Path<'_>,
) -> (Limit, OnIdle, Limit, Option<SessionLimit>) {
    let policies = Policies {
        own: policy,
        today: policy,
    };
    let idle = policies.idle(facts, choice, Some(path));
    (
        idle.limit,
        idle.outcome,
        policies.absolute(facts).limit,
        max_sessions(policy, facts),
    )
}

/// The document without the value that a lint has named, `rules[1].idle` for example.
fn without(document: &PolicyDocument, key: &str) -> PolicyDocument {
    let (rule, name) = key
        .trim_start_matches("rules[")
        .split_once("].")
        .expect("a key of a rule");
    let mut document = document.clone();
    let rule = &mut document.rules[rule.parse::<usize>().expect("a number")];
    match name {
        "idle" => (rule.idle, rule.on_idle) = (None, None),
        "absolute" => rule.absolute = None,
        _ => rule.max_sessions = None,
    }
    // What brings nothing is no rule.
    document
        .rules
        .retain(|rule| rule.idle.is_some() || rule.absolute.is_some() || rule.max_sessions.is_some());
    document
}

/// How many sessions there may be, and whether those of an application count. None for any number.
fn sessions(
    policy: &naive::policy::Policy,
    session: &naive::session::Session,
    other: Option<&str>,
) -> Option<(naive::Ms, bool)> {
    let own = |name: Option<&str>| policy.applications.get(name?)?.max_sessions;
    let application = session.application.as_deref();
    let mut most = own(application).unwrap_or(policy.max_sessions);
    let matching = |lengthens| {
        let rules = policy.rules.iter();
        rules
            .filter(move |rule| rule.lengthens == lengthens && rule.applies.holds(session, None))
            .filter_map(|rule| rule.max_sessions)
    };
    most = matching(true).fold(most, naive::Ms::max);
    most = matching(false).fold(most, naive::Ms::min);
    let counts = match own(application) {
        Some(_) => other == application,
        None => own(other).is_none(),
    };
    (most != naive::duration::OFF).then_some((most, counts))
}

proptest! {
    #![proptest_config(config(16))]

    /// A document is refused by the library where the model refuses it, presets and their ceilings included.
    #[test]
    fn documents_are_refused_alike(written in documents()) {
        let (library, model) = (read(&written), naive::policy::Policy::parse(&written));
        prop_assert_eq!(library.is_ok(), model.is_ok(), "library {:?}, model {:?}", library.err(), model.err());
    }

    /// As many sessions as the model says, and the same ones counted.
    #[test]
    fn sessions_are_counted_alike(written in documents(), session in facts(), other in prop::option::of(one_of(&["one", "two"]))) {
        let Ok(model) = naive::policy::Policy::parse(&written) else { return Ok(()) };
        let other = other.as_ref().and_then(Value::as_str);
        let facts: Facts = serde_json::from_value(session.clone()).expect("facts");
        let session = naive::session::Session::parse(&session).expect("a session");
        let limit = max_sessions(&read(&written).expect("valid for the model"), &facts);
        let told = limit.map(|limit| (naive::Ms::from(limit.most.get()), limit.counted.includes(other)));
        prop_assert_eq!(told, sessions(&model, &session, other));
    }

    /// What has been read is complete: written out, it reads back as the same document.
    #[test]
    fn what_is_read_reads_back_the_same(written in documents()) {
        let Ok(document) = serde_json::from_value::<PolicyDocument>(written) else { return Ok(()) };
        let again: PolicyDocument = serde_json::from_value(json!(document)).expect("our own text");
        prop_assert_eq!(json!(&again), json!(&document));
        prop_assert_eq!(again, document);
    }

    /// Equal documents have no differences, others have some, and each names what it found on either side.
    #[test]
    fn documents_differ_where_they_are_not_equal(before in documents(), after in documents(), same in any::<bool>()) {
        let after = if same { before.clone() } else { after };
        let read = |written: Value| serde_json::from_value::<PolicyDocument>(written);
        let (Ok(before), Ok(after)) = (read(before), read(after)) else { return Ok(()) };
        let found = differences(&before, &after);
        prop_assert_eq!(found.is_empty(), before == after);
        prop_assert!(found.iter().all(|difference| difference.before != difference.after));
        prop_assert!(found.iter().all(|difference| difference.to_string().lines().count() == 1));
    }

    /// A value that lints call without effect has none: without it every session gets the same.
    #[test]
    fn values_without_effect_have_none(
        written in prop_oneof![documents(), bodies::limits()],
        session in facts(), choice in prop::option::of(wish()), paths in prop::collection::vec(odd_path(), 4),
    ) {
        let Ok(policy) = read(&written) else { return Ok(()) };
        let facts: Facts = serde_json::from_value(session).expect("facts");
        let choice = choice.map(|choice| serde_json::from_value(choice).expect("a limit"));
        let idle = [LintCode::NeverLengthens, LintCode::NeverTightens];
        for lint in lint(&policy).iter().filter(|lint| idle.contains(&lint.code)) {
            // A ceiling may rest on the value, and another warning be too long; what holds is asked of the rules alone.
            let mut rest = without(&policy, &lint.key);
            (rest.preset, rest.warn_before) = (None, nightlatch_core::time::Span::ZERO);
            let rest = Policy::new(rest).expect("valid without it");
            for path in &paths {
                let path = Path::canonical(path.as_str().expect("a text"));
                prop_assert_eq!(resolved(&policy, &facts, choice, &path), resolved(&rest, &facts, choice, &path), "{}", lint);
            }
        }
    }

    /// What covers holds wherever the other does; what excludes holds nowhere with it.
    #[test]
    fn a_match_that_covers_holds_wherever_the_other_does(
        wide in criteria(), narrow in criteria(), session in facts(), path in prop::option::of(odd_path()),
    ) {
        let [wide, narrow]: [Match; 2] = [wide, narrow].map(|one| serde_json::from_value(one).expect("a match"));
        let facts: Facts = serde_json::from_value(session).expect("facts");
        let path = path.as_ref().and_then(Value::as_str).map(Path::canonical);
        let (wider, narrower) = (wide.holds(&facts, path.as_ref()), narrow.holds(&facts, path.as_ref()));
        prop_assert!(!(wide.covers(&narrow) && narrower) || wider, "{:?} does not cover {:?}", wide, narrow);
        prop_assert!(!(wide.excludes(&narrow) && narrower && wider), "{:?} does not exclude {:?}", wide, narrow);
        prop_assert!(narrow.covers(&narrow) && Match::default().covers(&narrow));
    }

    /// The same of patterns, of few segments, so that they meet.
    #[test]
    fn a_pattern_that_covers_matches_whatever_the_other_does(
        wide in pattern(), narrow in pattern(), paths in prop::collection::vec(prop::collection::vec("[ab]", 0..5), 8),
    ) {
        if wide.covers(&narrow) {
            for path in paths.iter().map(|segments| format!("/{}", segments.join("/"))) {
                let path = Path::canonical(&path);
                prop_assert!(!narrow.matches(&path) || wide.matches(&path), "{:?} {:?} {}", wide, narrow, path);
            }
        }
        prop_assert!(narrow.covers(&narrow));
    }
}

fn pattern() -> BoxedStrategy<PathPattern> {
    let segment = prop::sample::select(&["a", "b", "*", "**"][..]);
    prop::collection::vec(segment, 0..5)
        .prop_map(|segments| format!("/{}", segments.join("/")).parse().expect("a pattern"))
        .boxed()
}
