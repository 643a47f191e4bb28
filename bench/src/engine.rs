//! What one check costs in process, on one thread: token text in, verdict out.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nightlatch_bench::population::{Operation, Population};
use nightlatch_store::memory::MemoryStore;

use crate::processes::{self, Programs};
use crate::report::{self, Table, median, say};
use crate::stopwatch;

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

pub(crate) fn run(args: &Args, programs: &Programs) -> anyhow::Result<()> {
    report::heading(format_args!(
        "engine: one check, {} live sessions in random order",
        args.sessions
    ));
    let population = Population::new(Arc::new(MemoryStore::default()), args.sessions)?;
    let costs = Operation::ALL.map(|operation| cost(&population, operation));
    drop(population);
    let sessions = args.sessions.to_string();
    let allocations = processes::ask(&programs.counted(), &["operations", &sessions])?;
    let allocations: Vec<[f64; 2]> = pairs(&serde_json::from_value::<Vec<f64>>(allocations)?);

    let table = Table::new(&[
        "operation",
        "first pass ns",
        "warm ns, median of 5",
        "fastest - slowest",
        "allocations in the first pass",
        "allocations, warm",
    ]);
    let mut goals = None;
    for ((operation, cost), [first, warm]) in Operation::ALL.into_iter().zip(costs).zip(allocations) {
        let cost = cost?;
        table.row([
            operation.name().to_owned(),
            format!("{:.0}", cost.first),
            format!("{:.0}", cost.warm),
            format!("{:.0} - {:.0}", cost.fastest, cost.slowest),
            format!("{first:.3}"),
            format!("{warm:.3}"),
        ]);
        if operation == Operation::Request {
            goals = Some((cost.warm, warm));
        }
    }
    let (nanos, allocations) = goals.context("bench-counted left something out")?;
    say("");
    report::goal("one request, warm", nanos, GOAL_NANOS, " ns");
    report::goal("allocations per request, warm", allocations, 0.0, "");
    Ok(())
}

fn pairs(counts: &[f64]) -> Vec<[f64; 2]> {
    counts.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

fn cost(population: &Population, operation: Operation) -> anyhow::Result<Cost> {
    let pass = |number: usize| {
        let before = stopwatch::thread_time();
        operation.pass(population, number)?;
        anyhow::Ok(nanos(stopwatch::thread_time() - before, population.len()))
    };
    let passes = (0..1 + WARM + PASSES).map(pass).collect::<anyhow::Result<Vec<f64>>>()?;
    let warm = &passes[1 + WARM..];
    let fastest = warm.iter().copied().fold(f64::INFINITY, f64::min);
    let slowest = warm.iter().copied().fold(0.0, f64::max);
    Ok(Cost {
        first: passes[0],
        warm: median(warm.to_vec()),
        fastest,
        slowest,
    })
}

fn nanos(took: Duration, operations: usize) -> f64 {
    took.as_secs_f64() * 1e9 / report::float(operations.max(1))
}
