//! `nightlatch gateway apache`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use askama::Template;

use super::installation::{Installation, Options};
use super::spellings::{FORWARDING, IDENTITY};

/// Proposed to a configuration that has none.
const USUAL_FASTCGI: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8703);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway apache --config latch.toml > /etc/apache2/sites-available/nightlatch.conf")]
pub(super) struct Args {
    #[command(flatten)]
    options: Options,
    /// Where Apache reaches the `FastCGI` authorizer of nightlatch. Left out: `gateway.fastcgi.listen` of the configuration
    #[arg(long, value_name = "ADDRESS")]
    fastcgi: Option<SocketAddr>,
    /// Where the modules of Apache are
    #[arg(long, value_name = "DIRECTORY", default_value = "/usr/lib/apache2/modules")]
    modules: PathBuf,
}

/// Built on `mod_authnz_fcgi`: Apache has no module that asks over HTTP.
#[derive(Template)]
#[template(path = "gateway/apache.conf", escape = "none")]
struct Apache {
    fastcgi: SocketAddr,
    on: Installation,
    modules: String,
    /// Apache removes headers by their exact names, whatever their case.
    removed: Vec<&'static str>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::print(&args.options, |on| Apache {
        fastcgi: args.fastcgi.or(on.fastcgi).unwrap_or(USUAL_FASTCGI),
        on,
        modules: args.modules.display().to_string(),
        removed: IDENTITY.iter().chain(&FORWARDING).copied().collect(),
    })
}
