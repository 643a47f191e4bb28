//! Replay: small cases worked out by hand, and properties over random recordings.

#[path = "replay/cases.rs"]
mod cases;
#[path = "replay/properties.rs"]
mod properties;

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::replay::{Recorded, RecordedEnd, Stay};
use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};

const MINUTE: i64 = 60_000;

fn minute(minute: i64) -> Instant {
    Instant::from_millis(minute * MINUTE)
}

fn minutes(minutes: u64) -> Span {
    Span::from_secs(minutes * 60)
}

fn policy(idle: Limit, absolute: Limit) -> Policy {
    let document = PolicyDocument {
        idle,
        absolute,
        warn_before: Span::ZERO,
        ..PolicyDocument::default()
    };
    Policy::new(document).expect("a valid policy")
}

/// Signs at these minutes, and nothing known of the end.
fn signs(at: &[i64]) -> Recorded {
    recorded(None, at, None)
}

fn recorded(person: Option<&str>, at: &[i64], end: Option<(i64, EndReason)>) -> Recorded {
    let stays = at.iter().map(|at| Stay::at(minute(*at))).collect();
    let end = end.map(|(at, reason)| RecordedEnd { at: minute(at), reason });
    Recorded::new(person.map(Arc::from), Arc::new(Facts::default()), stays, end).expect("at least one sign")
}
