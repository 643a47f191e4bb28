//! `nightlatch gateway`: what stands between browsers and an application that nightlatch guards.

mod apache;
mod caddy;
mod echo;
mod envoy;
mod haproxy;
mod installation;
mod nginx;
mod spellings;
mod test;
mod traefik;

use std::io::Write as _;
use std::process::ExitCode;

use askama::Template;

use self::installation::Options;

/// Print the configuration of a proxy, and try the one that runs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway nginx --config latch.toml --upstream http://127.0.0.1:3000
  nightlatch gateway caddy --config latch.toml > /etc/caddy/Caddyfile
  nightlatch gateway envoy --config latch.toml > /etc/envoy/envoy.yaml
  nightlatch gateway haproxy --config latch.toml --lua
  nightlatch gateway test http://127.0.0.1:8080
  nightlatch gateway echo --listen 127.0.0.1:3000

docs/gateways.md says what each proxy can do, and how it was tested.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a configuration for nginx
    Nginx(Options),
    /// Print a Caddyfile
    Caddy(Options),
    /// Print a configuration for Traefik, dynamic or static
    Traefik(traefik::Args),
    /// Print a configuration for Envoy
    Envoy(Options),
    /// Print a configuration for `HAProxy`, or the script that it loads
    Haproxy(haproxy::Args),
    /// Print a configuration for Apache
    Apache(apache::Args),
    /// Try a running gateway: what passes, what does not, and what the application is told
    Test(Box<test::Args>),
    /// Run an application that answers with what it received, to be put behind a gateway for its test
    Echo(echo::Args),
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Nginx(options) => print(&options, nginx::configuration),
        Command::Caddy(options) => print(&options, caddy::configuration),
        Command::Traefik(options) => traefik::run(&options),
        Command::Envoy(options) => print(&options, envoy::configuration),
        Command::Haproxy(args) => haproxy::run(&args),
        Command::Apache(options) => apache::run(&options),
        Command::Test(args) => test::run(&args).await,
        Command::Echo(args) => echo::run(&args).await,
    }
}

/// Prints what a template makes of the installation.
fn print<T: Template>(
    options: &Options,
    configuration: impl FnOnce(installation::Installation) -> T,
) -> anyhow::Result<ExitCode> {
    let installation = match options.installation()? {
        Ok(installation) => installation,
        Err(code) => return Ok(code),
    };
    let text = configuration(installation).render()?;
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
