//! The same for programs. Times are seconds, sizes are bytes, rates are those of a second.

use serde_json::{Value, json};

use super::Outcome;
use crate::capacity::{Need, Stops, costs};

pub(super) fn document(outcome: &Outcome) -> Value {
    let needs: Vec<Value> = outcome.needs.iter().map(need).collect();
    json!({
        "fits": outcome.fits(),
        "clusters": outcome.clusters,
        "needs": needs,
        "demand": outcome.demand,
        "workload": outcome.work,
        "machines": outcome.machines,
        "measured": {
            "session_bytes": costs::session_bytes(),
            "audit_record_bytes": costs::AUDIT_RECORD_BYTES,
            "change_bytes": costs::CHANGE_BYTES,
            "live_session_bytes": costs::LIVE_SESSION,
            "open_tab_bytes": costs::OPEN_TAB,
        },
    })
}

/// `stops_at` is how many sessions may be in use: 0 where it does not fit whatever they do, null where all may be.
fn need(need: &Need) -> Value {
    let stops_at = match need.stops {
        Stops::At(active) => Some(active),
        Stops::Before => Some(0.0),
        Stops::Never => None,
    };
    json!({
        "resource": need.resource,
        "needed": need.needed,
        "limit": need.limit,
        "fits": need.fits(),
        "stops_at": stops_at,
    })
}
