//! `nightlatch sessions end`.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::Matching;
use crate::cli::client::{Connection, escaped};
use crate::cli::complain;
use crate::cli::confirm::{confirmed, sessions};

/// End sessions: those with the given handles, or all that match
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch sessions end 0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10
  nightlatch sessions end --subject ada --reason account
  nightlatch sessions end --application console --dry-run
  nightlatch sessions end --all --yes

Exits with 1 when a handle is unknown.")]
#[command(group = clap::ArgGroup::new("meant").required(true).multiple(true)
    .args(["handles", "subject", "application", "role", "device", "all"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// The handles of single sessions
    #[arg(value_name = "HANDLE", conflicts_with_all = ["subject", "application", "role", "device", "all"])]
    handles: Vec<String>,
    #[command(flatten)]
    matching: Matching,
    /// Every session there is
    #[arg(long, conflicts_with_all = ["subject", "application", "role", "device"])]
    all: bool,
    /// What the people and the audit are told
    #[arg(long, value_enum, default_value_t = Reason::Admin)]
    reason: Reason,
    /// Only say how many sessions that would end
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// An administrator decided it
    Admin,
    /// The identity provider said so
    Upstream,
    /// The account was disabled or its credentials changed
    Account,
    /// Another sign-in took its place
    Superseded,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Upstream => "upstream",
            Self::Account => "account",
            Self::Superseded => "superseded",
        }
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.handles.is_empty() {
        end_matching(args).await
    } else {
        end_each(args).await
    }
}

async fn end_each(args: &Args) -> anyhow::Result<ExitCode> {
    let mut answers = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for handle in &args.handles {
        let path = format!("sessions/{}", escaped(handle));
        let answer = if args.dry_run {
            args.connection.get(&path).await
        } else {
            args.connection
                .delete(&format!("{path}?reason={}", args.reason.as_str()))
                .await
        };
        match answer {
            Ok(answer) => answers.push(answer),
            Err(failure) if failure.is_not_found() => {
                complain(format_args!("error: {handle:?}: {failure}"));
                code = ExitCode::FAILURE;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&json!({ "sessions": answers, "dry_run": args.dry_run }))?
        )?;
        return Ok(code);
    }
    for answer in &answers {
        let text = |key: &str| answer[key].as_str().unwrap_or("-");
        let (handle, reason) = (text("handle"), text("reason"));
        if answer["reason"].is_null() {
            writeln!(out, "{handle}  would end ({})", args.reason.as_str())?;
        } else if answer["ended"] == 1 {
            writeln!(out, "{handle}  ended ({reason})")?;
        } else {
            writeln!(out, "{handle}  had ended already ({reason}, {})", text("ended_at"))?;
        }
    }
    Ok(code)
}

async fn end_matching(args: &Args) -> anyhow::Result<ExitCode> {
    let call = |dry_run: bool| {
        let body = json!({ "selector": selector(args), "reason": args.reason.as_str(), "dry_run": dry_run });
        async move { args.connection.post("sessions/end", &body).await }
    };
    if !args.dry_run && !args.yes {
        let matched = number(&call(true).await?, "matched")?;
        if !confirmed(&format!("{} will end", sessions(matched)))? {
            writeln!(std::io::stdout(), "Nothing was ended.")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let answer = call(args.dry_run).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&answer)?)?;
    } else if args.dry_run {
        writeln!(out, "{} would end.", sessions(number(&answer, "matched")?))?;
    } else {
        writeln!(
            out,
            "{} ended ({}).",
            sessions(number(&answer, "ended")?),
            args.reason.as_str()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn selector(args: &Args) -> Value {
    if args.matching.is_empty() {
        return json!({ "all": args.all });
    }
    let given = args
        .matching
        .pairs()
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.into())));
    Value::Object(given.collect::<Map<_, _>>())
}

fn number(answer: &Value, key: &str) -> anyhow::Result<u64> {
    answer[key]
        .as_u64()
        .with_context(|| format!("the answer has no number `{key}`; is the server of this version?"))
}
