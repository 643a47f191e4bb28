//! The two tables for people: what is asked, and whether there is enough; then what to do.

use std::io::{Result, Write};

use super::Outcome;
use super::amount::{bytes, short};
use crate::capacity::{Need, Resource, Stops, costs};
use crate::cli::table::{Cell, Colour, Tone, write_table};

pub(super) fn write(out: &mut impl Write, outcome: &Outcome, colour: Colour) -> Result<()> {
    let head = ["DEMAND", "HOW MUCH", "EACH, AS MEASURED"];
    write_table(out, head, &demand(outcome), colour)?;
    writeln!(out)?;
    let rows: Vec<_> = outcome.needs.iter().map(need).collect();
    let head = ["RESOURCE", "NEEDED", "TO BE HAD", "FITS", "STOPS AT (IN USE)"];
    write_table(out, head, &rows, colour)?;
    writeln!(out)?;
    for need in outcome.needs.iter().filter(|need| !need.fits()) {
        writeln!(out, "{}: {}.", name(need.resource), remedy(need.resource))?;
    }
    match outcome.clusters {
        Some(1) if outcome.fits() => writeln!(out, "One PostgreSQL and {} nodes take it.", outcome.work.nodes),
        Some(1) => writeln!(out, "One PostgreSQL takes it when that is mended."),
        Some(clusters) => writeln!(
            out,
            "Or split it: {clusters} clusters of {} nodes, each with a database of its own. Give each of them some of the hosts and their \
             applications; a session never leaves its cluster.",
            outcome.work.nodes
        ),
        None => writeln!(out, "No split into clusters of {} nodes helps.", outcome.work.nodes),
    }
}

fn demand(outcome: &Outcome) -> Vec<[Cell; 3]> {
    let (work, demand) = (&outcome.work, &outcome.demand);
    let mut rows = Vec::new();
    let mut row = |what: &str, much: String, each: String| rows.push([what, &much, &each].map(Cell::new));
    for write in &demand.writes {
        let each = format!(
            "{:.0} us of processor, {} of WAL",
            write.each.processor * 1e6,
            bytes(write.each.wal)
        );
        row(write.what, format!("{}/s", short(write.per_second)), each);
    }
    row(
        "write-ahead log, records",
        format!("{}/s", bytes(demand.wal_records)),
        "the above".to_owned(),
    );
    row(
        "write-ahead log, whole pages",
        format!("{}/s", bytes(demand.wal_pages)),
        format!(
            "{} for each page that changes between two checkpoints",
            bytes(costs::WHOLE_PAGE)
        ),
    );
    row(
        "log of changes, ten minutes",
        format!("{} rows, {}", short(demand.change_rows), bytes(demand.change_bytes)),
        bytes(costs::CHANGE_BYTES),
    );
    row(
        "audit, a day",
        format!(
            "{} records, {}",
            short(demand.audit_records_of_a_day),
            bytes(demand.audit_bytes_of_a_day)
        ),
        bytes(costs::AUDIT_RECORD_BYTES),
    );
    row(
        &format!("audit, {} days", work.audit_days),
        bytes(demand.audit_bytes),
        bytes(costs::AUDIT_RECORD_BYTES),
    );
    row(
        "sessions, those of a week that ended too",
        format!("{} rows, {}", short(demand.session_rows), bytes(demand.session_bytes)),
        format!("{} with indexes", bytes(costs::session_bytes())),
    );
    row(
        "of that in use",
        bytes(demand.hot_bytes),
        "pages of rows and of the index of tokens".to_owned(),
    );
    row(
        "memory of a node",
        format!(
            "{} sessions, {}",
            short(demand.sessions_of_a_node),
            bytes(demand.bytes_of_a_node)
        ),
        format!("{}, a tab {}", bytes(costs::LIVE_SESSION), bytes(costs::OPEN_TAB)),
    );
    row(
        "connections",
        short(demand.connections),
        format!("{} of a node, and two", work.connections),
    );
    row(
        "reads after a failover",
        short(demand.reads_after_failover),
        format!("{:.0} us of processor", costs::READ * 1e6),
    );
    rows
}

fn need(need: &Need) -> [Cell; 5] {
    let told = |number| match need.resource {
        Resource::WriteAheadLog => format!("{}/s", bytes(number)),
        Resource::DatabaseMemory | Resource::NodeMemory => bytes(number),
        Resource::Commits | Resource::TouchesOfANode => format!("{}/s", short(number)),
        Resource::DatabaseProcessors | Resource::NodeProcessors | Resource::Connections | Resource::ChangesInABeat => {
            short(number)
        }
    };
    let fits = if need.fits() {
        Cell::new("yes")
    } else {
        Cell::new("no").toned(Tone::Alarm)
    };
    let stops = match need.stops {
        Stops::At(active) => short(active),
        Stops::Never => "all of them".to_owned(),
        Stops::Before => "does not depend on them".to_owned(),
    };
    [
        Cell::new(name(need.resource)),
        Cell::new(told(need.needed)),
        Cell::new(told(need.limit)),
        fits,
        Cell::new(stops),
    ]
}

fn name(resource: Resource) -> &'static str {
    match resource {
        Resource::DatabaseProcessors => "processors of PostgreSQL",
        Resource::WriteAheadLog => "write-ahead log",
        Resource::Commits => "durable commits",
        Resource::DatabaseMemory => "memory of PostgreSQL",
        Resource::Connections => "connections",
        Resource::TouchesOfANode => "touches of a node",
        Resource::ChangesInABeat => "changes between two beats",
        Resource::NodeMemory => "memory of a node",
        Resource::NodeProcessors => "processors of a node",
    }
}

/// What to do short of a split.
fn remedy(resource: Resource) -> &'static str {
    match resource {
        Resource::DatabaseProcessors => {
            "keep sessions on one node (--sticky true), a longer store.touch_interval, or more processors (--database-cpus)"
        }
        Resource::WriteAheadLog => {
            "a longer checkpoint_timeout (--checkpoint), which writes fewer whole pages; wal_compression; or a faster disk, measured \
             (--wal-per-second)"
        }
        Resource::Commits => "a faster disk, measured (--commits-per-second); fewer nodes beat less often",
        Resource::DatabaseMemory => {
            "more memory (--database-memory); what is in use is otherwise read from the disk again and again"
        }
        Resource::Connections => {
            "a larger max_connections (--max-connections), fewer store.connections (--connections), or PgBouncer"
        }
        Resource::TouchesOfANode => {
            "more nodes (--nodes), which tell of activity side by side; or a longer store.touch_interval"
        }
        Resource::ChangesInABeat => "a smaller store.end_bound (--end-bound)",
        Resource::NodeMemory => "more nodes and sticky routing, or more memory (--node-memory)",
        Resource::NodeProcessors => "more nodes (--nodes), or more processors (--node-cpus)",
    }
}
