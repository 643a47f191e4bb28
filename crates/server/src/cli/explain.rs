//! `nightlatch explain`: which layer of the policy decides, and why.

pub(crate) mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use nightlatch_core::duration::{DurationError, Limit};
use nightlatch_core::facts::Facts;
use nightlatch_core::path::{PageError, Path};
use nightlatch_core::policy::Policy;
use nightlatch_core::resolution::explain;

use super::client::{Connection, escaped, query};
use crate::config::PolicyOwner;
use crate::management::explain::view::SessionView;

/// Say which limits hold for somebody on a page, or for one session of a running server, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch explain latch.toml
  nightlatch explain latch.toml --application console --role admin --path /billing
  nightlatch explain latch.toml --device mobile --choice 60m --json
  nightlatch explain --session 0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10 --path /admin")]
pub(crate) struct Args {
    /// The configuration file
    #[arg(value_name = "FILE", required_unless_present = "session")]
    file: Option<PathBuf>,
    /// The handle of a session: the running server explains how it stands, or why it ended
    #[arg(long, value_name = "HANDLE", conflicts_with_all = ["file", "application", "device", "roles", "choice"])]
    session: Option<String>,
    /// The application the session is signed in to
    #[arg(long, value_name = "NAME")]
    application: Option<Box<str>>,
    /// The class of its device
    #[arg(long, value_name = "CLASS")]
    device: Option<Box<str>>,
    /// A role of the subject; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Box<str>>,
    /// The page
    #[arg(long, value_name = "PATH", value_parser = page)]
    path: Option<String>,
    /// The user's idle choice
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    choice: Option<Limit>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

fn page(text: &str) -> Result<String, PageError> {
    Path::of_page(text).map(|_| text.to_owned())
}

fn limit(text: &str) -> Result<Limit, DurationError> {
    text.parse()
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match (&args.session, &args.file) {
        (Some(handle), _) => of_session(args, handle).await,
        (None, Some(file)) => of_anybody(args, file),
        // The parser asks for one of them.
        (None, None) => Ok(ExitCode::from(super::USAGE)),
    }
}

fn of_anybody(args: &Args, file: &std::path::Path) -> anyhow::Result<ExitCode> {
    let config = match super::read_config(file) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    if config.policy_owner == PolicyOwner::Server {
        super::complain(format_args!(
            "error: {}: policy: the server owns the policy; explain what it has: nightlatch policy show > policy.toml",
            file.display()
        ));
        return Ok(ExitCode::from(super::CONFIGURATION));
    }
    let facts = Facts {
        application: args.application.clone(),
        device: args.device.clone(),
        roles: args.roles.clone(),
    };
    note_unknown_names(&config.policy, &facts);
    let path = args.path.as_deref().map(Path::canonical);
    let explanation = explain(&config.policy, &facts, args.choice, path.as_ref());
    let told = if args.json {
        serde_json::to_string_pretty(&explanation)? + "\n"
    } else {
        text::of_anybody(&explanation)
    };
    print(&told)
}

/// Somebody who misspells a name gets an answer all the same, that of people no rule is about.
fn note_unknown_names(policy: &Policy, facts: &Facts) {
    let known = policy.names();
    let asked = [
        ("application", facts.application.as_slice(), &known.applications),
        ("device", facts.device.as_slice(), &known.devices),
        ("role", facts.roles.as_slice(), &known.roles),
    ];
    for (kind, names, known) in asked {
        for name in names.iter().filter(|name| !known.contains(name.as_ref())) {
            let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            super::complain(format_args!(
                "note: nothing in the policy is about the {kind} `{name}`; it names {known}"
            ));
        }
    }
}

async fn of_session(args: &Args, handle: &str) -> anyhow::Result<ExitCode> {
    let asked = query(&[("path", args.path.as_deref())]);
    let path = format!("sessions/{}/explanation?{asked}", escaped(handle));
    let answer = args.connection.get(&path).await?;
    let told = if args.json {
        serde_json::to_string_pretty(&answer)? + "\n"
    } else {
        let view: SessionView = serde_json::from_value(answer)
            .context("the server explains in a way that this version does not know; --json shows what it says")?;
        text::of_session(&view)
    };
    print(&told)
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
