//! `nightlatch simulate`: runs scenarios through the rules, without server, store or clock.

use std::io::{BufRead, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use nightlatch_core::scenario::{Scenario, TraceEntry, run as run_scenario};
use serde_json::Value;

/// Run scenarios: a policy, a session and a timeline in, a trace out
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch simulate walk-away.json              one scenario, a trace for people
  nightlatch simulate --json - < scenarios.jsonl  one scenario a line in, one JSON array a line out")]
pub(crate) struct Args {
    /// The scenario file, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// One scenario a line in, one JSON array a line out
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        for line in open(&args.file)?.lines() {
            let line = line.context("the input cannot be read")?;
            if !line.trim().is_empty() {
                writeln!(out, "{}", trace_line(&line)?)?;
            }
        }
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    open(&args.file)?
        .read_to_string(&mut text)
        .context("the input cannot be read")?;
    let scenario: Value = serde_json::from_str(&text).context("the scenario is not JSON")?;
    for entry in run_scenario(&Scenario::from_json(&scenario)?)? {
        writeln!(out, "{}", text_line(&entry)?)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(Box::new(std::io::BufReader::new(opened)))
}

/// A mistake in one scenario takes nothing from the others: it is told in place of its trace.
fn trace_line(line: &str) -> anyhow::Result<String> {
    let scenario: Result<Value, _> = serde_json::from_str(line);
    let trace = match scenario {
        Ok(scenario) => Scenario::from_json(&scenario).and_then(|scenario| run_scenario(&scenario)),
        Err(error) => Err(error.into()),
    };
    Ok(match trace {
        Ok(trace) => serde_json::to_string(&trace)?,
        Err(error) => serde_json::json!({ "error": error.to_string() }).to_string(),
    })
}

/// The instant, then the entry's fields in the order of the trace.
fn text_line(entry: &TraceEntry) -> anyhow::Result<String> {
    let at = nightlatch_core::time::Span::from_millis(u64::try_from(entry.at_ms).unwrap_or(0));
    let Value::Object(fields) = serde_json::to_value(entry)? else {
        return Ok(String::new());
    };
    let event = fields
        .get("event")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let rest = fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "at_ms" | "event"));
    let rest: Vec<_> = rest.map(|(name, value)| format!("{name}={}", plain(value))).collect();
    Ok(format!("{:>10}  {event:<14}  {}", at.to_string(), rest.join(" "))
        .trim_end()
        .to_owned())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
