//! `nightlatch snippet`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::browser::Snippet;

/// Print the line that brings the warning into a page
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch snippet
  nightlatch snippet --config latch.toml
  nightlatch snippet --required
  nightlatch snippet --json | jq -r .integrity

Put the line into the head of every page. A module script never holds the page up and needs no inline script. Where a page needs
a session, take the line of --required: the browser draws the page once the SDK runs, which hides it where it came out of a cache
until the server has answered, and leaves it where nobody is signed in. With `integrity` the browser runs this very file and nothing that was put in its place. So the line changes with the version: GET
sdk.json of the running server answers the one of today. Where a page cannot change with the server,
<script type=\"module\" src=\"/nightlatch/sdk.js\"></script> is always the current SDK, without that check.

This Content-Security-Policy suffices:
  script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'")]
pub(crate) struct Args {
    /// The configuration file of the server, for its prefix
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the line for pages that need a session
    #[arg(long, conflicts_with = "json")]
    required: bool,
    /// Print JSON: the lines, the addresses and the hashes
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match super::read_config_or_defaults(args.config.as_deref()) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let snippet = Snippet::below(&config.prefix).context("this binary was built without the SDK")?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", serde_json::to_value(&snippet)?)?;
    } else {
        let tag = if args.required {
            snippet.required_tag
        } else {
            snippet.tag
        };
        writeln!(out, "{tag}")?;
    }
    Ok(ExitCode::SUCCESS)
}
