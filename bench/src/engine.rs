//! What one check costs in process, on one thread: token text in, verdict out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nightlatch_bench::population::Population;
use nightlatch_engine::store::memory::MemoryStore;

use crate::processes;
use crate::report::{self, Table, median, say};
use crate::stopwatch::timed;

const WARM: usize = 2;
const PASSES: usize = 5;
const GOAL_NANOS: f64 = 250.0;

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// Live sessions, visited in random order
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
}

/// Nanoseconds of one operation.
#[derive(Debug)]
struct Cost {
    /// When every session is met for the first time.
    first: f64,
    warm: f64,
    fastest: f64,
    slowest: f64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let directory = processes::built()?;
    report::heading(format_args!(
        "engine: one check, {} live sessions in random order",
        args.sessions
    ));
    let population = Population::new(Arc::new(MemoryStore::default()), args.sessions)?;
    let digest = cost(&population, |population, number| population.digest(number).map(drop))?;
    let status = cost(&population, Population::status)?;
    let request = cost(&population, Population::request)?;
    drop(population);
    let sessions = args.sessions.to_string();
    let allocations = processes::ask(&directory.join("bench-counted"), &["operations", &sessions])?;
    let allocated = |key: &str| allocations[key].as_f64().context("bench-counted left something out");

    let table = Table::new(&[
        "operation",
        "first pass ns",
        "warm ns, median of 5",
        "fastest - slowest",
        "allocations in the first pass",
        "allocations, warm",
    ]);
    let row = |name: &str, cost: &Cost, first: f64, warm: f64| {
        let range = format!("{:.0} - {:.0}", cost.fastest, cost.slowest);
        let [first, warm] = [first, warm].map(|allocations| format!("{allocations:.3}"));
        table.row([
            name.to_owned(),
            format!("{:.0}", cost.first),
            format!("{:.0}", cost.warm),
            range,
            first,
            warm,
        ]);
    };
    row("hash the token", &digest, 0.0, 0.0);
    row(
        "hash, status",
        &status,
        allocated("status_first")?,
        allocated("status")?,
    );
    row(
        "hash, request, touch",
        &request,
        allocated("request_first")?,
        allocated("request")?,
    );
    say("");
    report::goal("one request, warm", request.warm, GOAL_NANOS, " ns");
    report::goal("allocations per request, warm", allocated("request")?, 0.0, "");
    report::goal("allocations per first request", allocated("request_first")?, 0.0, "");
    Ok(())
}

fn cost(population: &Population, operation: impl Fn(&Population, usize) -> anyhow::Result<()>) -> anyhow::Result<Cost> {
    let pass = || {
        let visit_all = || (0..population.len()).try_for_each(|number| operation(population, number));
        let (took, outcome) = timed(visit_all);
        outcome.map(|()| nanos(took, population.len()))
    };
    let first = pass()?;
    for _ in 0..WARM {
        pass()?;
    }
    let passes = (0..PASSES).map(|_| pass()).collect::<anyhow::Result<Vec<f64>>>()?;
    let fastest = passes.iter().copied().fold(f64::INFINITY, f64::min);
    let slowest = passes.iter().copied().fold(0.0, f64::max);
    Ok(Cost {
        first,
        warm: median(passes),
        fastest,
        slowest,
    })
}

fn nanos(took: Duration, operations: usize) -> f64 {
    took.as_secs_f64() * 1e9 / report::float(operations)
}
