//! `nightlatch gateway test`: one list of cases, tried on a gateway that runs.

mod case;
mod cases;
mod corpus;
mod exchange;
mod installation;
mod kit;
mod outcome;
mod readings;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use super::super::client::Connection;
use super::super::table::Colour;

/// Try a running gateway: what passes, what does not, and what the application is told
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch gateway test http://127.0.0.1:8080
  nightlatch gateway test http://127.0.0.1:8080 --gate /admin --application wiki
  nightlatch gateway test http://127.0.0.1:8080 --json

It makes sessions of the subject `nightlatch-gateway-test` over the management API and ends them when it is done; it needs a
key with sessions:read, sessions:create and sessions:end. Behind the gateway it asks for pages of the application, among them
more than three hundred that do not exist; put `nightlatch gateway echo` there instead, and it also sees what the application
is told. Cases that need something that is not there are skipped, and the table says what.

Exits with 0 when no case fails and with 1 when one does.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// What browsers see of the gateway, `http://` and a host
    #[arg(value_name = "URL", value_parser = installation::parse)]
    gateway: installation::Gateway,
    /// The application that the sessions are for, where a site names one
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// A page of the application
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = installation::page)]
    page: String,
    /// A path whose pages, and those below, have a gate with `max_age` in the policy
    #[arg(long, value_name = "PATH", value_parser = installation::page)]
    gate: Option<String>,
    /// A role whose sessions end by themselves when idle for less than --wait
    #[arg(long, value_name = "NAME")]
    idle_role: Option<String>,
    /// A role whose sessions are locked when idle for less than --wait
    #[arg(long, value_name = "NAME")]
    lock_role: Option<String>,
    /// How long to wait for a session to be idle, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = installation::seconds)]
    wait: Duration,
    /// Where the endpoints of nightlatch are: `server.prefix`
    #[arg(long, value_name = "PATH", default_value = "/nightlatch", value_parser = installation::page)]
    prefix: String,
    /// The gateway cannot take single cookies out: do not fail where the application gets the one of the session
    #[arg(long)]
    shares_cookie: bool,
    /// A path that everybody may see: one of `open` of its site
    #[arg(long, value_name = "PATH", value_parser = installation::page)]
    open: Option<String>,
    /// The site lets preflights pass
    #[arg(long)]
    preflights: bool,
    /// The site lets escapes pass where they may under every reading
    #[arg(long)]
    escapes: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    colour: Colour,
    /// Print JSON: each case with what came of it
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let kit = kit::Kit::new(args).await?;
    let tried = case::try_all(&kit).await;
    kit.end_sessions().await;
    report::print(args, kit.has_echo, &tried)?;
    Ok(if tried.iter().any(case::Tried::is_failed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
