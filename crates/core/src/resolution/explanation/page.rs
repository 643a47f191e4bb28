//! What a request to a page meets: gates, and whether it is passive.

use super::layers::{entry, unmatched};
use super::trail::Trail;
use super::{LayerKind, Step};
use crate::facts::Facts;
use crate::path::Path;
use crate::policy::{Gate, Policy};
use crate::time::Span;

/// One of the limits of gates: the smallest among those that match.
pub(super) fn gate(
    policy: &Policy,
    facts: &Facts,
    path: &Path<'_>,
    value: impl Fn(&Gate) -> Option<Span>,
) -> Trail<Option<Span>> {
    let nobody = "decides: no gate asks for it on this page";
    let mut trail = Trail::new(Step::new("no gate", LayerKind::Default, None, nobody));
    for (index, gate) in policy.gates.iter().enumerate() {
        let Some(span) = value(gate) else { continue };
        let source = entry("gates", index, gate.name.as_deref());
        let step = |why: &str| Step::new(source, LayerKind::Gate, Some(span), why);
        let decides = "decides: the shortest of the gates on this page";
        match (gate.criteria.unmet(facts, Some(path)), *trail.value()) {
            (Some(key), _) => trail.lose(step(&unmatched(key))),
            (None, None) => trail.answer(step(decides)),
            (None, Some(so_far)) if span < so_far => trail.take(step(decides), "which is shorter"),
            (None, Some(so_far)) => trail.lose(step(&format!("changes nothing: it is not shorter than {so_far}"))),
        }
    }
    trail
}

/// Whether the policy calls a request to the page passive: the first entry that matches does.
pub(super) fn passive(policy: &Policy, facts: &Facts, path: &Path<'_>) -> Trail<bool> {
    let nobody = "decides: no entry calls requests to this page passive";
    let mut trail = Trail::new(Step::new("no passive entry", LayerKind::Default, false, nobody));
    for (index, passive) in policy.passive.iter().enumerate() {
        let source = entry("passive", index, passive.name.as_deref());
        let step = |why: &str| Step::new(source, LayerKind::Passive, true, why);
        match (passive.criteria.unmet(facts, Some(path)), *trail.value()) {
            (Some(key), _) => trail.lose(step(&unmatched(key))),
            (None, false) => trail.answer(step("decides: a request to this page is never activity")),
            (None, true) => {
                let already = trail.decisive().source.clone();
                trail.lose(step(&format!("changes nothing: {already} says so already")));
            }
        }
    }
    trail
}
