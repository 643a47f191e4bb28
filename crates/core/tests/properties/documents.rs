//! What holds of a policy document before any session comes: what is refused, what is filled in, how many sessions.

use super::standards::standards;
use super::words::{object, one_of};
use super::{bodies, config, naive};
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::resolution::max_sessions;
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
    #![proptest_config(config(40))]

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
}
