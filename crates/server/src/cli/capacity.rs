//! `nightlatch capacity`.

mod amount;
mod json;
mod text;

use std::io::Write as _;
use std::process::ExitCode;

use nightlatch_core::duration::DurationError;
use nightlatch_core::time::Span;

use self::amount::{amount, positive};
use super::table::Colour;
use crate::capacity::{Demand, Machines, Need, Workload, clusters, needs};

/// Work out what so many people ask of nodes and of PostgreSQL, where that stops, and what to do then
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch capacity --sessions 1M --active 100k
  nightlatch capacity --sessions 1M --active 100k --sticky false --nodes 3 --json
  nightlatch capacity --sessions 10M --active 300k --nodes 4 --checkpoint 30m --database-cpus 32
  nightlatch capacity --sessions 100M --active 1M --nodes 8 --max-connections 400 || true

Numbers may end in k, M or G. Costs were measured (docs/capacity.md says how); what the machines have is what you say, or a default.
Of processors, of the write-ahead log and of commits half is planned for. Exits with 1 when it does not fit.")]
pub(super) struct Args {
    /// Sessions that live, in use or not
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    sessions: f64,
    /// Those of them that are in use at the busiest time
    #[arg(long, value_name = "NUMBER", value_parser = amount)]
    active: f64,
    /// How many nodes there are
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = positive)]
    nodes: f64,
    /// Whether the balancer keeps a session on one node; else each meets all of them
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, conflicts_with = "nodes_per_session")]
    sticky: bool,
    /// How many nodes a session meets within a touch interval, in place of --sticky
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    nodes_per_session: Option<f64>,
    /// `store.touch_interval`
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = span)]
    touch_interval: Span,
    /// Left out: each session lives for a day
    #[arg(long, value_name = "NUMBER", value_parser = amount)]
    sign_ins_per_second: Option<f64>,
    /// Requests that ask for a verdict
    #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = amount)]
    requests_per_second: f64,
    /// Open tabs of a session in use
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = amount)]
    tabs: f64,
    /// Tabs that open, go to another page or close. Left out: each opens and closes once in the life of its session
    #[arg(long, value_name = "NUMBER", value_parser = amount)]
    tab_changes_per_second: Option<f64>,
    /// `store.end_bound`
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = span)]
    end_bound: Span,
    /// How long the audit is kept
    #[arg(long, value_name = "NUMBER", default_value = "365", value_parser = amount)]
    audit_days: f64,
    /// How long an ended session is kept: a week; less only in a store that began a few days ago
    #[arg(long, value_name = "NUMBER", default_value = "7", value_parser = amount)]
    ended_days: f64,
    /// Whether nodes hear at once that something has changed; behind `PgBouncer` they do not
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    hints: bool,
    #[command(flatten)]
    machines: MachineArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    colour: Colour,
}

/// What there is. Defaults are a choice; those of the disk were measured.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What there is")]
struct MachineArgs {
    /// Processors of the database server
    #[arg(long, value_name = "NUMBER", default_value = "16", value_parser = positive)]
    database_cpus: f64,
    /// Memory of the database server for what is in use
    #[arg(long, value_name = "BYTES", default_value = "32G", value_parser = positive)]
    database_memory: f64,
    /// Bytes a second that the database server writes ahead. Left out: as measured
    #[arg(long, value_name = "BYTES", value_parser = positive)]
    wal_per_second: Option<f64>,
    /// Durable commits a second of the database server. Left out: as measured
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    commits_per_second: Option<f64>,
    /// `max_connections` of the database server
    #[arg(long, value_name = "NUMBER", default_value = "100", value_parser = positive)]
    max_connections: f64,
    /// `checkpoint_timeout` of the database server
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = span)]
    checkpoint: Span,
    /// `store.connections` of a node
    #[arg(long, value_name = "NUMBER", default_value = "16", value_parser = positive)]
    connections: f64,
    /// Processors of a node
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = positive)]
    node_cpus: f64,
    /// Memory of a node for sessions
    #[arg(long, value_name = "BYTES", default_value = "4G", value_parser = positive)]
    node_memory: f64,
}

/// What was asked for, and what that comes to.
struct Outcome {
    work: Workload,
    machines: Machines,
    demand: Demand,
    needs: Vec<Need>,
    clusters: Option<u32>,
}

impl Outcome {
    fn fits(&self) -> bool {
        self.needs.iter().all(Need::fits)
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        args.active <= args.sessions,
        "--active is more than --sessions; sessions in use are among those that live"
    );
    anyhow::ensure!(
        args.nodes_per_session.is_none_or(|met| met <= args.nodes),
        "--nodes-per-session is more than --nodes"
    );
    let (work, machines) = (args.workload(), args.machines());
    let outcome = Outcome {
        demand: Demand::of(&work),
        needs: needs(&work, &machines),
        clusters: clusters(&work, &machines),
        work,
        machines,
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", json::document(&outcome))?;
    } else {
        text::write(&mut out, &outcome, args.colour)?;
    }
    Ok(if outcome.fits() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Args {
    fn workload(&self) -> Workload {
        const DAY: f64 = 86_400.0;
        let sign_ins = self.sign_ins_per_second.unwrap_or(self.sessions / DAY);
        let all = if self.sticky { 1.0 } else { self.nodes };
        Workload {
            sessions: self.sessions,
            active: self.active,
            nodes: self.nodes,
            nodes_per_session: self.nodes_per_session.unwrap_or(all),
            touch_interval: seconds(self.touch_interval),
            sign_ins,
            requests: self.requests_per_second,
            tabs: self.tabs,
            tab_changes: self.tab_changes_per_second.unwrap_or(2.0 * self.tabs * sign_ins),
            audit_days: self.audit_days,
            ended_kept: self.ended_days * DAY,
            hints: self.hints,
            connections: self.machines.connections,
            checkpoint: seconds(self.machines.checkpoint),
        }
    }

    fn machines(&self) -> Machines {
        let there = &self.machines;
        Machines {
            database_processors: there.database_cpus,
            database_memory: there.database_memory,
            wal: there.wal_per_second.unwrap_or(Machines::MEASURED_WAL),
            commits: there.commits_per_second.unwrap_or(Machines::MEASURED_COMMITS),
            max_connections: there.max_connections,
            node_processors: there.node_cpus,
            node_memory: there.node_memory,
            end_bound: seconds(self.end_bound),
        }
    }
}

/// Nothing happens every zero seconds.
fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error: DurationError| error.to_string())?;
    if span == Span::ZERO {
        return Err("longer than nothing".to_owned());
    }
    Ok(span)
}

fn seconds(span: Span) -> f64 {
    span.to_std().as_secs_f64()
}
