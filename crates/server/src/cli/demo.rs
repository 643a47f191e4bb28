//! `nightlatch demo`: a bank, the server and a throw-away database in one process.

use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{OnIdle, Policy};
use nightlatch_core::time::Span;

use super::{CONFIGURATION, complain};
use crate::config::{Config, FilePath, PublicUrl, StoreKind, Url};
use crate::serve::Running;
use crate::{demo, logging, serve};

/// See it work: a small bank, short limits, nothing left behind
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  nightlatch demo

Another idle limit takes the other limits along, in proportion, where they are not given.")]
pub(crate) struct Args {
    /// The bank's port [default: 8700, or any free one where that is taken]
    #[arg(long)]
    port: Option<u16>,
    /// The management API's port [default: 8701, or any free one where that is taken]
    #[arg(long)]
    management_port: Option<u16>,
    /// Sign people out after so long without activity [default: 45s]
    #[arg(long, value_name = "DURATION")]
    idle: Option<Span>,
    /// Sign people out so long after they signed in, or `off` [default: 5m]
    #[arg(long, value_name = "DURATION")]
    absolute: Option<Limit>,
    /// Warn so long before the end [default: 20s]
    #[arg(long, value_name = "DURATION")]
    warn_before: Option<Span>,
    /// What happens at the idle limit [default: sign-out]
    #[arg(long, value_name = "OUTCOME", value_parser = outcome())]
    on_idle: Option<OnIdle>,
    /// Let nobody be signed in more often at the same time: one more asks which to end [default: any number]
    #[arg(long, value_name = "NUMBER")]
    max_sessions: Option<NonZeroU32>,
    /// Keep everything in this PostgreSQL. Started twice, on two ports, it is two nodes: what happens at one is felt at the other
    #[arg(long, value_name = "URL", env = "NIGHTLATCH_DEMO_STORE", hide_env_values = true)]
    store: Option<Url>,
}

fn outcome() -> impl clap::builder::TypedValueParser<Value = OnIdle> {
    PossibleValuesParser::new(["sign-out", "lock"])
        .map(|word| if word == "lock" { OnIdle::Lock } else { OnIdle::SignOut })
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args {
        port,
        management_port,
        idle,
        absolute,
        warn_before,
        on_idle,
        max_sessions,
        store,
    } = args;
    let mut config = match demo::config(demo::Limits {
        idle,
        absolute,
        warn_before,
        on_idle,
        max_sessions,
    }) {
        Ok(config) => config,
        Err(errors) => {
            for error in errors {
                complain(format_args!("error: {error}"));
            }
            return Ok(ExitCode::from(CONFIGURATION));
        }
    };
    listen_on(&mut config, port, management_port)?;
    logging::start(&config.log);
    let directory = tempfile::Builder::new()
        .prefix("nightlatch-demo-")
        .tempdir()
        .context("no temporary directory")?;
    config.store.path = FilePath::new(directory.path().join("demo.db"));
    if let Some(url) = store {
        (config.store.kind, config.store.url) = (StoreKind::Postgres, Some(url));
    }
    let shared = config.store.kind == StoreKind::Postgres;
    let policy = config.policy.clone();
    let running = serve::start(config, |server| demo::router(server.clone())).await?;
    welcome(&running, &policy, shared)?;
    running.until_stopped().await?;
    let left = directory.path().to_owned();
    directory
        .close()
        .with_context(|| format!("{} cannot be removed", left.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Ports that were asked for are taken at their word; the usual ones give way.
fn listen_on(config: &mut Config, port: Option<u16>, management_port: Option<u16>) -> anyhow::Result<()> {
    for (address, wished) in [
        (&mut config.server.address, port),
        (&mut config.management.address, management_port),
    ] {
        match wished {
            Some(port) => address.set_port(port),
            None => give_way(address)?,
        }
    }
    config.public_url = PublicUrl::of_listener(config.server.address);
    Ok(())
}

fn give_way(address: &mut SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(*address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            complain(format_args!("Port {} is taken; another one is used.", address.port()));
            address.set_port(0);
            Ok(())
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

fn welcome(running: &Running, policy: &Policy, shared: bool) -> std::io::Result<()> {
    let (bank, management) = (running.browser, running.management);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "Larch Bank, a small application that nightlatch guards. Ctrl+C ends it and leaves {} behind.",
        if shared {
            "its tables in the database"
        } else {
            "nothing"
        }
    )?;
    writeln!(out)?;
    writeln!(out, "bank          http://{bank}/")?;
    writeln!(out, "management    http://{management}/api/v1/")?;
    if let Some(key) = &running.api_key {
        writeln!(out, "API key       {key}")?;
    } else {
        writeln!(
            out,
            "API key       the one that the first demo on this database has printed"
        )?;
    }
    writeln!(out)?;
    writeln!(out, "Try this:")?;
    if shared {
        writeln!(
            out,
            "  - Start the demo again with the same --store: another node, on another port. A browser is signed in to both, and a \
             sign-out at one reaches the tabs of the other."
        )?;
    }
    for hint in hints(policy) {
        writeln!(out, "  - {hint}")?;
    }
    if let Some(key) = &running.api_key {
        writeln!(out, "  - See who is signed in, from outside:")?;
        writeln!(
            out,
            "      curl -H 'Authorization: Bearer {key}' http://{management}/api/v1/sessions"
        )?;
        writeln!(out, "  - See what happened, each end with its reason:")?;
        writeln!(
            out,
            "      NIGHTLATCH_URL=http://{management} NIGHTLATCH_API_KEY={key} {} audit show",
            this_program()
        )?;
    }
    out.flush()
}

/// As it was called: `cargo run` puts it on no path.
fn this_program() -> String {
    std::env::args().next().unwrap_or_else(|| "nightlatch".to_owned())
}

fn hints(policy: &Policy) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(idle) = policy.idle.span() {
        let warned = idle.saturating_sub(policy.warn_before);
        let end = match policy.on_idle {
            OnIdle::SignOut => "you are signed out",
            OnIdle::Lock => "the session locks",
        };
        hints.push(format!(
            "Sign in as Ada and take your hands off: a warning after {warned}, and after {idle} {end}."
        ));
    }
    hints.push("Open a second tab: work in one keeps the other, and a sign-out in one reaches both.".to_owned());
    hints.extend(
        policy
            .rules
            .iter()
            .filter_map(|rule| rule.idle)
            .map(|idle| format!("Open Billing: the idle limit is {idle} for as long as that page is open in any tab.")),
    );
    hints.extend(
        policy.gates.iter().filter_map(|gate| gate.max_away).map(|max_away| {
            format!("Sign in as Chiara, be away for {max_away}, then open Admin: it asks who you are.")
        }),
    );
    hints
}
