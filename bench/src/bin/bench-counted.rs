//! Counts allocations, which takes an allocator of its own, and tells them to `nightlatch-bench` as JSON.

use std::sync::Arc;

use allocation_counter::measure;
use anyhow::Context as _;
use clap::Parser;
use nightlatch_bench::null_store::NullStore;
use nightlatch_bench::population::{Operation, Population, Use, empty_engine, sign_all_in};
use nightlatch_store::memory::MemoryStore;

/// Counts allocations
#[derive(Debug, Parser)]
enum Counted {
    /// Allocations per operation, of each the first pass and the second
    Operations { sessions: usize },
    /// Bytes per session in the live table
    Bytes {
        sessions: usize,
        #[arg(long)]
        after: Use,
    },
}

fn main() -> anyhow::Result<()> {
    let counted = match Counted::parse() {
        Counted::Operations { sessions } => operations(sessions)?,
        Counted::Bytes { sessions, after } => bytes(sessions, after)?,
    };
    serde_json::to_writer(std::io::stdout(), &counted).context("nobody listens")
}

fn operations(sessions: usize) -> anyhow::Result<serde_json::Value> {
    let population = Population::new(Arc::new(MemoryStore::default()), sessions)?;
    let mut counted = Vec::new();
    for operation in Operation::ALL {
        for pass in 0..2 {
            let mut outcome = Ok(());
            let allocations = measure(|| outcome = operation.pass(&population, pass));
            outcome?;
            counted.push(ratio(allocations.count_total, sessions));
        }
    }
    Ok(serde_json::json!(counted))
}

fn bytes(sessions: usize, after: Use) -> anyhow::Result<serde_json::Value> {
    let engine = empty_engine(Arc::new(NullStore))?;
    let mut outcome = Ok(());
    let held = measure(|| outcome = sign_all_in(&engine, sessions, after));
    outcome?;
    let bytes = u64::try_from(held.bytes_current).context("signing people in freed memory")?;
    let blocks = u64::try_from(held.count_current).context("signing people in freed memory")?;
    Ok(serde_json::json!({ "bytes": ratio(bytes, sessions), "blocks": ratio(blocks, sessions) }))
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn ratio(counted: u64, sessions: usize) -> f64 {
    counted as f64 / sessions.max(1) as f64
}
