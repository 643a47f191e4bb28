//! What the lifetime rules promise, tried on random scenarios: the library against the naive model, and each promise
//! by itself.
//!
//! `PROPTEST_CASES` sets the number of cases of each property. A long run:
//!
//! ```sh
//! PROPTEST_CASES=200000 cargo test --release -p nightlatch-core --test properties
//! ```
//!
//! A failure shows the smallest scenario found as one line of JSON, to be told by `nightlatch simulate --json -`.

#[path = "properties/bodies.rs"]
mod bodies;
#[path = "properties/documents.rs"]
mod documents;
#[path = "properties/explained.rs"]
mod explained;
#[path = "properties/flaws.rs"]
mod flaws;
#[path = "properties/garbage.rs"]
mod garbage;
#[path = "naive/naive.rs"]
mod naive;
#[path = "properties/policies.rs"]
mod policies;
#[path = "properties/scenarios.rs"]
mod scenarios;
#[path = "properties/shortening.rs"]
mod shortening;
#[path = "properties/standards.rs"]
mod standards;
#[path = "properties/trace.rs"]
mod trace;
#[path = "properties/words.rs"]
mod words;

use naive::policy::Policy;
use naive::session::Session;
use nightlatch_core::scenario::simulate;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;
use scenarios::{paths, resolutions, scenario};
use serde_json::{Value, json};
use trace::{Told, entries, first_stop, insert, milliseconds, probed, timeline, timeline_mut, told, watched};
use words::{MINUTE, written};

/// So many times the usual number of cases, where the environment does not say how many.
fn config(times: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.saturating_mul(times),
        max_shrink_iters: 100_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..usual
    }
}

proptest! {
    #![proptest_config(config(8))]

    /// The library tells the same story as the naive model, asked for a status after every event.
    #[test]
    fn the_library_agrees_with_the_naive_model(scenario in scenario()) {
        agree(&probed(&scenario))?;
    }

    /// The same where all is about one limit and its outcome.
    #[test]
    fn the_library_resolves_limits_as_the_naive_model_does(scenario in resolutions()) {
        agree(&probed(&scenario))?;
    }

    /// The same where all is about paths and patterns.
    #[test]
    fn the_library_takes_paths_as_the_naive_model_does(scenario in paths()) {
        agree(&scenario.0)?;
    }
}

proptest! {
    #![proptest_config(config(2))]

    /// Nothing is served at or after authentication + absolute, under the limits in force: the smaller of what the
    /// policy of the last authentication and today's give. Not holds, not pauses, not what a browser says.
    #[test]
    fn never_served_past_absolute(scenario in scenario()) {
        let scenario = watched(&scenario);
        let Some(trace) = told(&scenario) else { return Ok(()) };
        let session = Session::parse(&scenario["session"]).expect("a valid session");
        let absolute = |policy: &Value| naive::resolve::absolute(&Policy::parse(policy).expect("accepted"), &session);
        let mut today = absolute(&scenario["policy"]);
        let (mut own, mut authenticated) = (today, 0);
        for told in &trace {
            let Some(event) = told.event.map(|event| &timeline(&scenario)[event]) else { continue };
            let accepted = told.entry["accepted"] == true;
            match event["event"].as_str() {
                Some("sign-in" | "reauthenticate") if accepted => (own, authenticated) = (today, told.at),
                Some("policy") if accepted => today = absolute(&event["policy"]),
                _ => {}
            }
            let alive = told.entry["verdict"] == "allow" || told.entry["phase"].as_str().is_some_and(|phase| phase != "ended");
            let age = i128::from(told.at - authenticated);
            prop_assert!(!alive || age < own.min(today), "{} at an age of {age} ms", told.entry);
        }
    }

    /// A dead session never lives again: one `ended`, then only refusals and verdicts that repeat its reason. The event
    /// that was the end is told after it, and policies are accepted or refused as ever.
    #[test]
    fn dead_stays_dead(scenario in scenario()) {
        let scenario = watched(&scenario);
        let Some(trace) = told(&scenario) else { return Ok(()) };
        let Some(end) = trace.iter().position(|told| told.is("ended")) else { return Ok(()) };
        let reason = &trace[end].entry["reason"];
        for (index, Told { entry, event, .. }) in trace.iter().enumerate().skip(end + 1) {
            let name = entry["event"].as_str().unwrap_or_default();
            let ending = index == end + 1 && ["sign-out", "end", "reauthenticate"].contains(&name);
            let dead = match name {
                "request" => entry["verdict"] == "ended" && entry["reason"] == *reason,
                "status" => entry["phase"] == "ended" && entry["reason"] == *reason,
                "policy" => true,
                _ => event.is_some() && (ending || entry["accepted"] == false),
            };
            prop_assert!(dead, "{entry} after {}", trace[end].entry);
        }
    }

    /// More activity, by `extend` or by a report of any age, never makes a session lock or end earlier. The two ways in
    /// which it may are left out: a gate that asks no more after an absence lets a request to a stricter page through, and
    /// a hold that runs when `hold_max` gets shorter is dated back, where without the activity it had ended before.
    #[test]
    fn activity_never_brings_a_stop_forward(
        scenario in scenario(), place in any::<Index>(), quarters in 0_i64..=4, age in prop::option::of(0_i64..20),
    ) {
        let mut before = watched(&scenario);
        keep_hold_max(&mut before);
        let event = age.map_or_else(|| json!({ "event": "extend" }), |age| json!({ "event": "input", "age": format!("{age}m") }));
        let place = 1 + place.index(timeline(&before).len() - 1);
        let mut after = before.clone();
        insert(&mut after, place, quarters, event);
        let (Some(before), Some(after)) = (told(&before), told(&after)) else { return Ok(()) };
        if !a_gate_decides_otherwise(&before, &after, place, &after) {
            prop_assert!(first_stop(&after) >= first_stop(&before), "{} < {}", first_stop(&after), first_stop(&before));
        }
    }

    /// Without re-authentication, a shorter limit never lets a session last longer. A limit is any idle or absolute
    /// value of any policy in force (base, application, rule of either kind, cap) and the time after the last tab.
    #[test]
    fn a_shorter_limit_never_lets_a_session_last_longer(
        scenario in scenario(), policy in any::<Index>(), limit in any::<Index>(), minutes in 1_i64..25,
    ) {
        let mut before = watched(&scenario);
        timeline_mut(&mut before).retain(|event| event["event"] != "reauthenticate");
        let policies = valid_policies(&before);
        if policies.is_empty() {
            return Ok(());
        }
        let policy = policy.get(&policies).as_str();
        let mut after = before.clone();
        let document = after.pointer_mut(policy).expect("the place of a policy");
        let limits = shortening::limits(document);
        *document = shortening::shortened(document, limit.get(&limits).as_str(), minutes * MINUTE);
        let (Some(before), Some(after)) = (told(&before), told(&after)) else { return Ok(()) };
        prop_assert!(first_stop(&after) <= first_stop(&before), "{} > {}", first_stop(&after), first_stop(&before));
    }

    /// The same for a policy that comes in between and differs from today's in one shorter limit.
    #[test]
    fn a_policy_that_shortens_a_limit_never_lets_a_session_last_longer(
        scenario in scenario(), place in any::<Index>(), limit in any::<Index>(), minutes in 1_i64..25,
    ) {
        let mut before = watched(&scenario);
        timeline_mut(&mut before).retain(|event| event["event"] != "reauthenticate");
        let place = 1 + place.index(timeline(&before).len() - 1);
        let Some(today) = today(&before, place) else { return Ok(()) };
        let limits = shortening::limits(&today);
        let policy = shortening::shortened(&today, limit.get(&limits).as_str(), minutes * MINUTE);
        let mut after = before.clone();
        insert(&mut after, place, 4, json!({ "event": "policy", "policy": policy }));
        let (Some(before), Some(after)) = (told(&before), told(&after)) else { return Ok(()) };
        prop_assert!(first_stop(&after) <= first_stop(&before), "{} > {}", first_stop(&after), first_stop(&before));
    }

    /// A policy that comes in between with a shorter `hold_max`, and stays, never lets a session last longer. (Followed by
    /// a still shorter one it may: a hold that has ended by then keeps its end, one that runs is dated back.) Left out as
    /// above: a gate that asks now, after the longer absence, keeps a stricter page from being opened.
    #[test]
    fn a_shorter_hold_max_never_lets_a_session_last_longer(
        scenario in scenario(), place in any::<Index>(), minutes in 1_i64..25,
    ) {
        let mut before = watched(&scenario);
        let place = 1 + place.index(timeline(&before).len() - 1);
        let mut index = 0..;
        timeline_mut(&mut before).retain(|event| index.next() < Some(place) || event["event"] != "policy");
        let Some(mut policy) = today(&before, place) else { return Ok(()) };
        let shorter = minutes * MINUTE;
        if policy.get("hold_max").is_none_or(|hold_max| milliseconds(hold_max) > shorter) {
            policy["hold_max"] = json!(written(shorter, 2));
        }
        let mut after = before.clone();
        insert(&mut after, place, 0, json!({ "event": "policy", "policy": policy }));
        let (Some(before), Some(after)) = (told(&before), told(&after)) else { return Ok(()) };
        if !a_gate_decides_otherwise(&before, &after, place, &before) {
            prop_assert!(first_stop(&after) <= first_stop(&before), "{} > {}", first_stop(&after), first_stop(&before));
        }
    }

    /// A warning of the right kind comes `warn_before` before a lock and before an end at the idle or absolute limit.
    /// Where the last event before came within that window it had been told by then, and where an event itself made the
    /// session stop there need not be one. Nothing is announced at the instant of a deadline that ends or locks.
    #[test]
    fn a_warning_precedes_every_lock_and_end(scenario in scenario()) {
        let scenario = watched(&scenario);
        let Some(trace) = told(&scenario) else { return Ok(()) };
        for (index, stop) in trace.iter().enumerate().filter(|(_, told)| told.stops()) {
            let past = &trace[..index];
            let (last, event) = past.iter().rev().find_map(|told| Some((told.at, told.event?))).expect("a sign-in");
            if stop.at == last || !stops_by_itself(&scenario, index, event) {
                continue;
            }
            prop_assert!(!past.iter().any(|told| told.is("warning") && told.at == stop.at), "warned at {}", stop.entry);
            let since_lock = || past.iter().rev().take_while(|told| !told.is("locked"));
            let was_locked = past.iter().any(|told| told.is("locked"))
                && !since_lock().any(|told| told.is("reauthenticate") && told.entry["accepted"] == true);
            let warn_before = warn_before(&scenario, &trace, event);
            if was_locked || warn_before == 0 || stop.entry["reason"] == "disconnected" {
                continue;
            }
            let kind = match stop.entry["reason"].as_str() {
                Some("absolute" | "upstream") => json!("absolute"),
                _ => json!("idle"),
            };
            let Some(warning) = since_lock().find(|told| told.is("warning")) else {
                return Err(TestCaseError::fail(format!("no warning before {}", stop.entry)));
            };
            let from = stop.at - warn_before;
            let in_time = if from > last { warning.at == from } else { warning.at <= last };
            prop_assert!(in_time && warning.entry["kind"] == kind, "{} before {}", warning.entry, stop.entry);
        }
    }

    /// A status report, anywhere, leaves the rest of the trace alone.
    #[test]
    fn a_status_changes_nothing(scenario in scenario(), place in any::<Index>(), quarters in 0_i64..=4) {
        let before = watched(&scenario);
        let place = 1 + place.index(timeline(&before).len() - 1);
        let mut after = before.clone();
        insert(&mut after, place, quarters, json!({ "event": "status" }));
        let (Some(before), Some(after)) = (told(&before), told(&after)) else { return Ok(()) };
        prop_assert_eq!(entries(&before, |_| true), entries(&after, |told| told.event != Some(place)));
    }

    /// Deadlines come first and at their instants, observed or not: without all that only looks (reports, refused
    /// events, requests that were not served) everything else stays as it was.
    #[test]
    fn observation_decides_nothing(scenario in scenario()) {
        let mut scenario = watched(&scenario);
        let Some(before) = told(&scenario) else { return Ok(()) };
        let last = timeline(&scenario).len() - 1;
        let looks = |told: &Told| {
            let refused = told.entry["accepted"] == false;
            let unserved = told.is("request") && told.entry["verdict"] != "allow" && !stopped_by(&before, told);
            told.event.is_some_and(|event| event > 0 && event < last) && (refused || unserved || told.is("status"))
        };
        let dropped: Vec<_> = before.iter().filter(|told| looks(told)).filter_map(|told| told.event).collect();
        let mut index = 0..;
        timeline_mut(&mut scenario).retain(|_| index.next().is_some_and(|index| !dropped.contains(&index)));
        let after = told(&scenario).expect("a valid scenario");
        prop_assert_eq!(entries(&before, |told| !looks(told)), entries(&after, |_| true));
    }

    /// Whatever the scenario looks like, the answer is a trace or an error, never a panic; and the same each time.
    #[test]
    fn garbage_never_panics(scenario in garbage::damaged(scenario())) {
        let answer = simulate(&scenario.0);
        prop_assert!(answer.is_array() || answer["error"].is_string(), "{answer}");
        prop_assert_eq!(answer, simulate(&scenario.0));
    }
}

/// The library and the model give the same trace, or both an error.
fn agree(scenario: &Value) -> Result<(), TestCaseError> {
    let (library, model) = (simulate(scenario), naive::simulate(scenario));
    if library == model || (library.get("error").is_some() && model.get("error").is_some()) {
        return Ok(());
    }
    let entries = |answer: &Value| answer.as_array().cloned().unwrap_or_default();
    let (told, meant) = (entries(&library), entries(&model));
    let first = (0..told.len().max(meant.len())).find(|index| told.get(*index) != meant.get(*index));
    Err(TestCaseError::fail(format!(
        "first difference at entry {first:?}\n  library {library}\n  model   {model}\n  scenario {scenario}"
    )))
}

/// Every flaw in a policy, as the first and as a later one: refused by the library where the model refuses it.
#[test]
fn policies_are_refused_alike() {
    let differs = |flaw: usize| {
        let mut policy = json!({});
        flaws::spoil(&mut policy, flaw);
        let sign_in = json!({ "at": "0s", "event": "sign-in" });
        let change = json!({ "at": "1s", "event": "policy", "policy": policy.clone() });
        let first = json!({ "policy": policy, "session": {}, "timeline": [&sign_in] });
        let later = json!({ "policy": {}, "session": {}, "timeline": [sign_in, change] });
        let refused = |answer: Value| answer.get("error").is_some();
        refused(simulate(&first)) != refused(naive::simulate(&first)) || simulate(&later) != naive::simulate(&later)
    };
    let flaws = flaws::FLAWS.iter().enumerate().filter(|(index, _)| differs(*index));
    let differing: Vec<_> = flaws.map(|(_, flaw)| flaw).collect();
    assert!(differing.is_empty(), "taken differently: {differing:?}");
}

/// Before the first stop a request that was allowed in one story and met a gate in the other: it is activity in one
/// alone, and its page the surface. The stories differ by one event, put into the second at `place`.
fn a_gate_decides_otherwise(before: &[Told], after: &[Told], place: usize, until: &[Told]) -> bool {
    let end = first_stop(until);
    let requests = before.iter().filter(|told| told.is("request") && told.at <= end);
    requests.into_iter().any(|told| {
        let event = told.event.map(|event| if event < place { event } else { event + 1 });
        let other = after.iter().find(|other| other.event == event).expect("the same event");
        let verdicts = [told.entry["verdict"].as_str(), other.entry["verdict"].as_str()];
        verdicts == [Some("allow"), Some("step-up")] || verdicts == [Some("step-up"), Some("allow")]
    })
}

/// The end or lock at this place in the trace comes also where nothing but a look follows the event before it.
fn stops_by_itself(scenario: &Value, place: usize, event: usize) -> bool {
    let mut quiet = scenario.clone();
    let events = timeline_mut(&mut quiet);
    events.truncate(event + 2);
    events[event + 1] = json!({ "at": events[event + 1]["at"], "event": "status" });
    told(&quiet).is_some_and(|trace| trace.get(place).is_some_and(Told::stops))
}

/// The request itself was the end or the lock: its own limit was reached.
fn stopped_by(trace: &[Told], request: &Told) -> bool {
    let index = trace
        .iter()
        .position(|told| told.event == request.event)
        .expect("an entry of this trace");
    trace[index - 1].stops() && trace[index - 1].at == request.at
}

/// Gives every policy the `hold_max` of the first.
fn keep_hold_max(scenario: &mut Value) {
    let first = scenario["policy"]
        .get("hold_max")
        .cloned()
        .unwrap_or_else(|| json!("2h"));
    for policy in timeline_mut(scenario)
        .iter_mut()
        .filter_map(|event| event.get_mut("policy"))
    {
        policy["hold_max"] = first.clone();
    }
}

/// The places of the policies that are in force at some time.
fn valid_policies(scenario: &Value) -> Vec<String> {
    let later = (0..timeline(scenario).len()).map(|index| format!("/timeline/{index}/policy"));
    let places = std::iter::once("/policy".to_owned()).chain(later);
    places
        .filter(|place| {
            scenario
                .pointer(place)
                .is_some_and(|policy| Policy::parse(policy).is_ok())
        })
        .collect()
}

/// The policy in force just before an event of the timeline.
fn today(scenario: &Value, event: usize) -> Option<Value> {
    let before = timeline(scenario)[..event]
        .iter()
        .filter_map(|event| event.get("policy"));
    let mut all = std::iter::once(&scenario["policy"]).chain(before);
    all.rfind(|policy| Policy::parse(policy).is_ok()).cloned()
}

/// The `warn_before` in force after an event.
fn warn_before(scenario: &Value, trace: &[Told], event: usize) -> i64 {
    let accepted = trace
        .iter()
        .filter(|told| told.entry["accepted"] == true)
        .filter_map(|told| told.event);
    let mut changes = accepted
        .filter(|index| *index <= event)
        .filter_map(|index| timeline(scenario)[index].get("policy"));
    let policy = changes.next_back().unwrap_or_else(|| &scenario["policy"]);
    // Read by the model, which knows what a preset fills in.
    let policy = Policy::parse(policy).expect("accepted");
    i64::try_from(policy.warn_before).expect("within the range of durations")
}
