//! `nightlatch-bench`: what nightlatch costs, in ratios taken in one run on one machine.

#![expect(clippy::disallowed_methods, reason = "a stopwatch is what this program is")]
#![expect(
    clippy::unchecked_time_subtraction,
    reason = "later minus earlier readings of the same clock"
)]

mod change;
mod checks;
mod engine;
mod expiry;
mod filling;
mod http;
mod list;
mod memory;
mod processes;
mod report;
mod stopwatch;

use clap::{Parser, Subcommand};

use crate::processes::Programs;

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure nightlatch; nothing fails when a goal is missed
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Take the programs as they are beside this one, without building them
    #[arg(long, global = true)]
    as_built: bool,
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// CPU time per request of the server, against a handler that answers the same and keeps no sessions
    Http(http::Args),
    /// CPU time per question of a proxy, against a handler that sets the same headers; alone and behind nginx
    Gateway(http::Args),
    /// CPU time per request through the proxy, against nginx that only passes requests on; and memory
    Proxy(http::Args),
    /// Nanoseconds and allocations of one check in process
    Engine(engine::Args),
    /// Bytes per live session
    Memory(memory::Args),
    /// A wave of sessions that fall due in the same second
    Expiry(expiry::Args),
    /// Pages of filtered lists of a million sessions, and what goes through all of them
    List(list::Args),
    /// A change of policy over very many sessions: planned, made, and visible
    Change(change::Args),
    /// All eight with their defaults
    All,
    #[command(hide = true)]
    Baseline(http::baseline::Args),
    #[command(hide = true)]
    Resident(memory::Resident),
}

fn main() -> anyhow::Result<()> {
    let Cli { as_built, measurement } = Cli::parse();
    let programs = || {
        if as_built {
            Programs::as_built()
        } else {
            Programs::build()
        }
    };
    match measurement {
        Measurement::Http(args) => http::run(&args, &programs()?),
        Measurement::Gateway(args) => http::run_gateway(&args, &programs()?),
        Measurement::Proxy(args) => http::run_proxy(&args, &programs()?),
        Measurement::Engine(args) => engine::run(&args, &programs()?),
        Measurement::Memory(args) => memory::run(&args, &programs()?),
        Measurement::Expiry(args) => expiry::run(&args),
        Measurement::List(args) => list::run(&args),
        Measurement::Change(args) => change::run(&args),
        Measurement::All => all(&programs()?),
        Measurement::Baseline(args) => http::baseline::run(&args),
        Measurement::Resident(args) => memory::resident(&args),
    }
}

fn all(programs: &Programs) -> anyhow::Result<()> {
    http::run(&http::Args::parse_from(["http"]), programs)?;
    http::run_gateway(&http::Args::parse_from(["gateway"]), programs)?;
    http::run_proxy(&http::Args::parse_from(["proxy"]), programs)?;
    engine::run(&engine::Args::parse_from(["engine"]), programs)?;
    memory::run(&memory::Args::parse_from(["memory"]), programs)?;
    expiry::run(&expiry::Args::parse_from(["expiry"]))?;
    list::run(&list::Args::parse_from(["list"]))?;
    change::run(&change::Args::parse_from(["change"]))
}
