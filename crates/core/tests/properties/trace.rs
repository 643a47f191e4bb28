//! Reading traces: which entry answers which event, and what happened by itself.

use super::scenarios::Scenario;
use super::words::{MINUTE, written};
use crate::naive;
use serde_json::{Value, json};

/// One entry, and the place in the timeline of the event it answers; none for what happens by itself.
pub(crate) struct Told {
    pub(crate) at: i64,
    pub(crate) entry: Value,
    pub(crate) event: Option<usize>,
}

impl Told {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.entry["event"] == name
    }

    /// The session ended or locked here.
    pub(crate) fn stops(&self) -> bool {
        self.is("ended") || self.is("locked")
    }
}

/// The library's trace of a scenario, or nothing where it refuses it.
pub(crate) fn told(scenario: &Value) -> Option<Vec<Told>> {
    let trace = nightlatch_core::scenario::simulate(scenario);
    let mut events = 0..;
    let told = trace.as_array()?.iter().map(|entry| Told {
        at: entry["at_ms"].as_i64().expect("every entry has an instant"),
        event: match entry["event"].as_str() {
            Some("warning" | "locked" | "ended") => None,
            _ => events.next(),
        },
        entry: entry.clone(),
    });
    Some(told.collect())
}

pub(crate) fn timeline(scenario: &Value) -> &[Value] {
    scenario["timeline"].as_array().expect("a list")
}

pub(crate) fn timeline_mut(scenario: &mut Value) -> &mut Vec<Value> {
    scenario["timeline"].as_array_mut().expect("a list")
}

pub(crate) fn milliseconds(duration: &Value) -> i64 {
    let length = naive::duration::duration(duration).expect("a duration");
    i64::try_from(length).expect("within the range of durations")
}

/// The instant of an event of the timeline.
pub(crate) fn instant(scenario: &Value, event: usize) -> i64 {
    milliseconds(&timeline(scenario)[event]["at"])
}

/// The same with a look long after the last event, so that what is due later is told too.
pub(crate) fn watched(scenario: &Scenario) -> Value {
    let mut scenario = scenario.0.clone();
    let last = timeline(&scenario).len() - 1;
    let at = instant(&scenario, last) + 200 * MINUTE;
    timeline_mut(&mut scenario).push(json!({ "at": written(at, 1), "event": "status" }));
    scenario
}

/// The same with a status after every event, so that what an event changed shows at once.
pub(crate) fn probed(scenario: &Scenario) -> Value {
    let mut scenario = watched(scenario);
    let with_status = |event: &Value| [event.clone(), json!({ "at": event["at"], "event": "status" })];
    let events = timeline(&scenario).iter().flat_map(with_status).collect();
    *timeline_mut(&mut scenario) = events;
    scenario
}

/// Puts an event before the given one, so far (in quarters) into the gap before it.
pub(crate) fn insert(scenario: &mut Value, place: usize, quarters: i64, mut event: Value) {
    let (before, after) = (instant(scenario, place - 1), instant(scenario, place));
    event["at"] = json!(written(before + (after - before) * quarters / 4, 1));
    timeline_mut(scenario).insert(place, event);
}

/// The first instant at which the session locks or ends.
pub(crate) fn first_stop(trace: &[Told]) -> i64 {
    trace.iter().find(|told| told.stops()).map_or(i64::MAX, |told| told.at)
}

/// The entries without their places, all or some.
pub(crate) fn entries(trace: &[Told], keep: impl Fn(&Told) -> bool) -> Vec<&Value> {
    trace.iter().filter(|told| keep(told)).map(|told| &told.entry).collect()
}
