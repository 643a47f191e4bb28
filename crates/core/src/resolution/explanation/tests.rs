use super::*;
use crate::policy::PolicyDocument;

fn policy(json: &str) -> Policy {
    Policy::new(serde_json::from_str::<PolicyDocument>(json).expect("a document")).expect("a valid policy")
}

fn admin() -> Facts {
    Facts {
        roles: vec!["admin".into()],
        ..Facts::default()
    }
}

fn told<T>(explained: &Explained<T>) -> Vec<(&str, bool, &str)> {
    let steps = explained.steps.iter();
    steps
        .map(|step| (step.source.as_str(), step.decides, step.why.as_str()))
        .collect()
}

const LAYERED: &str = r#"{"idle": "30m", "on_idle": "lock", "choice": {"allow": ["1h"]}, "caps": {"idle": "3d"},
    "rules": [{"name": "mobile", "match": {"device": "mobile"}, "idle": "2h", "on_idle": "sign-out", "lengthens": true},
              {"name": "admins", "match": {"role": "admin"}, "idle": "15m"},
              {"match": {"path": "/billing/**"}, "idle": "20m", "on_idle": "sign-out"}]}"#;

#[test]
fn every_layer_says_what_became_of_it() {
    let path = Path::canonical("/billing");
    let hour = Some("60m".parse().expect("a limit"));
    let explanation = explain(&policy(LAYERED), &admin(), hour, Some(&path));
    assert_eq!(explanation.idle.value.to_string(), "15m");
    assert_eq!(explanation.idle.decided_by, "rules[1] \"admins\"");
    assert_eq!(
        told(&explanation.idle),
        [
            ("idle", false, "gives way to choice, which the policy offers"),
            (
                "rules[0] \"mobile\"",
                false,
                "does not apply: its `device` does not match"
            ),
            ("choice", false, "gives way to rules[1] \"admins\", which is shorter"),
            (
                "rules[1] \"admins\"",
                true,
                "decides: the shortest of the rules that tighten"
            ),
            ("rules[2]", false, "changes nothing: it is not shorter than 15m"),
            ("caps.idle", false, "changes nothing: it is not shorter than 15m"),
        ]
    );
    assert_eq!(
        told(&explanation.absolute),
        [("absolute", true, "decides: the base value")]
    );
}

#[test]
fn the_outcome_has_a_trail_of_its_own() {
    let path = Path::canonical("/billing");
    let explanation = explain(&policy(LAYERED), &admin(), None, Some(&path));
    assert_eq!(explanation.on_idle.value, OnIdle::Lock);
    assert_eq!(
        told(&explanation.on_idle),
        [
            ("on_idle", true, "decides: the base value"),
            (
                "rules[0] \"mobile\"",
                false,
                "does not apply: its `device` does not match"
            ),
            (
                "rules[2]",
                false,
                "does not count: rules[1] \"admins\" sets the idle limit"
            ),
        ]
    );
    let explanation = explain(&policy(LAYERED), &Facts::default(), None, Some(&path));
    assert_eq!(explanation.on_idle.value, OnIdle::SignOut);
    assert_eq!(explanation.on_idle.decided_by, "rules[2]");
}

#[test]
fn a_cap_shortens_and_leaves_the_outcome() {
    let policy = policy(
        r#"{"idle": "2h", "on_idle": "lock", "caps": {"idle": "20m"},
            "rules": [{"idle": "1h", "on_idle": "sign-out"}]}"#,
    );
    let explanation = explain(&policy, &Facts::default(), None, None);
    assert_eq!(
        (
            explanation.idle.value.to_string().as_str(),
            explanation.idle.decided_by.as_str()
        ),
        ("20m", "caps.idle")
    );
    assert_eq!(
        (explanation.on_idle.value, explanation.on_idle.decided_by.as_str()),
        (OnIdle::SignOut, "rules[0]")
    );
    assert_eq!(explanation.on_page, None);
}

#[test]
fn a_page_that_nothing_asks_for_says_so() {
    let policy = policy(
        r#"{"gates": [{"name": "admin", "match": {"path": "/admin/**"}, "max_away": "10m", "max_age": "1h"},
                      {"match": {"path": "/**"}, "max_age": "12h"}, {"max_age": "12h"}],
            "passive": [{"match": {"path": "/poll"}}, {"match": {"path": "/*"}}]}"#,
    );
    let on = |path: &'static str| {
        let explanation = explain(&policy, &Facts::default(), None, Some(&Path::canonical(path)));
        explanation.on_page.expect("a page")
    };
    let home = on("/poll");
    assert_eq!(
        told(&home.max_away),
        [
            ("no gate", true, "decides: no gate asks for it on this page"),
            ("gates[0] \"admin\"", false, "does not apply: its `path` does not match"),
        ]
    );
    assert_eq!(
        (home.max_age.value, home.max_age.decided_by.as_str()),
        (Some(Span::from_secs(12 * 3600)), "gates[1]")
    );
    assert_eq!(
        told(&home.passive)[1],
        ("passive[1]", false, "changes nothing: passive[0] says so already")
    );
    let admin = on("/admin/users");
    assert_eq!(admin.max_age.decided_by, "gates[0] \"admin\"");
    assert_eq!(
        (admin.passive.value, admin.passive.decided_by.as_str()),
        (false, "no passive entry")
    );
}

#[test]
fn of_two_policies_one_step_decides() {
    let (own, today) = (
        policy(r#"{"idle": "30m", "on_idle": "lock", "absolute": "8h"}"#),
        policy(
            r#"{"idle": "15m", "absolute": "8h", "rules": [{"match": {"role": "admin"}, "absolute": "30d", "lengthens": true}]}"#,
        ),
    );
    let named = |policy, name| Named { policy, name };
    let explanation = explain_under(
        named(&own, "the policy of the sign-in, revision 3"),
        named(&today, "today's policy, revision 5"),
        &admin(),
        None,
        None,
    );
    assert_eq!(
        told(&explanation.idle),
        [
            (
                "idle",
                false,
                "gives way: today's policy, revision 5 gives 15m, which is shorter"
            ),
            ("idle", true, "decides: the base value"),
        ]
    );
    assert_eq!(
        explanation.idle.steps[0].policy.as_deref(),
        Some("the policy of the sign-in, revision 3")
    );
    assert_eq!(explanation.on_idle.value, OnIdle::SignOut);
    assert_eq!(explanation.absolute.value.to_string(), "8h");
    let decides: Vec<_> = explanation.absolute.steps.iter().map(|step| step.decides).collect();
    assert_eq!(decides, [true, false, false]);
    assert!(explanation.absolute.steps[2].why.contains("waits for the next sign-in"));
    assert_eq!(
        explanation.warn_before.steps[0].policy.as_deref(),
        Some("today's policy, revision 5")
    );
}

#[test]
fn the_document_reads_back_as_what_was_written() {
    for path in [None, Some(Path::canonical("/billing"))] {
        let explanation = explain(&policy(LAYERED), &admin(), None, path.as_ref());
        let json = serde_json::to_value(&explanation).expect("JSON");
        assert_eq!(json["idle"]["value"], "15m");
        assert_eq!(json["idle"]["steps"][3]["layer"], "tightening");
        assert_eq!(json.get("passive").is_some(), path.is_some());
        assert_eq!(
            serde_json::from_value::<Explanation>(json).ok().as_ref(),
            Some(&explanation)
        );
    }
}

#[test]
fn the_number_of_sessions_has_its_layers() {
    let policy = policy(
        r#"{"max_sessions": 3, "applications": {"console": {"max_sessions": 2}},
            "rules": [{"name": "guests", "match": {"role": "guest"}, "max_sessions": 1},
                      {"match": {"role": "admin"}, "max_sessions": 5, "lengthens": true}]}"#,
    );
    for (application, role, decided_by, value) in [
        (None, "staff", "max_sessions", 3),
        (Some("console"), "staff", "applications.console.max_sessions", 2),
        (Some("console"), "admin", "rules[1]", 5),
        (None, "guest", "rules[0] \"guests\"", 1),
    ] {
        let facts = Facts {
            application: application.map(Into::into),
            roles: vec![role.into()],
            ..Facts::default()
        };
        let explained = explain(&policy, &facts, None, None).max_sessions;
        let resolved = crate::resolution::max_sessions(&policy, &facts).map(|limit| limit.most);
        assert_eq!((explained.decided_by.as_str(), explained.value), (decided_by, resolved));
        assert_eq!(resolved.map(std::num::NonZeroU32::get), Some(value));
    }
    let none = explain(&Policy::default(), &Facts::default(), None, None).max_sessions;
    assert_eq!((none.decided_by.as_str(), none.value), ("no max_sessions", None));
}
