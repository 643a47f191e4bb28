//! Random scenarios: a policy, a session and a timeline that crowds around its own deadlines.

use super::bodies;
use super::policies::{Draft, draft};
use super::words::{
    APPLICATIONS, DEVICES, MINUTE, PATTERNS, ROLES, duration, minutes, object, odd_path, one_of, path, wish, written,
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
    let of_theme = |theme: Theme| {
        let often = theme.often.into_iter().zip(happenings(&theme));
        let events = Union::new_weighted(often.filter(|(often, _)| *often > 0).collect());
        (
            theme.weight,
            (draft(theme.first), prop::collection::vec((gap(), events), 0..32)).boxed(),
        )
    };
    let themes = themes().into_iter().map(of_theme).collect();
    let bound = prop_oneof![4 => Just(None), 1 => minutes(-1..=20).prop_map(Some)];
    (Union::new_weighted(themes), session(), start, bound)
        .prop_map(|((policy, happenings), session, start, bound)| {
            Scenario(tell(&policy, &session, start, bound, happenings))
        })
        .boxed()
}

fn tell(policy: &Draft, session: &Value, start: i64, bound: Option<i64>, happenings: Vec<(Gap, Happening)>) -> Value {
    let mut first = json!({ "at": written(start, 1), "event": "sign-in" });
    if let Some(bound) = bound {
        first["not_after"] = json!(written((start + bound).max(0), 1));
    }
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
    let last = trace
        .as_array()
        .and_then(|trace| trace.iter().rfind(|entry| entry["event"] == "status"));
    last.and_then(|entry| entry[field].as_i64())
        .filter(|remaining| *remaining < 200 * MINUTE)
        .unwrap_or(MINUTE)
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

/// Facts and a choice.
pub(crate) fn session() -> BoxedStrategy<Value> {
    let roles = prop::collection::vec(one_of(ROLES), 0..3)
        .prop_map(Value::Array)
        .boxed();
    object(vec![
        ("application", 60, one_of(APPLICATIONS)),
        ("device", 60, one_of(DEVICES)),
        ("roles", 60, roles),
        ("choice", 40, wish()),
    ])
}

/// What a scenario is about: its first policy, the later ones and what they keep of the first, and how often each of the
/// events comes (in the order of [`happenings`]).
struct Theme {
    weight: u32,
    first: BoxedStrategy<Value>,
    later: BoxedStrategy<Value>,
    mask: BoxedStrategy<u16>,
    often: [u32; 13],
}

fn themes() -> Vec<Theme> {
    // All keys but one as at first, or some, or none.
    let some = prop_oneof![5 => (0_u32..12).prop_map(|bit| !(1 << bit)), 1 => any::<u16>(), 2 => Just(0)].boxed();
    let alike = |weight, body: BoxedStrategy<Value>, often| Theme {
        weight,
        first: body.clone(),
        later: body,
        mask: some.clone(),
        often,
    };
    vec![
        alike(4, bodies::everything(), [12, 6, 3, 7, 4, 6, 7, 3, 4, 8, 1, 4, 3]),
        // Tabs and pauses.
        alike(2, bodies::everything(), [4, 6, 2, 3, 1, 8, 10, 0, 2, 8, 0, 3, 1]),
        // Which limit counts where.
        alike(2, bodies::limits(), [8, 2, 1, 0, 0, 8, 4, 3, 1, 2, 0, 3, 0]),
        // Absences.
        alike(4, bodies::gates(), [16, 3, 1, 4, 2, 4, 8, 0, 1, 0, 0, 2, 0]),
        // Holds.
        alike(3, bodies::holds(), [6, 4, 1, 12, 4, 1, 1, 0, 1, 2, 0, 5, 1]),
        // One deadline after another, and all of them at once.
        alike(2, bodies::deadlines(), [2, 4, 1, 3, 1, 5, 8, 0, 1, 4, 0, 6, 6]),
        Theme {
            weight: 3,
            first: bodies::patience(),
            later: bodies::deadlines(),
            mask: Just(0).boxed(),
            often: [3, 5, 1, 4, 2, 5, 8, 0, 1, 2, 0, 5, 5],
        },
    ]
}

fn happenings(theme: &Theme) -> [BoxedStrategy<Happening>; 13] {
    let of = |name: &'static str, mut fields: Vec<(&'static str, u32, BoxedStrategy<Value>)>| {
        fields.push(("event", 100, Just(json!(name)).boxed()));
        object(fields).prop_map(Happening::Plain).boxed()
    };
    let truth = || any::<bool>().prop_map(Value::Bool).boxed();
    let age = minutes(0..=15).prop_map(|age| json!(written(age, 1))).boxed();
    let id = || one_of(&["u", "u", "v"]);
    let tab = || one_of(&["x", "x", "y"]);
    let length = prop_oneof![12 => duration(), 8 => one_of(&["30m", "2h"]), 1 => one_of(&["0s", "1ms"])].boxed();
    let until = || minutes(0..=60).prop_map(|until| json!(written(until, 1))).boxed();
    let reason = one_of(&["admin", "upstream", "account", "superseded"]);
    let closing = prop_oneof![
        of("reauthenticate", vec![("subject", 100, Just(json!("other")).boxed())]),
        of("sign-out", vec![]),
        of("end", vec![("reason", 100, reason)]),
    ];
    [
        of(
            "request",
            vec![
                ("path", 100, path()),
                ("passive", 30, truth()),
                ("navigation", 50, truth()),
            ],
        ),
        of("input", vec![("age", 60, age)]),
        of("extend", vec![]),
        of("hold", vec![("id", 100, id()), ("for", 100, length)]),
        of("release", vec![("id", 100, id())]),
        of("tab", vec![("tab", 100, tab()), ("path", 100, path())]),
        of("tab-close", vec![("tab", 100, tab())]),
        of("choose", vec![("idle", 100, wish())]),
        of("reauthenticate", vec![("not_after", 20, until())]),
        of("status", vec![]),
        closing.boxed(),
        (draft(theme.later.clone()), theme.mask.clone())
            .prop_map(|(draft, mask)| Happening::NewPolicy(draft, mask))
            .boxed(),
        of(
            "bound",
            vec![(
                "not_after",
                100,
                prop_oneof![6 => until(), 1 => Just(json!("off"))].boxed(),
            )],
        ),
    ]
}

/// One limit to resolve: a few pages open, a choice, today's policy beside the session's own, and the end of it.
pub(crate) fn resolutions() -> BoxedStrategy<Scenario> {
    let page = prop::sample::select(&["/a", "/b", "/c", "/a/b"][..]);
    let today = prop::option::of(draft(bodies::limits()));
    let parts = (
        draft(bodies::limits()),
        today,
        session(),
        prop::collection::vec(page, 0..3),
        prop::option::of(wish()),
    );
    let scenario = parts.prop_map(|(own, today, session, pages, choice)| {
        let tab = |(tab, path): (usize, &str)| json!({ "event": "tab", "tab": tab.to_string(), "path": path });
        let choose = choice.map(|idle| json!({ "event": "choose", "idle": idle }));
        let policy = today.map(|today| json!({ "event": "policy", "policy": today.document() }));
        let first = std::iter::once(json!({ "event": "sign-in" }));
        let events = first
            .chain(choose)
            .chain(pages.into_iter().enumerate().map(tab))
            .chain(policy);
        let at_once = events.map(|mut event| {
            event["at"] = json!("0s");
            event
        });
        Scenario(json!({ "policy": own.document(), "session": session, "timeline": at_once.collect::<Vec<_>>() }))
    });
    scenario.boxed()
}

/// Many paths, one gate of many patterns that asks on each it matches.
pub(crate) fn paths() -> BoxedStrategy<Scenario> {
    let patterns = prop::collection::vec(prop::sample::select(PATTERNS), 1..3);
    (patterns, prop::collection::vec(odd_path(), 1..12))
        .prop_map(|(patterns, paths)| {
            let gate = json!({ "match": { "path": patterns }, "max_age": "1ms" });
            let request = |path: Value| json!({ "at": "1ms", "event": "request", "path": path });
            let timeline =
                std::iter::once(json!({ "at": "0s", "event": "sign-in" })).chain(paths.into_iter().map(request));
            let timeline: Vec<_> = timeline.collect();
            Scenario(json!({ "policy": { "gates": [gate] }, "session": {}, "timeline": timeline }))
        })
        .boxed()
}
