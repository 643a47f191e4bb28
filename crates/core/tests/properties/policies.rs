//! Random policy documents.

use super::words::{APPLICATIONS, DEVICES, MINUTE, PATTERNS, ROLES, duration, limit, object, one_of, some_of, wish, written};
use crate::naive;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A policy before its warning is fitted to its idles.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    body: Value,
    warning: Warning,
    flaw: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Warning {
    LeftOut,
    Written(&'static str),
    /// Half of the shortest idle.
    Half,
    /// The longest that is legal.
    Longest,
    /// One that is just too long.
    TooLong,
}

pub(crate) fn draft() -> BoxedStrategy<Draft> {
    let warning = prop_oneof![
        2 => Just(Warning::LeftOut),
        2 => Just(Warning::Written("0s")),
        2 => Just(Warning::Written("30s")),
        4 => Just(Warning::Written("1m")),
        4 => Just(Warning::Half),
        2 => Just(Warning::Longest),
    ];
    let rare = prop_oneof![
        30 => Just(None),
        1 => (0..FLAWS.len()).prop_map(Some),
    ];
    let too_long = prop_oneof![40 => warning, 1 => Just(Warning::TooLong)];
    (body(), too_long, rare).prop_map(|(body, warning, flaw)| Draft { body, warning, flaw }).boxed()
}

impl Draft {
    /// The document.
    pub(crate) fn document(&self) -> Value {
        let mut policy = self.body.clone();
        let shortest = shortest_idle(&policy);
        match self.warning {
            // The default warning needs an idle above a minute.
            Warning::LeftOut if shortest > MINUTE => {}
            Warning::LeftOut | Warning::Half => policy["warn_before"] = json!(written(shortest / 2, 0)),
            Warning::Written(text) if shortest > MINUTE => policy["warn_before"] = json!(text),
            Warning::Written(_) => policy["warn_before"] = json!("0s"),
            Warning::Longest => policy["warn_before"] = json!(written(shortest - 1, 2)),
            Warning::TooLong => policy["warn_before"] = json!(written(shortest, 1)),
        }
        if let Some(flaw) = self.flaw {
            spoil(&mut policy, flaw);
        }
        policy
    }

    /// This draft with the keys of another where the mask says so.
    pub(crate) fn like(mut self, other: &Self, mask: u16) -> Self {
        for (_, key) in KEYS.iter().enumerate().filter(|(index, _)| mask & (1 << index) != 0) {
            match other.body.get(key) {
                Some(value) => self.body[*key] = value.clone(),
                None => drop(self.body.as_object_mut().and_then(|body| body.remove(*key))),
            }
        }
        self
    }
}

const KEYS: &[&str] = &[
    "idle", "absolute", "on_idle", "activity", "hold_max", "absent", "choice", "caps", "applications", "rules", "gates",
    "passive",
];

fn body() -> BoxedStrategy<Value> {
    let caps = object(vec![("idle", 50, limit()), ("absolute", 50, absolute())]);
    let application =
        || object(vec![("idle", 60, limit()), ("absolute", 40, absolute()), ("on_idle", 40, outcome())]);
    let applications = APPLICATIONS.iter().map(|name| (*name, 50, application())).collect();
    let choice = prop::collection::vec(wish(), 0..4).prop_map(|allow| json!({ "allow": allow })).boxed();
    let absent = prop_oneof![1 => Just(json!("count")), 3 => Just(json!("pause")), 3 => duration()].boxed();
    let activity = prop_oneof![
        Just(json!(["request"])),
        Just(json!(["input"])),
        Just(json!(["input", "request"])),
    ];
    object(vec![
        ("idle", 80, limit()),
        ("absolute", 60, absolute()),
        ("on_idle", 40, outcome()),
        ("activity", 20, activity.boxed()),
        ("hold_max", 60, duration()),
        ("absent", 60, absent),
        ("choice", 40, choice),
        ("caps", 20, caps),
        ("applications", 25, object(applications)),
        ("rules", 60, prop::collection::vec(rule(), 0..4).prop_map(Value::Array).boxed()),
        ("gates", 50, prop::collection::vec(gate(), 0..3).prop_map(Value::Array).boxed()),
        ("passive", 25, prop::collection::vec(passive(), 0..2).prop_map(Value::Array).boxed()),
    ])
}

/// Longer than the idle values, mostly, so that both limits get to act.
fn absolute() -> BoxedStrategy<Value> {
    let long = (30_i64..150).prop_map(|minutes| json!(written(minutes * MINUTE, 2)));
    prop_oneof![9 => long, 1 => limit()].boxed()
}

fn outcome() -> BoxedStrategy<Value> {
    one_of(&["sign-out", "lock"])
}

fn applies(path: u32) -> BoxedStrategy<Value> {
    object(vec![
        ("application", 15, some_of(APPLICATIONS)),
        ("device", 15, some_of(DEVICES)),
        ("role", 15, some_of(ROLES)),
        ("path", path, some_of(PATTERNS)),
    ])
}

fn rule() -> BoxedStrategy<Value> {
    let lengthens = || any::<bool>().prop_map(Value::Bool).boxed();
    let of_idle = object(vec![
        ("name", 10, one_of(&["first", "second"])),
        ("match", 90, applies(70)),
        ("idle", 100, limit()),
        ("on_idle", 50, outcome()),
        ("lengthens", 40, lengthens()),
    ]);
    let of_absolute = object(vec![
        ("match", 80, applies(0)),
        ("idle", 30, limit()),
        ("absolute", 100, absolute()),
        ("lengthens", 40, lengthens()),
    ]);
    prop_oneof![5 => of_idle, 1 => of_absolute].boxed()
}

fn gate() -> BoxedStrategy<Value> {
    let away = object(vec![
        ("name", 10, one_of(&["first", "second"])),
        ("match", 90, applies(80)),
        ("max_away", 100, duration()),
        ("max_age", 20, duration()),
    ]);
    let age = object(vec![("match", 90, applies(80)), ("max_age", 100, duration())]);
    prop_oneof![2 => away, 1 => age].boxed()
}

fn passive() -> BoxedStrategy<Value> {
    object(vec![("name", 10, one_of(&["poll"])), ("match", 95, applies(90))])
}

/// The shortest idle a policy names, the default included.
fn shortest_idle(policy: &Value) -> i64 {
    let mut idles = vec![policy.get("idle").cloned().unwrap_or_else(|| json!("30m"))];
    let listed = |list: &Value| list.as_array().cloned().unwrap_or_default();
    idles.extend(listed(&policy["choice"]["allow"]));
    idles.extend(listed(&policy["rules"]).iter().filter_map(|rule| rule.get("idle").cloned()));
    idles.extend(policy["caps"].get("idle").cloned());
    let applications = policy["applications"].as_object().into_iter().flatten();
    idles.extend(applications.filter_map(|(_, application)| application.get("idle").cloned()));
    let shortest = idles.iter().filter_map(|idle| naive::duration::limit(idle).ok()).min();
    shortest.and_then(|shortest| i64::try_from(shortest).ok()).unwrap_or(i64::MAX)
}

/// Puts one flaw, or one oddity that is none, into a policy.
pub(crate) fn spoil(policy: &mut Value, flaw: usize) {
    let (key, value) = FLAWS[flaw];
    policy[key] = serde_json::from_str(value).expect("the flaws are JSON");
}

/// Values for single keys: mostly invalid, some on the legal side of the border.
pub(crate) const FLAWS: &[(&str, &str)] = &[
    ("idle", r#""0s""#),
    ("idle", r#""0ms""#),
    ("idle", "null"),
    ("idle", "1800"),
    ("idle", "1800.5"),
    ("idle", r#""1800""#),
    ("idle", r#""""#),
    ("idle", r#"" 30m""#),
    ("idle", r#""30m ""#),
    ("idle", r#""30 m""#),
    ("idle", r#""30M""#),
    ("idle", r#""+30m""#),
    ("idle", r#""-30m""#),
    ("idle", r#""1.5h""#),
    ("idle", r#""1e3s""#),
    ("idle", r#""m""#),
    ("idle", r#""30m1h""#),
    ("idle", r#""30m5m""#),
    ("idle", r#""1w""#),
    ("idle", r#""30min""#),
    ("idle", r#""1h,30m""#),
    ("idle", r#""1h30""#),
    ("idle", r#""٣m""#),
    ("idle", r#""OFF""#),
    ("idle", r#""none""#),
    ("idle", r#"["30m"]"#),
    ("idle", r#""9223372036854775808ms""#),
    ("idle", r#""106751991168d""#),
    ("idle", r#""99999999999999999999d""#),
    ("idle", r#""106751991167d23h""#),
    ("idle", r#""106751991167d""#),
    ("idle", r#""0h30m""#),
    ("idle", r#""30m0s""#),
    ("idle", r#""0030m""#),
    ("idle", r#""1d1h1m1s1ms""#),
    ("idle", r#""off""#),
    ("absolute", r#""0s""#),
    ("absolute", r#""1ms""#),
    ("absolute", r#""off""#),
    ("absolute", "null"),
    ("warn_before", r#""off""#),
    ("warn_before", r#""1000d""#),
    ("warn_before", r#""0ms""#),
    ("warn_before", "0"),
    ("warn_before", "null"),
    ("on_idle", r#""explode""#),
    ("on_idle", r#""Lock""#),
    ("on_idle", "null"),
    ("activity", r#"["mouse"]"#),
    ("activity", r#""request""#),
    ("activity", r#"["request", "request"]"#),
    ("activity", "null"),
    ("hold_max", r#""0s""#),
    ("hold_max", r#""off""#),
    ("hold_max", "null"),
    ("absent", r#""0s""#),
    ("absent", r#""off""#),
    ("absent", r#""1ms""#),
    ("absent", r#""end""#),
    ("absent", "null"),
    ("choice", r#"{"allow": ["0s"]}"#),
    ("choice", r#"{"allow": "15m"}"#),
    ("choice", r#"{"allow": [15]}"#),
    ("choice", r#"{"allow": [null]}"#),
    ("choice", r#"{"allow": []}"#),
    ("choice", r#"{"allow": ["off", "off"]}"#),
    ("choice", r#"{"allow": ["15m"], "deny": []}"#),
    ("choice", r#"["15m"]"#),
    ("choice", "null"),
    ("caps", r#"{"idle": "0s"}"#),
    ("caps", r#"{"idle": "off"}"#),
    ("caps", r#"{"absolute": "0s"}"#),
    ("caps", r#"{"absolute": null}"#),
    ("caps", r#"{"hold_max": "1h"}"#),
    ("caps", "{}"),
    ("caps", "[]"),
    ("caps", "null"),
    ("applications", r#"{"one": {"warn_before": "1m"}}"#),
    ("applications", r#"{"one": {"idle": "0s"}}"#),
    ("applications", r#"{"one": {"on_idle": "lock"}}"#),
    ("applications", r#"{"one": {}}"#),
    ("applications", r#"{"one": null}"#),
    ("applications", "[]"),
    ("applications", "{}"),
    ("rules", "[{}]"),
    ("rules", r#"[{"match": {}}]"#),
    ("rules", r#"[{"absolute": "1h", "match": {"path": "/a"}}]"#),
    ("rules", r#"[{"absolute": "1h", "idle": "1h", "match": {"path": ["/a"], "role": "admin"}}]"#),
    ("rules", r#"[{"absolute": "1h", "on_idle": "lock"}]"#),
    ("rules", r#"[{"idle": "1h", "on_idle": null}]"#),
    ("rules", r#"[{"idle": "1h", "lengthens": "yes"}]"#),
    ("rules", r#"[{"idle": "1h", "lengthens": null}]"#),
    ("rules", r#"[{"idle": "1h", "max_age": "1h"}]"#),
    ("rules", r#"[{"idle": "0s"}]"#),
    ("rules", r#"[{"idle": "off"}]"#),
    ("rules", r#"[{"idle": "1h", "name": 5}]"#),
    ("rules", r#"[{"idle": "1h", "name": null}]"#),
    ("rules", r#"[{"idle": "1h", "name": "x"}, {"idle": "1h", "name": "x"}]"#),
    ("rules", r#"[{"idle": "1h", "match": null}]"#),
    ("rules", r#"[{"idle": "1h", "match": []}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"user": "x"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"role": []}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"role": null}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"role": [1]}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"device": "fridge"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "a"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": ""}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": []}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "/a*"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": ["/a", "/*a/b"]}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "/***"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "/a/"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "/"}}]"#),
    ("rules", r#"[{"idle": "1h", "match": {"path": "//"}}]"#),
    ("rules", "{}"),
    ("rules", "null"),
    ("rules", "[]"),
    ("gates", "[{}]"),
    ("gates", r#"[{"name": "g", "match": {"path": "/a"}}]"#),
    ("gates", r#"[{"max_age": "0s"}]"#),
    ("gates", r#"[{"max_age": "off"}]"#),
    ("gates", r#"[{"max_away": "off", "max_age": "1m"}]"#),
    ("gates", r#"[{"max_age": "1m", "idle": "1h"}]"#),
    ("gates", r#"[{"max_age": "1m"}]"#),
    ("gates", r#"[{"max_age": "1m", "match": {"path": "/a**"}}]"#),
    ("passive", "[{}]"),
    ("passive", r#"[{"match": {}}]"#),
    ("passive", r#"[{"match": {"path": "/a/*b"}}]"#),
    ("passive", r#"[{"path": "/a"}]"#),
    ("passive", r#"[{"name": "p", "match": {"path": "/**"}}]"#),
    ("idle_timeout", r#""1h""#),
    ("policy", "{}"),
    ("name", r#""x""#),
];
