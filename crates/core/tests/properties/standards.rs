//! Random policy documents with a preset, whose values lie at its ceilings, and a little to either side.

use super::bodies::{outcome, preset, reason, sessions};
use super::words::{object, one_of, some_of};
use proptest::prelude::*;
use serde_json::Value;

/// Few words, so that rules are for those whom ceilings are for.
const APPLICATIONS: &[&str] = &["one", "two"];
const DEVICES: &[&str] = &["unmanaged", "mobile"];
const ROLES: &[&str] = &["admin", "staff"];

fn idle() -> BoxedStrategy<Value> {
    one_of(&[
        "3m", "5m", "10m", "11m", "15m", "16m", "30m", "1h", "61m", "3h", "4h", "3d", "off",
    ])
}

fn absolute() -> BoxedStrategy<Value> {
    one_of(&["30m", "1h", "4h", "8h", "12h", "13h", "24h", "25h", "30d", "31d", "off"])
}

/// A document that may or may not keep to its preset.
pub(crate) fn standards() -> BoxedStrategy<Value> {
    let applies = object(vec![
        ("application", 10, one_of(APPLICATIONS)),
        ("device", 30, some_of(DEVICES)),
        ("role", 30, some_of(ROLES)),
    ]);
    let lengthens = any::<bool>().prop_map(Value::Bool).boxed();
    let rule = object(vec![
        ("match", 80, applies),
        ("idle", 60, idle()),
        ("absolute", 40, absolute()),
        ("max_sessions", 30, sessions()),
        ("on_idle", 10, outcome()),
        ("lengthens", 50, lengthens),
        ("deviation", 20, reason()),
    ]);
    let application = object(vec![
        ("idle", 40, idle()),
        ("absolute", 30, absolute()),
        ("max_sessions", 20, sessions()),
        ("on_idle", 15, outcome()),
        ("deviation", 30, reason()),
    ]);
    let few = |entry: BoxedStrategy<Value>| prop::collection::vec(entry, 0..3).prop_map(Value::Array).boxed();
    object(vec![
        ("preset", 95, preset()),
        ("justification", 60, reason()),
        ("deviation", 10, reason()),
        ("warn_before", 90, one_of(&["0s", "10s", "30s"])),
        ("idle", 30, idle()),
        ("absolute", 25, absolute()),
        ("on_idle", 15, outcome()),
        ("max_sessions", 20, sessions()),
        ("choice", 15, object(vec![("allow", 100, few(idle()))])),
        (
            "caps",
            20,
            object(vec![("idle", 60, idle()), ("absolute", 60, absolute())]),
        ),
        ("applications", 25, object(vec![("one", 100, application)])),
        ("rules", 40, few(rule)),
    ])
}
