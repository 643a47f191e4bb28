//! The report for people.

use std::io::Write;

use nightlatch_core::replay::{Replay, Tally};

use super::chart::Chart;
use super::plot::{Style, write_chart};
use super::study::Study;
use super::words::{counted, precision, rough, verdict, wrapped};
use crate::cli::table::{Cell, Colour, visible, write_table};

/// So many groups are shown, those with the most sessions.
const GROUPS: usize = 12;

pub(super) fn write_report(
    out: &mut impl Write,
    study: &Study,
    chart: &Chart,
    colour: Colour,
    style: Style,
) -> std::io::Result<()> {
    writeln!(
        out,
        "{}; interrupted means back within {} of an idle end.",
        counted(study.input.sessions, "recorded session"),
        study.within
    )?;
    for line in precision(study) {
        writeln!(out, "{}", wrapped(&visible(&line)))?;
    }
    writeln!(out, "\nEnds and returns")?;
    let head = ["POLICY", "ENDED EARLIER", "INTERRUPTED", "TIMES", "CUT OFF", "RETURNS"];
    let rows: Vec<_> = study.rows().map(|(name, replay)| ends(name, &replay.all)).collect();
    write_table(out, head, &rows, colour)?;
    writeln!(out, "\nTime left unattended")?;
    let head = ["POLICY", "TOTAL", "ABSENCES", "MEDIAN", "90 %", "LONGEST", "NO END"];
    let rows: Vec<_> = study.rows().map(|(name, replay)| times(name, &replay.all)).collect();
    write_table(out, head, &rows, colour)?;
    write_groups(
        out,
        "APPLICATION",
        study,
        |replay| replay.applications.iter().collect(),
        colour,
    )?;
    write_groups(out, "ROLE", study, |replay| replay.roles.iter().collect(), colour)?;
    writeln!(out)?;
    write_chart(out, chart, style)?;
    writeln!(out, "\n{}", wrapped(&visible(&verdict(study))))
}

fn ends(name: &str, tally: &Tally) -> [Cell; 6] {
    [
        Cell::new(name),
        number(tally.ended_earlier),
        number(tally.interrupted),
        number(tally.interruptions),
        number(tally.cut_off),
        number(tally.returns),
    ]
}

fn times(name: &str, tally: &Tally) -> [Cell; 7] {
    let unattended = &tally.unattended;
    [
        Cell::new(name),
        Cell::new(rough(unattended.total)),
        number(unattended.absences),
        Cell::new(rough(unattended.median)),
        Cell::new(rough(unattended.ninetieth)),
        Cell::new(rough(unattended.longest)),
        number(tally.endless),
    ]
}

fn number(number: u64) -> Cell {
    Cell::new(number.to_string())
}

/// Each group under each policy, the largest groups first.
fn write_groups<'a>(
    out: &mut impl Write,
    what: &str,
    study: &'a Study,
    groups: impl Fn(&'a Replay) -> Vec<(&'a Box<str>, &'a Tally)>,
    colour: Colour,
) -> std::io::Result<()> {
    let Some((_, any)) = study.rows().next() else {
        return Ok(());
    };
    let mut by_size = groups(any);
    by_size.sort_by_key(|(name, tally)| (std::cmp::Reverse(tally.sessions), *name));
    if by_size.is_empty() {
        return Ok(());
    }
    let rest = by_size.len().saturating_sub(GROUPS);
    let mut rows = Vec::new();
    for (group, _) in by_size.into_iter().take(GROUPS) {
        for (policy, replay) in study.rows() {
            if let Some((_, tally)) = groups(replay).into_iter().find(|(name, _)| *name == group) {
                rows.push([
                    Cell::new(group),
                    Cell::new(policy),
                    number(tally.sessions),
                    number(tally.interrupted),
                    Cell::new(rough(tally.unattended.total)),
                    Cell::new(rough(tally.unattended.ninetieth)),
                ]);
            }
        }
    }
    writeln!(out)?;
    let head = [what, "POLICY", "SESSIONS", "INTERRUPTED", "UNATTENDED", "90 %"];
    write_table(out, head, &rows, colour)?;
    if rest > 0 {
        writeln!(out, "and {rest} more; --json has them all")?;
    }
    Ok(())
}
