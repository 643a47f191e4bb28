//! Random scenarios: a policy, a session and a timeline that crowds around its own deadlines.

use super::policies::{Draft, draft};
use super::words::{
    APPLICATIONS, DEVICES, MINUTE, ROLES, duration, minutes, object, one_of, path, wish, written,
};
use crate::naive;
use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Value, json};
use std::fmt;

/// Shown as one line of JSON, ready for `nightlatch simulate`.
#[derive(Clone)]
pub(crate) struct Scenario(pub(crate) Value);

impl fmt::Debug for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// The time from one event to the next.
#[derive(Clone, Copy, Debug)]
enum Gap {
    Fixed(i64),
    /// Up to the idle or the absolute deadline as it stands, and so much beside it.
    UpTo(&'static str, i64),
}

#[derive(Clone, Debug)]
enum Happening {
    Plain(Value),
    /// A policy, alike to the first one where the mask says so.
    NewPolicy(Draft, u16),
}

pub(crate) fn scenario() -> BoxedStrategy<Scenario> {
    let start = prop_oneof![3 => Just(0), 1 => minutes(0..=10)];
    (draft(), session(), start, happenings())
        .prop_map(|(policy, session, start, happenings)| Scenario(tell(&policy, &session, start, happenings)))
        .boxed()
}

fn tell(policy: &Draft, session: &Value, start: i64, happenings: Vec<(Gap, Happening)>) -> Value {
    let first = json!({ "at": written(start, 1), "event": "sign-in" });
    let mut scenario = json!({ "policy": policy.document(), "session": session, "timeline": [first] });
    let mut now = start;
    for (gap, happening) in happenings {
        now += match gap {
            Gap::Fixed(length) => length,
            Gap::UpTo(field, beside) => (remaining(&scenario, now, field) + beside).max(0),
        };
        let mut event = match happening {
            Happening::Plain(event) => event,
            Happening::NewPolicy(draft, mask) => {
                json!({ "event": "policy", "policy": draft.like(policy, mask).document() })
            }
        };
        event["at"] = json!(written(now, u8::from(now % MINUTE == 0) * 2));
        scenario["timeline"].as_array_mut().expect("a list").push(event);
    }
    scenario
}

/// What a status would say now, where that is within reach.
fn remaining(scenario: &Value, now: i64, field: &str) -> i64 {
    let mut asked = scenario.clone();
    let status = json!({ "at": written(now, 1), "event": "status" });
    asked["timeline"].as_array_mut().expect("a list").push(status);
    let trace = naive::simulate(&asked);
    let last = trace.as_array().and_then(|trace| trace.iter().rfind(|entry| entry["event"] == "status"));
    last.and_then(|entry| entry[field].as_i64()).filter(|remaining| *remaining < 200 * MINUTE).unwrap_or(MINUTE)
}

fn gap() -> BoxedStrategy<Gap> {
    let beside = || prop::sample::select(&[-MINUTE, -1, -1, 0, 0, 1][..]);
    prop_oneof![
        10 => Just(Gap::Fixed(0)),
        16 => minutes(1..=2).prop_map(Gap::Fixed),
        4 => minutes(3..=6).prop_map(Gap::Fixed),
        1 => minutes(7..=30).prop_map(Gap::Fixed),
        2 => beside().prop_map(|beside| Gap::UpTo("idle_remaining_ms", beside)),
        1 => beside().prop_map(|beside| Gap::UpTo("absolute_remaining_ms", beside)),
    ]
    .boxed()
}

fn session() -> BoxedStrategy<Value> {
    let roles = prop::collection::vec(one_of(ROLES), 0..3).prop_map(Value::Array).boxed();
    object(vec![
        ("application", 60, one_of(APPLICATIONS)),
        ("device", 60, one_of(DEVICES)),
        ("roles", 60, roles),
        ("choice", 40, wish()),
    ])
}

/// What a timeline is about: how often each of the events of [`happenings`] comes.
const THEMES: [[u32; 12]; 4] = [
    [12, 6, 3, 7, 4, 6, 7, 3, 4, 8, 1, 4],
    // Tabs and pauses.
    [4, 6, 2, 3, 1, 8, 10, 0, 2, 8, 0, 3],
    // Holds.
    [4, 5, 3, 12, 6, 2, 2, 0, 1, 8, 0, 4],
    // Pages, gates and choices.
    [20, 4, 2, 3, 1, 2, 2, 4, 3, 4, 0, 3],
];

fn happenings() -> BoxedStrategy<Vec<(Gap, Happening)>> {
    let of_theme = |weights: [u32; 12]| {
        let all = weights.into_iter().zip(every_happening()).filter(|(weight, _)| *weight > 0).collect();
        prop::collection::vec((gap(), Union::new_weighted(all)), 0..32).boxed()
    };
    Union::new(THEMES.map(of_theme)).boxed()
}

fn every_happening() -> [BoxedStrategy<Happening>; 12] {
    let of = |name: &'static str, mut fields: Vec<(&'static str, u32, BoxedStrategy<Value>)>| {
        fields.push(("event", 100, Just(json!(name)).boxed()));
        object(fields).prop_map(Happening::Plain).boxed()
    };
    let truth = any::<bool>().prop_map(Value::Bool).boxed();
    let age = minutes(0..=15).prop_map(|age| json!(written(age, 1))).boxed();
    let id = || one_of(&["u", "u", "v"]);
    let tab = || one_of(&["x", "x", "y"]);
    let length = prop_oneof![20 => duration(), 1 => Just(json!("0s"))].boxed();
    let reason = one_of(&["admin", "upstream", "account", "superseded"]);
    let closing = prop_oneof![
        of("reauthenticate", vec![("subject", 100, Just(json!("other")).boxed())]),
        of("sign-out", vec![]),
        of("end", vec![("reason", 100, reason)]),
    ];
    // All keys but one as at first, or some, or none.
    let mask = prop_oneof![8 => (0_u32..12).prop_map(|bit| !(1 << bit)), 1 => any::<u16>(), 1 => Just(0)];
    [
        of("request", vec![("path", 100, path()), ("passive", 15, truth)]),
        of("input", vec![("age", 60, age)]),
        of("extend", vec![]),
        of("hold", vec![("id", 100, id()), ("for", 100, length)]),
        of("release", vec![("id", 100, id())]),
        of("tab", vec![("tab", 100, tab()), ("path", 100, path())]),
        of("tab-close", vec![("tab", 100, tab())]),
        of("choose", vec![("idle", 100, wish())]),
        of("reauthenticate", vec![]),
        of("status", vec![]),
        closing.boxed(),
        (draft(), mask).prop_map(|(draft, mask)| Happening::NewPolicy(draft, mask)).boxed(),
    ]
}
