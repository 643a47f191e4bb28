//! Idle and absolute limits beside each other, and without end.

use super::reach::{ceiling, usual};
use super::{Lint, LintCode};
use crate::duration::Limit;
use crate::policy::quantity::{Level, Quantity};
use crate::policy::{Match, PolicyDocument};
use crate::time::Span;

/// Shorter, and a warning of twenty seconds has no room.
const SHORTEST_IDLE: Limit = Limit::after(Span::from_secs(40));
/// WCAG 2.2.1: a limit can be extended ten times, so the session lasts for eleven.
const IDLES: u64 = 11;
/// WCAG 2.2.1 makes an exception of limits above this.
const EXCEPTION: Limit = Limit::after(Span::from_secs(20 * 3600));

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = short_idles(document);
    found.extend(beside_each_other(document, None));
    for (name, application) in &document.applications {
        if application.idle.is_some() || application.absolute.is_some() {
            found.extend(beside_each_other(document, Some(name)));
        }
    }
    found.extend(
        [Quantity::Idle, Quantity::Absolute]
            .iter()
            .flat_map(|quantity| unlimited(document, *quantity)),
    );
    found
}

fn short_idles(document: &PolicyDocument) -> Vec<Lint> {
    let shorter = Quantity::Idle.entries(document);
    let shorter = shorter.iter().filter(|entry| entry.level < SHORTEST_IDLE.into());
    shorter
        .map(|entry| {
            Lint::new(
                LintCode::ShortIdle,
                entry.key(),
                format!("{} pass while somebody reads a paragraph", entry.shown()),
                format!("write at least {SHORTEST_IDLE}"),
            )
        })
        .collect()
}

/// How idle and absolute go together for the sessions of one application, or of none.
fn beside_each_other(document: &PolicyDocument, application: Option<&str>) -> Option<Lint> {
    let own = application.and_then(|name| document.applications.get(name));
    let key = match application {
        Some(name) if own.is_some_and(|own| own.absolute.is_some()) => format!("applications.{name}.absolute"),
        Some(name) => format!("applications.{name}.idle"),
        None => "absolute".to_owned(),
    };
    let idle = usual(document, Quantity::Idle, application);
    let absolute = usual(document, Quantity::Absolute, application);
    if idle == Level::UNLIMITED || absolute == Level::UNLIMITED {
        return None;
    }
    let (shown_idle, shown_absolute) = (Quantity::Idle.shown(idle), Quantity::Absolute.shown(absolute));
    if idle >= absolute {
        return Some(Lint::new(
            LintCode::NeverIdle,
            key,
            format!("the session is over after {shown_absolute}, before it can be idle for {shown_idle}"),
            format!("make idle shorter than {shown_absolute}, or absolute longer than {shown_idle}"),
        ));
    }
    (absolute < idle.times(IDLES) && absolute <= EXCEPTION.into()).then(|| {
        let enough = Quantity::Absolute.shown(idle.times(IDLES));
        Lint::new(
            LintCode::FewExtensions,
            key,
            format!(
                "a session of {shown_absolute} cannot be extended ten times by {shown_idle}, as WCAG 2.2.1 asks where \
                 the limit is not above 20h"
            ),
            format!("make absolute {enough} or longer, or idle shorter"),
        )
    })
}

/// Values without a limit that nothing bounds.
fn unlimited(document: &PolicyDocument, quantity: Quantity) -> Vec<Lint> {
    if ceiling(document, quantity, &Match::default()) < Level::UNLIMITED {
        return Vec::new();
    }
    let entries = quantity.entries(document);
    let endless = entries
        .iter()
        .filter(|entry| entry.raises() && entry.level == Level::UNLIMITED)
        .filter(|entry| ceiling(document, quantity, &entry.criteria()) == Level::UNLIMITED);
    let key = quantity.key();
    endless
        .map(|entry| {
            Lint::new(
                LintCode::OffWithoutCap,
                entry.key(),
                format!("`off` leaves sessions without a limit on {key}, and no cap bounds it"),
                format!("set `caps.{key}`, or write a duration"),
            )
        })
        .collect()
}
