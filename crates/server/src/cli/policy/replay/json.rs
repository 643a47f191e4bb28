//! The report for machines. Lengths of time are milliseconds; `null` is no limit.

use std::collections::BTreeMap;

use nightlatch_core::replay::{Replay, Tally};
use serde_json::{Map, Value, json};

use super::input::Precision;
use super::study::{Outcome, Study};
use super::words::verdict;

pub(super) fn report(study: &Study) -> Value {
    let input = &study.input;
    let sweep: Vec<_> = study
        .sweep
        .iter()
        .map(|point| json!({ "idle_ms": point.idle.as_millis(), "all": tally(&point.tally) }))
        .collect();
    json!({
        "sessions": input.sessions,
        "within_ms": study.within.as_millis(),
        "input": {
            "precision": match input.precision {
                Precision::Signs => "signs",
                Precision::Edges => "edges",
            },
            "ended": input.ended,
            "left_out": {
                "still_open": input.left_out.still_open,
                "without_sign_in": input.left_out.without_sign_in,
                "without_last_activity": input.left_out.without_last_activity,
            },
            "skipped_rows": input.skipped,
        },
        "recorded": study.recorded.as_ref().map(|replay| Value::Object(groups(replay))),
        "current": study.current.as_ref().map(outcome),
        "candidates": study.candidates.iter().map(outcome).collect::<Vec<_>>(),
        "sweep": sweep,
        "verdict": verdict(study),
    })
}

fn outcome(Outcome { candidate, replay }: &Outcome) -> Value {
    let mut object = groups(replay);
    let millis =
        |limit: nightlatch_core::duration::Limit| json!(limit.span().map(nightlatch_core::time::Span::as_millis));
    object.insert("name".to_owned(), json!(candidate.name));
    object.insert("idle_ms".to_owned(), millis(candidate.policy.idle));
    object.insert("absolute_ms".to_owned(), millis(candidate.policy.absolute));
    Value::Object(object)
}

fn groups(replay: &Replay) -> Map<String, Value> {
    let named = |groups: &BTreeMap<Box<str>, Tally>| -> Map<String, Value> {
        groups.iter().map(|(name, of)| (name.to_string(), tally(of))).collect()
    };
    Map::from_iter([
        ("all".to_owned(), tally(&replay.all)),
        ("applications".to_owned(), Value::Object(named(&replay.applications))),
        ("roles".to_owned(), Value::Object(named(&replay.roles))),
    ])
}

fn tally(tally: &Tally) -> Value {
    let unattended = &tally.unattended;
    json!({
        "sessions": tally.sessions,
        "ended_earlier": tally.ended_earlier,
        "idle_ends": tally.idle_ends,
        "absolute_ends": tally.absolute_ends,
        "interruptions": tally.interruptions,
        "interrupted_sessions": tally.interrupted,
        "cut_off": tally.cut_off,
        "returns": tally.returns,
        "never_ended": tally.endless,
        "unattended": {
            "absences": unattended.absences,
            "total_ms": unattended.total.as_millis(),
            "median_ms": unattended.median.as_millis(),
            "ninetieth_ms": unattended.ninetieth.as_millis(),
            "longest_ms": unattended.longest.as_millis(),
        },
    })
}
