//! `nightlatch gateway haproxy`: a configuration, and the script that it loads.

use std::path::PathBuf;
use std::process::ExitCode;

use askama::Template;

use super::installation::{Installation, Options};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway haproxy --config latch.toml > /etc/haproxy/haproxy.cfg
  nightlatch gateway haproxy --config latch.toml --lua > /etc/haproxy/nightlatch.lua")]
pub(super) struct Args {
    #[command(flatten)]
    options: Options,
    /// Print the script
    #[arg(long)]
    lua: bool,
    /// Where the script is
    #[arg(long, value_name = "FILE", default_value = "/etc/haproxy/nightlatch.lua")]
    lua_file: PathBuf,
}

/// Built on the HTTP client of the Lua that is compiled into every packaged `HAProxy`.
#[derive(Template)]
#[template(path = "gateway/haproxy.cfg", escape = "none")]
struct Haproxy {
    on: Installation,
    script: String,
}

#[derive(Template)]
#[template(path = "gateway/haproxy.lua", escape = "none")]
struct Script {
    on: Installation,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.lua {
        return super::print(&args.options, |on| Script { on });
    }
    let script = args.lua_file.display().to_string();
    super::print(&args.options, |on| Haproxy { on, script })
}
