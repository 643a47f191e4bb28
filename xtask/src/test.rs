//! All tests, in the order in which a failure is cheapest to understand.

mod api;

use std::fmt;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::step::{Step, WHOLE, closing, heading, timed};
use crate::{install, sdk, tidy};

/// A part of the tests that can be run alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Unit, integration and documentation tests of every crate
    Rust,
    /// The engine's atomics under every interleaving
    Loom,
    /// Types, unit tests, size budget, bundles, package and documents of the browser SDK
    Sdk,
    /// The management API of the binary under an `OpenAPI` fuzzer
    Api,
    /// The configurations that the binary prints, in real proxies
    Gateways,
    /// The binary in three real browsers
    Browser,
    /// The house rules
    Tidy,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "rust",
            Self::Loom => "loom",
            Self::Sdk => "sdk",
            Self::Api => "api",
            Self::Gateways => "gateways",
            Self::Browser => "browser",
            Self::Tidy => "tidy",
        })
    }
}

/// Runs one part, or all of them. What is missing is installed before the first test runs.
pub(crate) fn run(part: Option<Part>) -> Result<()> {
    let parts = part.map_or_else(|| Part::value_variants().to_vec(), |part| vec![part]);
    let (result, took) = timed(|| {
        parts.iter().try_for_each(|part| prepare(*part))?;
        parts.iter().try_for_each(|part| {
            run_part(*part).with_context(|| format!("stopped; this part alone: cargo xtask test {part}"))
        })
    });
    result?;
    heading(&part.map_or_else(|| "all tests passed".to_owned(), |part| format!("{part} passed")));
    closing("in all", took);
    Ok(())
}

fn prepare(part: Part) -> Result<()> {
    match part {
        Part::Loom | Part::Tidy => Ok(()),
        Part::Sdk => install::node_modules(),
        Part::Api => install::schemathesis().map(drop),
        Part::Rust => {
            install::gateways()?;
            install::databases()
        }
        Part::Gateways => install::gateways().map(drop),
        Part::Browser => {
            install::browsers()?;
            install::gateways()?;
            install::databases()?;
            install::applications()?;
            install::node_modules()
        }
    }
}

fn run_part(part: Part) -> Result<()> {
    match part {
        Part::Rust => rust(),
        Part::Loom => loom(),
        Part::Sdk => browser_sdk(),
        Part::Api => api::run(),
        Part::Gateways => gateways(),
        Part::Browser => browser(),
        Part::Tidy => tidy::run(),
    }
}

fn rust() -> Result<()> {
    let runner = if install::has("cargo-nextest") {
        format!("cargo nextest run {WHOLE} --no-fail-fast")
    } else {
        format!("cargo test {WHOLE} --lib --bins --tests --no-fail-fast")
    };
    Step::new("Rust tests", &runner).run()?;
    Step::new("documentation tests", &format!("cargo test {WHOLE} --doc")).run()
}

fn loom() -> Result<()> {
    // A directory of its own: the other flags would rebuild everything at every turn.
    let line = "cargo test --package nightlatch-engine --release --test loom --target-dir target/loom";
    Step::new("loom tests of the engine", line)
        .env("RUSTFLAGS", "--cfg loom")
        .run()
}

fn browser_sdk() -> Result<()> {
    Step::new("SDK types", "npm --prefix sdk run check").run()?;
    Step::new("SDK unit tests", "npm --prefix sdk run test").run()?;
    sdk::is_fresh()?;
    Step::new("SDK size", "npm --prefix sdk run size").run()?;
    Step::new("npm package", "npm --prefix sdk run check:package").run()?;
    Step::new("code and reference in the documents", "npm --prefix sdk run check:docs").run()
}

fn gateways() -> Result<()> {
    let path = path_with_gateways()?;
    Step::new("gateways", &format!("cargo test {WHOLE} --test gateways -- --ignored"))
        .env("PATH", path)
        .run()
}

fn path_with_gateways() -> Result<String> {
    let programs = install::gateways()?;
    // Debian puts nginx and HAProxy where only root looks.
    Ok(format!(
        "{}:{}:/usr/local/sbin:/usr/sbin:/sbin",
        programs.display(),
        search_path()
    ))
}

#[expect(clippy::disallowed_methods, reason = "what is installed for a test is added to it")]
fn search_path() -> String {
    std::env::var("PATH").unwrap_or_default()
}

fn browser() -> Result<()> {
    sdk::bundles()?;
    Step::new(
        "the table of scenarios and browsers",
        "npm --prefix sdk run e2e -- --project table",
    )
    .run()?;
    let binary = sdk::server_for_browsers()?;
    let applications = install::applications()?.display().to_string();
    Step::new("browser tests", "npm --prefix sdk run e2e")
        .env("NIGHTLATCH_BIN", binary)
        .env("NIGHTLATCH_APPLICATIONS", applications)
        .env("PATH", path_with_gateways()?)
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_name_of_a_part_is_the_one_the_command_line_takes() {
        for part in Part::value_variants() {
            assert_eq!(Part::from_str(&part.to_string(), false), Ok(*part));
        }
    }
}
