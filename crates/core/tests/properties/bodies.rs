//! Random policy documents without their warning: some of everything, and such that dwell on one part of the rules.

use super::words::{
    APPLICATIONS, DEVICES, MINUTE, PATTERNS, ROLES, duration, limit, object, one_of, some_of, wish, written,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Some of everything.
pub(crate) fn everything() -> BoxedStrategy<Value> {
    let caps = object(vec![("idle", 50, limit()), ("absolute", 50, absolute())]);
    let application = || {
        object(vec![
            ("idle", 60, limit()),
            ("absolute", 40, absolute()),
            ("on_idle", 40, outcome()),
            ("max_sessions", 10, sessions()),
            ("deviation", 5, reason()),
        ])
    };
    let applications = APPLICATIONS.iter().map(|name| (*name, 50, application())).collect();
    let choice = prop::collection::vec(wish(), 0..4)
        .prop_map(|allow| json!({ "allow": allow }))
        .boxed();
    let absent = prop_oneof![1 => Just(json!("count")), 3 => Just(json!("pause")), 3 => duration()].boxed();
    let activity = prop_oneof![
        Just(json!(["request"])),
        Just(json!(["input"])),
        Just(json!(["input", "request"])),
        Just(json!(["navigation"])),
        Just(json!(["input", "navigation"])),
    ];
    object(vec![
        ("preset", 4, preset()),
        ("justification", 10, reason()),
        ("deviation", 10, reason()),
        ("max_sessions", 15, sessions()),
        ("on_max_sessions", 10, one_of(&["refuse", "end-oldest", "ask"])),
        ("idle", 80, limit()),
        ("absolute", 60, absolute()),
        ("on_idle", 40, outcome()),
        ("activity", 20, activity.boxed()),
        ("hold_max", 60, duration()),
        ("absent", 60, absent),
        ("choice", 40, choice),
        ("caps", 20, caps),
        ("applications", 25, object(applications)),
        (
            "rules",
            60,
            prop::collection::vec(rule(), 0..4).prop_map(Value::Array).boxed(),
        ),
        (
            "gates",
            50,
            prop::collection::vec(gate(), 0..3).prop_map(Value::Array).boxed(),
        ),
        (
            "passive",
            25,
            prop::collection::vec(passive(), 0..2).prop_map(Value::Array).boxed(),
        ),
    ])
}

/// Longer than the idle values, mostly, so that both limits get to act.
fn absolute() -> BoxedStrategy<Value> {
    let long = (30_i64..150).prop_map(|minutes| json!(written(minutes * MINUTE, 2)));
    prop_oneof![9 => long, 1 => limit()].boxed()
}

pub(super) fn outcome() -> BoxedStrategy<Value> {
    one_of(&["sign-out", "lock"])
}

pub(super) fn preset() -> BoxedStrategy<Value> {
    one_of(&[
        "nist-aal1",
        "nist-aal2",
        "nist-aal3",
        "fedramp-moderate",
        "fedramp-high",
        "stig-asd",
        "pci-dss",
        "psd2",
        "hipaa",
        "owasp-high",
        "owasp-low",
        "cis-m365-unmanaged",
        "shared-device",
        "saas",
        "consumer",
    ])
}

pub(super) fn sessions() -> BoxedStrategy<Value> {
    prop_oneof![(1..5).prop_map(Value::from), Just(json!(u32::MAX))].boxed()
}

pub(super) fn reason() -> BoxedStrategy<Value> {
    one_of(&["because", "first\nsecond", "|*_[x](y)"])
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
        ("max_sessions", 20, sessions()),
        ("lengthens", 40, lengthens()),
    ]);
    let of_sessions = object(vec![
        ("match", 80, applies(0)),
        ("max_sessions", 100, sessions()),
        ("lengthens", 40, lengthens()),
    ]);
    prop_oneof![10 => of_idle, 2 => of_absolute, 1 => of_sessions].boxed()
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

/// Many rules over few values: equal ones, ties, and every layer of resolution.
pub(crate) fn limits() -> BoxedStrategy<Value> {
    const FEW: &[&str] = &["5m", "10m", "600s", "20m", "20m", "off"];
    const PAGES: &[&str] = &["/a/**", "/b/**", "/**", "/*"];
    let rule = object(vec![
        (
            "match",
            70,
            object(vec![("path", 60, one_of(PAGES)), ("role", 25, one_of(ROLES))]),
        ),
        ("idle", 100, one_of(FEW)),
        ("on_idle", 60, outcome()),
        (
            "lengthens",
            80,
            prop_oneof![1 => Just(json!(false)), 3 => Just(json!(true))].boxed(),
        ),
    ]);
    let application = object(vec![("idle", 50, one_of(FEW)), ("on_idle", 60, outcome())]);
    let allow = prop::collection::vec(wish(), 1..4).prop_map(Value::Array).boxed();
    object(vec![
        ("idle", 80, one_of(FEW)),
        ("on_idle", 60, outcome()),
        ("choice", 50, object(vec![("allow", 100, allow)])),
        ("caps", 20, object(vec![("idle", 100, one_of(FEW))])),
        ("applications", 50, object(vec![("one", 100, application)])),
        (
            "rules",
            90,
            prop::collection::vec(rule, 1..5).prop_map(Value::Array).boxed(),
        ),
    ])
}

/// Gates everywhere, long idles, short holds.
pub(crate) fn gates() -> BoxedStrategy<Value> {
    let gate = object(vec![
        (
            "match",
            50,
            object(vec![
                ("path", 80, one_of(&["/a/**", "/b/**", "/**"])),
                ("role", 15, one_of(ROLES)),
            ]),
        ),
        ("max_away", 100, one_of(&["2m", "3m", "5m", "8m"])),
        ("max_age", 20, one_of(&["3m", "8m", "20m"])),
    ]);
    object(vec![
        ("idle", 100, one_of(&["20m", "1h", "off"])),
        ("hold_max", 90, one_of(&["4m", "8m", "20m"])),
        ("absent", 50, one_of(&["pause", "count"])),
        (
            "gates",
            100,
            prop::collection::vec(gate, 1..4).prop_map(Value::Array).boxed(),
        ),
    ])
}

/// Holds that run into their bound, and bounds that move.
pub(crate) fn holds() -> BoxedStrategy<Value> {
    object(vec![
        ("idle", 100, one_of(&["6m", "20m", "1h"])),
        ("on_idle", 30, one_of(&["lock"])),
        ("hold_max", 100, one_of(&["1m", "2m", "4m", "7m", "15m", "1h"])),
        ("absent", 30, one_of(&["pause", "5m"])),
        (
            "gates",
            50,
            prop::collection::vec(gate(), 1..3).prop_map(Value::Array).boxed(),
        ),
    ])
}

/// Nothing but long limits.
pub(crate) fn patience() -> BoxedStrategy<Value> {
    object(vec![
        ("idle", 100, one_of(&["30m", "1h", "off"])),
        ("absolute", 100, one_of(&["1h", "2h", "off"])),
        ("on_idle", 40, one_of(&["lock"])),
        ("absent", 60, one_of(&["20m", "pause"])),
    ])
}

/// All deadlines close to each other.
pub(crate) fn deadlines() -> BoxedStrategy<Value> {
    const FEW: &[&str] = &["3m", "4m", "5m", "6m", "8m", "10m"];
    object(vec![
        ("idle", 90, one_of(FEW)),
        ("absolute", 70, one_of(&["4m", "6m", "8m", "10m", "12m", "15m"])),
        ("on_idle", 60, one_of(&["lock"])),
        (
            "absent",
            80,
            prop_oneof![4 => one_of(FEW), 1 => one_of(&["pause"])].boxed(),
        ),
        ("hold_max", 60, one_of(FEW)),
    ])
}
