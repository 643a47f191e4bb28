//! `nightlatch`: signs people out when they walk away.

mod applications;
mod assets;
mod browser;
mod capacity;
mod cli;
mod config;
mod demo;
mod gateway;
mod http;
mod limits_log;
mod logging;
mod management;
mod metrics;
mod policy_file;
mod proxy;
mod serve;
mod server_state;

// Shared with the tests of the engine.
#[cfg(test)]
#[path = "../../engine/tests/completion/agreement.rs"]
mod agreement;
#[cfg(test)]
#[path = "../../engine/tests/completion/polled.rs"]
mod polled;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Cli::parse())
}
