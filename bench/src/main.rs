//! `nightlatch-bench`: what nightlatch costs, in ratios taken in one run on one machine.

mod engine;
mod expiry;
mod http;
mod memory;
mod processes;
mod report;
mod stopwatch;

use clap::Parser;

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure nightlatch; nothing fails when a goal is missed
#[derive(Debug, Parser)]
#[command(version)]
enum Measurement {
    /// CPU time per request of the server, against a handler that answers the same and keeps no sessions
    Http(http::Args),
    /// Nanoseconds and allocations of one check in process
    Engine(engine::Args),
    /// Bytes per live session
    Memory(memory::Args),
    /// A wave of sessions that fall due in the same second
    Expiry(expiry::Args),
    /// All four with their defaults
    All,
    #[command(hide = true)]
    Baseline(http::baseline::Args),
    #[command(hide = true)]
    Resident(memory::Resident),
}

fn main() -> anyhow::Result<()> {
    match Measurement::parse() {
        Measurement::Http(args) => http::run(&args),
        Measurement::Engine(args) => engine::run(&args),
        Measurement::Memory(args) => memory::run(&args),
        Measurement::Expiry(args) => expiry::run(&args),
        Measurement::All => {
            http::run(&http::Args::parse_from(["http"]))?;
            engine::run(&engine::Args::parse_from(["engine"]))?;
            memory::run(&memory::Args::parse_from(["memory"]))?;
            expiry::run(&expiry::Args::parse_from(["expiry"]))
        }
        Measurement::Baseline(args) => http::baseline::run(&args),
        Measurement::Resident(args) => memory::resident(&args),
    }
}
