//! Generated policies: what is read back is what was written, and a change in part drops nothing.

use axum::http::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value, json};

use crate::api::Api;

const DOCUMENTS: usize = 48;

fn limit() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (2_u32..600).prop_map(|minutes| json!(format!("{minutes}m"))),
        1 => Just(json!("off")),
    ]
}

fn criteria() -> impl Strategy<Value = Value> {
    let word = || prop::sample::select(vec!["admin", "clerk", "mobile", "console"]);
    let one_or_many = prop_oneof![
        word().prop_map(|word| json!(word)),
        prop::collection::vec(word(), 1..3).prop_map(|words| json!(words)),
    ];
    (prop::sample::select(vec!["role", "device", "application"]), one_or_many)
        .prop_map(|(key, value)| json!({ key: value }))
}

fn rule() -> impl Strategy<Value = Value> {
    (criteria(), limit(), any::<bool>(), prop::option::of("[a-z]{1,8}")).prop_map(
        |(criteria, idle, lengthens, name)| {
            let mut rule = json!({ "match": criteria, "idle": idle });
            if lengthens {
                rule["lengthens"] = json!(true);
            }
            if let Some(name) = name {
                rule["name"] = json!(name);
            }
            rule
        },
    )
}

/// A valid document with some of the keys there are.
fn document() -> impl Strategy<Value = Value> {
    let keys = (
        prop::option::of(limit()),
        prop::option::of(limit()),
        prop::option::of(prop::sample::select(vec!["0s", "20s", "60s"])),
        prop::option::of(prop::sample::select(vec!["sign-out", "lock"])),
        prop::option::of(prop::collection::vec(limit(), 1..3)),
        prop::option::of((limit(), limit())),
        prop::collection::btree_map("[a-z]{1,6}", limit(), 0..3),
        prop::collection::vec(rule(), 0..4),
        prop::option::of(1_u32..5),
        prop::option::of(prop::sample::select(vec!["count", "pause", "5m"])),
    );
    keys.prop_map(
        |(idle, absolute, warn_before, on_idle, allow, caps, applications, rules, max_sessions, absent)| {
            let mut document = Map::new();
            let mut set = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    document.insert(key.to_owned(), value);
                }
            };
            set("idle", idle);
            set("absolute", absolute);
            set("warn_before", warn_before.map(Value::from));
            set("on_idle", on_idle.map(Value::from));
            set("choice", allow.map(|allow| json!({ "allow": allow })));
            set(
                "caps",
                caps.map(|(idle, absolute)| json!({ "idle": idle, "absolute": absolute })),
            );
            let applications: Map<_, _> = applications
                .into_iter()
                .map(|(name, idle)| (name, json!({ "idle": idle })))
                .collect();
            set("applications", Some(Value::Object(applications)));
            set("rules", Some(Value::Array(rules)));
            set("max_sessions", max_sessions.map(Value::from));
            set("absent", absent.map(Value::from));
            Value::Object(document)
        },
    )
}

#[tokio::test]
async fn what_is_read_is_written_back_without_a_change_and_a_patch_drops_nothing() {
    let api = Api::with("policy = \"server\"\n");
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(7),
        ..Config::default()
    });
    for _ in 0..DOCUMENTS {
        let mut generate = || document().new_tree(&mut runner).expect("a document").current();
        let (whole, other) = (generate(), generate());
        api.write(Method::PUT, "policy", &whole, "*").await.ok(200);
        let read = api.get("policy").await;
        let revision = api.get("policy/state").await.ok(200)["revision"].clone();
        let again = api
            .write(Method::PUT, "policy", &read.ok(200), read.header("etag"))
            .await;
        assert_eq!(
            (again.ok(200), again.header("etag")),
            (read.ok(200), read.header("etag"))
        );
        assert_eq!(api.get("policy/state").await.ok(200)["revision"], revision, "{whole}");

        for (key, sent) in other.as_object().expect("an object") {
            let before = api.get("policy").await.ok(200);
            let patched = api.write(Method::PATCH, "policy", &json!({ key: sent }), "*").await;
            if patched.status == 422 {
                // Beside the other keys the value may be impossible; then nothing has changed.
                assert_eq!(api.get("policy").await.ok(200), before);
                continue;
            }
            let after = patched.ok(200);
            for (kept, value) in before.as_object().expect("an object") {
                if kept != key {
                    assert_eq!(&after[kept], value, "{key} of {other} on {before}");
                }
            }
        }
    }
}
