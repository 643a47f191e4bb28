//! Limits on limits that bound nothing.

use super::reach::{loosest, raised};
use super::{Lint, LintCode};
use crate::duration::Limit;
use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Match, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found: Vec<_> = [Quantity::Idle, Quantity::Absolute]
        .iter()
        .filter_map(|quantity| loose_cap(document, *quantity))
        .collect();
    let absolute = loosest(document, Quantity::Absolute, &Match::default());
    if Level::from(Limit::after(document.hold_max)) > absolute {
        found.push(Lint::new(
            LintCode::HoldPastAbsolute,
            "hold_max",
            format!(
                "holds may last for {}, longer than any session ({})",
                document.hold_max,
                Quantity::Absolute.shown(absolute)
            ),
            "write a shorter hold_max, so that it says what happens",
        ));
    }
    found
}

fn loose_cap(document: &PolicyDocument, quantity: Quantity) -> Option<Lint> {
    let cap = quantity.of_caps(document)?;
    let highest = raised(document, quantity, &Match::default());
    // A cap of `off` is none, whatever it stands above.
    (cap > highest || cap == Level::UNLIMITED).then(|| {
        Lint::new(
            LintCode::LooseCap,
            format!("caps.{}", quantity.key()),
            format!(
                "the cap of {} is looser than every value it could bound ({} at most)",
                quantity.shown(cap),
                quantity.shown(highest)
            ),
            "write a shorter cap, or leave it out",
        )
    })
}
