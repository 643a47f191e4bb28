//! Gates that never ask: the session is over before.

use super::reach::{loosest, sessions_of};
use super::{Lint, LintCode};
use crate::duration::Limit;
use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Absent, Gate, PolicyDocument};
use crate::time::Span;

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let gates = document.gates.iter().enumerate();
    gates
        .flat_map(|(index, gate)| never_asks(document, index, gate))
        .collect()
}

fn never_asks(document: &PolicyDocument, index: usize, gate: &Gate) -> Vec<Lint> {
    let whom = sessions_of(&gate.criteria);
    let lint = |key: &str, limit: Option<Span>, quantity: Quantity| {
        let limit = limit?;
        let end = loosest(document, quantity, &whom);
        (Level::from(Limit::after(limit)) >= end).then(|| {
            let (by, shown) = (quantity.key(), quantity.shown(end));
            Lint::new(
                LintCode::GateNeverAsks,
                format!("gates[{index}].{key}"),
                format!("the gate never asks after {limit}: {by} ends the session after {shown} at most"),
                format!("write less than {shown}"),
            )
        })
    };
    // A pause stops the idle clock and not the absence, so an absence may become longer than idle.
    let away = gate.max_away.filter(|_| document.absent != Absent::Pause);
    let found = [
        lint("max_away", away, Quantity::Idle),
        lint("max_age", gate.max_age, Quantity::Absolute),
    ];
    found.into_iter().flatten().collect()
}
