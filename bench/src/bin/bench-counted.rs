//! Counts allocations, which takes an allocator of its own, and tells them to `nightlatch-bench` as JSON.

use std::sync::Arc;

use allocation_counter::measure;
use anyhow::Context as _;
use clap::Parser;
use nightlatch_bench::null_store::NullStore;
use nightlatch_bench::population::{Population, empty_engine, sign_in};
use nightlatch_engine::store::memory::MemoryStore;

/// Counts allocations
#[derive(Debug, Parser)]
enum Counted {
    /// Allocations per operation
    Operations { sessions: usize },
    /// Bytes per session in the live table
    Bytes { sessions: usize },
}

fn main() -> anyhow::Result<()> {
    let counted = match Counted::parse() {
        Counted::Operations { sessions } => operations(sessions)?,
        Counted::Bytes { sessions } => bytes(sessions)?,
    };
    serde_json::to_writer(std::io::stdout(), &counted).context("nobody listens")
}

fn operations(sessions: usize) -> anyhow::Result<serde_json::Value> {
    let population = Population::new(Arc::new(MemoryStore::default()), sessions)?;
    let per_operation = |operation: fn(&Population, usize) -> anyhow::Result<()>| {
        let mut outcome = Ok(());
        let allocations = measure(|| outcome = (0..sessions).try_for_each(|number| operation(&population, number)));
        outcome.map(|()| ratio(allocations.count_total, sessions))
    };
    Ok(serde_json::json!({
        "status_first": per_operation(Population::status)?,
        "status": per_operation(Population::status)?,
        "request_first": per_operation(Population::request)?,
        "request": per_operation(Population::request)?,
    }))
}

fn bytes(sessions: usize) -> anyhow::Result<serde_json::Value> {
    let engine = empty_engine(Arc::new(NullStore))?;
    let mut outcome = Ok(());
    let held = measure(|| outcome = (0..sessions).try_for_each(|number| sign_in(&engine, number).map(drop)));
    outcome?;
    let bytes = u64::try_from(held.bytes_current).context("signing people in freed memory")?;
    let blocks = u64::try_from(held.count_current).context("signing people in freed memory")?;
    Ok(serde_json::json!({ "bytes": ratio(bytes, sessions), "blocks": ratio(blocks, sessions) }))
}

#[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
fn ratio(counted: u64, sessions: usize) -> f64 {
    counted as f64 / sessions.max(1) as f64
}
