//! `nightlatch explain`: which layer of the policy decides, and why.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use nightlatch_core::duration::{DurationError, Limit};
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::policy::OnIdle;
use nightlatch_core::resolution::{Explanation, Step, explain};

/// Say which limits hold for somebody on a page, and why
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch explain latch.toml
  nightlatch explain latch.toml --application console --role admin --path /billing
  nightlatch explain latch.toml --device mobile --choice 60m --json")]
pub(crate) struct Args {
    /// The configuration file
    #[arg(value_name = "FILE")]
    file: PathBuf,
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
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// The user's idle choice
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    choice: Option<Limit>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn limit(text: &str) -> Result<Limit, DurationError> {
    text.parse()
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match super::read_config(&args.file) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let facts = Facts {
        application: args.application.clone(),
        device: args.device.clone(),
        roles: args.roles.clone(),
    };
    let path = args.path.as_deref().map(Path::canonical);
    let explanation = explain(&config.policy, &facts, args.choice, path.as_ref());
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&explanation)?)?;
    } else {
        write_text(&mut out, &explanation)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_text(out: &mut impl Write, explanation: &Explanation) -> std::io::Result<()> {
    let outcome = match explanation.on_idle {
        OnIdle::SignOut => "signs out",
        OnIdle::Lock => "locks",
    };
    writeln!(out, "idle          {}, then {outcome}", explanation.idle)?;
    write_steps(out, &explanation.idle_steps)?;
    writeln!(out, "absolute      {}", explanation.absolute)?;
    write_steps(out, &explanation.absolute_steps)?;
    writeln!(out, "warning       {} before the end", explanation.warn_before)?;
    if let Some(max_away) = explanation.max_away {
        writeln!(out, "gate          asks after an absence of {max_away}")?;
    }
    if let Some(max_age) = explanation.max_age {
        writeln!(
            out,
            "gate          asks when the authentication is older than {max_age}"
        )?;
    }
    if explanation.passive {
        writeln!(out, "passive       a request to this page is never activity")?;
    }
    Ok(())
}

fn write_steps(out: &mut impl Write, steps: &[Step]) -> std::io::Result<()> {
    let width = steps.iter().map(|step| step.source.len()).max().unwrap_or(0);
    for step in steps {
        let mark = if step.decides { '*' } else { ' ' };
        writeln!(
            out,
            "  {mark} {:width$}  {:>6}  {}",
            step.source,
            step.value.to_string(),
            step.why
        )?;
    }
    Ok(())
}
