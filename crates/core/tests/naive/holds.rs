//! Where each hold ends.

use super::Ms;
use super::history::{Fact, Facts, seen, today};

/// The end of every hold there was, as far as is known: a running one counts with its bounded end.
pub(crate) fn hold_ends(facts: &Facts) -> Vec<Ms> {
    (0..facts.len()).filter_map(|start| hold_end(facts, start)).collect()
}

fn hold_end(facts: &Facts, start: usize) -> Option<Ms> {
    let Fact::HoldStarted { id, requested_end } = &facts[start].1 else {
        return None;
    };
    let bounded = |count: usize| (*requested_end).min(bound(&facts[..count]));
    let mut end = bounded(start + 1);
    for (index, (now, fact)) in facts.iter().enumerate().skip(start + 1) {
        if end <= *now {
            break;
        }
        match fact {
            Fact::Released { id: other } | Fact::HoldStarted { id: other, .. } if id == other => return Some(*now),
            Fact::Authenticated | Fact::Activity { .. } | Fact::PolicySet(_) => end = bounded(index + 1),
            _ => {}
        }
    }
    Some(end)
}

/// The latest instant at which any hold may end.
pub(crate) fn bound(facts: &Facts) -> Ms {
    seen(facts) + today(facts).hold_max
}
