//! `nightlatch policy replay`: what a policy would have done to sessions that have been.

mod activity;
mod audit;
mod candidate;
mod chart;
mod input;
mod instant;
mod json;
mod plot;
mod progress;
mod roles;
mod rows;
mod study;
mod svg;
mod text;
mod words;

use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use nightlatch_core::duration::{DurationError, Limit};
use nightlatch_core::time::Span;

use self::candidate::Candidate;
use self::input::Refused;
use self::plot::Style;
use self::progress::Progress;
use crate::cli::table::Colour;
use crate::cli::{CONFIGURATION, DATA, complain, environment};

/// Say what a policy would have done to recorded sessions
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("candidates").required(true).multiple(true).args(["policy", "idle"]),
    after_help = "Examples:
  nightlatch policy replay activity.csv --idle 15m --idle 30m
  nightlatch policy replay activity.jsonl --idle 15m
  nightlatch policy replay audit.jsonl --policy stricter.toml --current latch.toml --svg replay.svg
  nightlatch audit show --limit 100000 --json | nightlatch policy replay - --idle 15m --json

A CSV names its columns in the first line: session,at[,application,device,roles,subject,kind]. `at` is RFC 3339
with an offset, or seconds, milliseconds, microseconds or nanoseconds since the epoch; `kind` is sign-in, activity or
sign-out; several roles are separated by spaces, commas, semicolons or bars, or are an array.
JSON lines, or an array of them, have the same names as keys: {\"session\":\"a\",\"at\":1772442000}. Other keys are left out."
)]
pub(super) struct Args {
    /// Activity times as a CSV or JSON lines, or an export of the audit; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A candidate: a configuration or a policy document, TOML or JSON; may be given several times
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A candidate: one idle limit for everybody; may be given several times
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    idle: Vec<Limit>,
    /// The absolute limit beside --idle and of the curve [default: that of the first --policy, else 8h]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    absolute: Option<Limit>,
    /// Today's policy, to compare with
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,
    /// Back after no more than this: interrupted by the end. Gone for longer: away
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = span)]
    within: Span,
    /// Write the chart to a file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Go on without the rows that make no sense
    #[arg(long)]
    skip_bad_rows: bool,
    /// Draw with plain characters, whatever the terminal can show
    #[arg(long)]
    ascii: bool,
    #[command(flatten)]
    colour: Colour,
}

fn limit(text: &str) -> Result<Limit, DurationError> {
    text.parse()
}

fn span(text: &str) -> Result<Span, DurationError> {
    text.parse()
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (current, candidates, absolute) = match policies(args) {
        Ok(policies) => policies,
        Err(mistakes) => {
            for mistake in mistakes.lines() {
                complain(format_args!("error: {mistake}"));
            }
            return Ok(ExitCode::from(CONFIGURATION));
        }
    };
    let mut progress = Progress::on_terminal();
    let input = match input::read(&args.file, args.skip_bad_rows, &mut progress) {
        Ok(input) => input,
        Err(Refused::Other(error)) => return Err(error),
        Err(Refused::BadRows(told)) => {
            complain(format_args!(
                "{told}error: mend these rows, or go on without them: --skip-bad-rows"
            ));
            return Ok(ExitCode::from(DATA));
        }
    };
    let study = study::study(input, current, candidates, absolute, args.within, &progress);
    let chart = chart::chart(&study);
    if let Some(file) = &args.svg {
        let picture = svg::picture(&chart, &words::verdict(&study));
        std::fs::write(file, picture).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&json::report(&study))?)?;
    } else {
        let style = Style {
            unicode: !args.ascii && speaks_unicode(),
            colour: args.colour.is_on(),
        };
        text::write_report(&mut out, &study, &chart, args.colour, style)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Today's policy, the candidates, and the absolute limit of the curve.
fn policies(args: &Args) -> Result<(Option<Candidate>, Vec<Candidate>, Limit), String> {
    let mut candidates = Vec::new();
    for file in &args.policy {
        candidates.push(candidate::of_file(file)?);
    }
    let of_first = candidates.first().map(|candidate| candidate.policy.absolute);
    let usual = nightlatch_core::policy::PolicyDocument::default().absolute;
    let absolute = args.absolute.or(of_first).unwrap_or(usual);
    for idle in &args.idle {
        candidates.push(candidate::of_limits(*idle, absolute)?);
    }
    let current = args.current.as_deref().map(candidate::of_file).transpose()?;
    Ok((current, candidates, absolute))
}

/// The first of these variables that is set decides, as everywhere.
fn speaks_unicode() -> bool {
    let set: Vec<(String, String)> = environment().filter(|(_, value)| !value.is_empty()).collect();
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| set.iter().find(|(set, _)| set == name));
    locale.is_some_and(|(_, value)| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}
