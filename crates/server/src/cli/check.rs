//! `nightlatch check`.

mod online;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nightlatch_core::policy::{Lint, Severity, lint};
use serde_json::{Value, json};

use self::online::Online;
use crate::config::{Config, ConfigError, PolicyOwner, Position, of_key, reference};

/// Find mistakes in a configuration
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch check latch.toml
  nightlatch check latch.toml --strict
  nightlatch check latch.toml --json
  nightlatch check latch.toml --online
  nightlatch check --keys

With --online the store is asked as well, as a start of the server would, and nothing is made or changed in it.

Exits with 0 when the file is valid and with 78 when it is not, when a server could not start with the store, or when --strict meets a
warning.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Args {
    /// The configuration file
    #[arg(value_name = "FILE", required_unless_present = "keys")]
    file: Option<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    /// Print JSON: whether it is valid, the errors, the lints
    #[arg(long)]
    json: bool,
    /// Look at the store too: whether a server could start with it, and what it is like
    #[arg(long)]
    online: bool,
    /// Print every key that a configuration may have, what it takes and what it means
    #[arg(long, conflicts_with_all = ["file", "strict", "json", "online"])]
    keys: bool,
}

/// What a check has found: a configuration with its lints and what the store said, if it was asked; or errors.
type Checked = Result<(Config, Vec<Found>, Option<Online>), Vec<ConfigError>>;

/// A lint, and where the file has its key.
struct Found {
    lint: Lint,
    position: Option<Position>,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Some(file) = &args.file else {
        write!(std::io::stdout(), "{}", reference())?;
        return Ok(ExitCode::SUCCESS);
    };
    super::warn_of_unread_variables();
    let checked = match check(file) {
        Ok((config, lints, _)) if args.online => online::ask(file, &config)
            .await
            .map(|online| (config, lints, Some(online))),
        checked => checked,
    };
    if args.json {
        print_json(&checked)?;
    } else {
        tell(file, &checked)?;
    }
    let is_warning = |found: &Found| found.lint.severity == Severity::Warning;
    let warns = |(config, lints, online): &(Config, Vec<Found>, Option<Online>)| {
        config.development || lints.iter().any(is_warning) || online.as_ref().is_some_and(Online::warns)
    };
    let is_right = checked.is_ok_and(|valid| !(args.strict && warns(&valid)));
    Ok(if is_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::CONFIGURATION)
    })
}

fn check(file: &Path) -> Checked {
    let config = Config::read(file, super::environment())?;
    // Without the text lints have no place; that the file can be read is known by now.
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lints = match config.policy_owner {
        PolicyOwner::File => lint(&config.policy),
        PolicyOwner::Server => Vec::new(),
    };
    let lints = lints.into_iter().map(|lint| Found {
        position: of_key(&text, &format!("policy.{}", lint.key)),
        lint,
    });
    Ok((config, lints.collect(), None))
}

fn tell(file: &Path, checked: &Checked) -> anyhow::Result<()> {
    let file = file.display();
    let (config, lints, online) = match checked {
        Ok(valid) => valid,
        Err(errors) => {
            for error in errors {
                super::complain(format_args!("error: {error}"));
            }
            return Ok(());
        }
    };
    for Found { lint, position } in lints {
        let place = position.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        let (severity, code) = (lint.severity, lint.code);
        let (key, message, remedy) = (&lint.key, &lint.message, &lint.remedy);
        super::complain(format_args!(
            "{severity} {code}: {file}{place}: policy.{key}: {message}; {remedy}\n  {}",
            lint.link
        ));
    }
    if config.development {
        super::complain(format_args!(
            "warning: {file}: server.development: no limit ends or locks a session while this server runs; for the machine of \
             a developer alone"
        ));
    }
    if let Some(online) = online {
        online.tell()?;
    }
    if config.policy_owner == PolicyOwner::Server {
        writeln!(
            std::io::stdout(),
            "{file}: valid. The server owns the policy; `nightlatch policy show` prints it."
        )?;
        return Ok(());
    }
    let policy = &config.policy;
    let count = |severity| lints.iter().filter(|found| found.lint.severity == severity).count();
    writeln!(
        std::io::stdout(),
        "{file}: valid. Idle {}, absolute {}, warning {}; {}, {}, {}; {}, {}.",
        policy.idle,
        policy.absolute,
        policy.warn_before,
        counted(policy.rules.len(), "rule", "rules"),
        counted(policy.gates.len(), "gate", "gates"),
        counted(policy.passive.len(), "passive entry", "passive entries"),
        counted(count(Severity::Warning), "warning", "warnings"),
        counted(count(Severity::Note), "note", "notes"),
    )?;
    Ok(())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn print_json(checked: &Checked) -> anyhow::Result<()> {
    let (errors, lints): (Vec<Value>, Vec<Value>) = match checked {
        Ok((_, lints, _)) => (Vec::new(), lints.iter().map(lint_as_json).collect()),
        Err(errors) => (errors.iter().map(error_as_json).collect(), Vec::new()),
    };
    let development = checked.as_ref().is_ok_and(|(config, ..)| config.development);
    let mut answer = json!({ "valid": checked.is_ok(), "errors": errors, "lints": lints, "development": development });
    if let Ok((_, _, Some(online))) = checked {
        answer["online"] = online.as_json();
    }
    writeln!(std::io::stdout(), "{answer:#}")?;
    Ok(())
}

fn error_as_json(error: &ConfigError) -> Value {
    json!({
        "source": error.source,
        "line": error.position.map(|at| at.line),
        "column": error.position.map(|at| at.column),
        "key": error.key,
        "message": error.message,
    })
}

/// Keys are those of the file, so a lint's begins with `policy.`, as an error's does.
fn lint_as_json(Found { lint, position }: &Found) -> Value {
    json!({
        "code": lint.code,
        "severity": lint.severity,
        "line": position.map(|at| at.line),
        "column": position.map(|at| at.column),
        "key": format!("policy.{}", lint.key),
        "message": lint.message,
        "remedy": lint.remedy,
        "link": lint.link,
    })
}
