//! Scenarios with something broken inside.

use super::scenarios::Scenario;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
enum Damage {
    Replace(Value),
    Remove,
    Add(String, Value),
    Swap,
}

/// Damages a scenario in a few places.
pub(crate) fn damaged(scenario: BoxedStrategy<Scenario>) -> BoxedStrategy<Scenario> {
    (scenario, prop::collection::vec((any::<Index>(), damage()), 1..4))
        .prop_map(|(mut scenario, damages)| {
            for (place, damage) in damages {
                let mut places = Vec::new();
                collect(&scenario.0, String::new(), &mut places);
                inflict(&mut scenario.0, place.get(&places).as_str(), damage);
            }
            scenario
        })
        .boxed()
}

/// The places of all values, this one included.
fn collect(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(key, part)| collect(part, format!("{place}/{key}"), places)),
        Value::Object(keys) => keys
            .iter()
            .for_each(|(key, part)| collect(part, format!("{place}/{key}"), places)),
        _ => {}
    }
    places.push(place);
}

fn inflict(scenario: &mut Value, place: &str, damage: Damage) {
    let (parent, key) = place.rsplit_once('/').unwrap_or_default();
    let Some(parent) = scenario.pointer_mut(parent) else {
        return;
    };
    match (damage, parent) {
        (Damage::Replace(value), parent) => {
            if let Some(slot) = parent.pointer_mut(&format!("/{key}")) {
                *slot = value;
            }
        }
        (Damage::Remove, Value::Object(keys)) => drop(keys.remove(key)),
        (Damage::Remove, Value::Array(list)) => drop(key.parse().map(|index: usize| list.remove(index))),
        (Damage::Add(key, value), Value::Object(keys)) => drop(keys.insert(key, value)),
        (Damage::Add(_, value), Value::Array(list)) => list.push(value),
        (Damage::Swap, Value::Array(list)) => list.reverse(),
        _ => {}
    }
}

fn damage() -> BoxedStrategy<Damage> {
    prop_oneof![
        4 => junk().prop_map(Damage::Replace),
        2 => Just(Damage::Remove),
        2 => (key(), junk()).prop_map(|(key, value)| Damage::Add(key, value)),
        1 => Just(Damage::Swap),
    ]
    .boxed()
}

fn key() -> BoxedStrategy<String> {
    prop_oneof![
        3 => prop::sample::select(&["idle", "at", "event", "path", "match", "age", "for", "policy", "name", "passive", "navigation"][..])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
    .boxed()
}

fn junk() -> BoxedStrategy<Value> {
    const TEXTS: &[&str] = &[
        "",
        "off",
        "0s",
        "1ms",
        "-1s",
        "106751991167d",
        "9223372036854775807ms",
        "9223372036854775808ms",
        "99999999999d",
        "m",
        "٣m",
        "é",
        "/**/**/**/**/**/**/**/**/b",
        "/%",
        "/%e2%82",
        "/..",
        "sign-in",
        "status",
        "\u{0}",
    ];
    let leaf = prop_oneof![
        6 => prop::sample::select(TEXTS).prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(json!(null)),
    ];
    leaf.prop_recursive(2, 6, 3, |part| {
        prop_oneof![
            prop::collection::vec(part.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map(key(), part, 0..3).prop_map(|keys| json!(keys)),
        ]
    })
    .boxed()
}
