//! `nightlatch serve`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use axum::Router;

use crate::serve::Running;
use crate::{logging, serve};

/// What the option stands for.
const DEVELOPMENT: (&str, &str) = ("NIGHTLATCH__SERVER__DEVELOPMENT", "true");

/// Run the server
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch serve --config latch.toml
  NIGHTLATCH__SERVER__PUBLIC_URL=http://localhost:8700 nightlatch serve --config latch.toml --development
  NIGHTLATCH__POLICY__IDLE=10m nightlatch serve --config latch.toml

Every key of the file can be set by a variable; nightlatch check --keys says how. Paths in the file are relative to the file,
those in variables to the working directory.")]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// End no session at a limit, on the machine of a developer; the same as server.development = true
    #[arg(long)]
    development: bool,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = match super::read_config_with(&args.config, args.development.then_some(DEVELOPMENT)) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    logging::start(&config.log);
    let prefix = config.prefix.clone();
    let running = serve::start(config, |_| Router::new()).await?;
    if let Err(error) = welcome(&running, &prefix) {
        // Nobody reads; the server is there all the same.
        tracing::warn!(%error, "the addresses cannot be printed; `nightlatch keys create` makes an API key");
    }
    running.until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

fn welcome(running: &Running, prefix: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if let Some(proxy) = &running.proxy {
        writeln!(out, "applications  {proxy}")?;
    }
    writeln!(out, "browser side  http://{}{prefix}/", running.browser)?;
    writeln!(out, "management    http://{}/api/v1/", running.management)?;
    if let Some(address) = running.fastcgi {
        writeln!(out, "FastCGI       {address}")?;
    }
    if let Some(key) = &running.api_key {
        writeln!(out, "API key       {key}")?;
        writeln!(
            out,
            "              Keep it: it is shown only now. `nightlatch keys create` makes others."
        )?;
    }
    out.flush()
}
