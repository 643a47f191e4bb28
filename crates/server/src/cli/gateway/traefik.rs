//! `nightlatch gateway traefik`: a dynamic configuration, and the static one that Traefik starts with.

use std::path::PathBuf;
use std::process::ExitCode;

use askama::Template;

use super::installation::{Installation, Options};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway traefik --config latch.toml > /etc/traefik/nightlatch.yaml
  nightlatch gateway traefik --config latch.toml --static > /etc/traefik/traefik.yaml")]
pub(super) struct Args {
    #[command(flatten)]
    options: Options,
    /// Print the static configuration
    #[arg(long = "static")]
    is_static: bool,
    /// Where the dynamic configuration is
    #[arg(long, value_name = "FILE", default_value = "/etc/traefik/nightlatch.yaml")]
    dynamic_file: PathBuf,
}

/// Built on the middleware `forwardAuth`.
#[derive(Template)]
#[template(path = "gateway/traefik.yaml", escape = "none")]
struct Dynamic {
    on: Installation,
}

#[derive(Template)]
#[template(path = "gateway/traefik-static.yaml", escape = "none")]
struct Static {
    on: Installation,
    dynamic: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.is_static {
        let dynamic = args.dynamic_file.display().to_string();
        return super::print(&args.options, |on| Static { on, dynamic });
    }
    super::print(&args.options, |on| Dynamic { on })
}
