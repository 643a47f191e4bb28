//! `nightlatch policy plan`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use nightlatch_core::time::Span;
use serde_json::Value;

use super::differences::write_differences;
use crate::cli::client::Connection;
use crate::cli::table::{Cell, Colour, Tone, visible, write_table};

/// Say what a policy would do to the sessions that live now
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch policy plan latch.toml
  nightlatch policy plan strict.toml --ending 1000 --json

Nothing is changed. FILE is a configuration, or a policy on its own, in TOML or JSON.")]
pub(crate) struct Args {
    /// The policy to try
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Name at most so many of the sessions that would end
    #[arg(long, value_name = "N", default_value_t = 0)]
    ending: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    colour: Colour,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let candidate = match super::read(&args.file) {
        Ok(policy) => super::body(policy)?,
        Err(code) => return Ok(code),
    };
    let path = format!("policy/plan?ending={}", args.ending);
    let plan = args.connection.post(&path, &candidate).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&plan)?)?;
    } else {
        write_plan(&mut out, &plan, args.colour)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A plan for people.
pub(super) fn write_plan(out: &mut impl Write, plan: &Value, colour: Colour) -> std::io::Result<()> {
    if list(&plan["differences"]).is_empty() {
        writeln!(out, "The policy is the one in force (revision {}).", plan["revision"])?;
    } else {
        writeln!(out, "Against revision {}:", plan["revision"])?;
        write_differences(out, &plan["differences"])?;
    }
    writeln!(out)?;
    write_counts(out, plan, colour)?;
    write_shortening(out, &plan["all"])?;
    for lint in list(&plan["lints"]) {
        let text = |key: &str| visible(lint[key].as_str().unwrap_or_default());
        writeln!(
            out,
            "{} {}: {}: {}; {}",
            text("severity"),
            text("code"),
            text("key"),
            text("message"),
            text("remedy")
        )?;
    }
    let ending = list(&plan["ending"]);
    if !ending.is_empty() {
        writeln!(out, "\nWould end:")?;
        for handle in ending {
            writeln!(out, "  {}", visible(handle.as_str().unwrap_or_default()))?;
        }
        if plan["ending_complete"] == false {
            writeln!(out, "  … and more; --ending N names more of them")?;
        }
    }
    Ok(())
}

fn write_counts(out: &mut impl Write, plan: &Value, colour: Colour) -> std::io::Result<()> {
    let mut rows = vec![row("all", &plan["all"])];
    for (group, title) in [("applications", "application"), ("roles", "role")] {
        for counts in list(&plan[group]) {
            let name = counts["name"].as_str().map_or_else(|| "none".to_owned(), str::to_owned);
            rows.push(row(&format!("{title} {name}"), counts));
        }
    }
    let head = [
        "",
        "SESSIONS",
        "END NOW",
        "LOCK NOW",
        "SHORTENED",
        "LENGTHENED",
        "UNCHANGED",
    ];
    write_table(out, head, &rows, colour)
}

fn row(title: &str, counts: &Value) -> [Cell; 7] {
    let number = |key: &str| counts[key].as_u64().unwrap_or_default();
    let cell = |key: &str| Cell::new(number(key).to_string());
    let marked = |key: &str, tone| {
        let tone = if number(key) > 0 { tone } else { Tone::Plain };
        cell(key).toned(tone)
    };
    [
        Cell::new(title),
        cell("sessions"),
        marked("ending", Tone::Alarm),
        marked("locking", Tone::Attention),
        marked("shortened", Tone::Attention),
        cell("lengthened"),
        cell("unchanged"),
    ]
}

const WIDEST_BAR: u64 = 40;

fn write_shortening(out: &mut impl Write, all: &Value) -> std::io::Result<()> {
    let spread = &all["shortened_by"];
    let duration = |value: &Value| value.as_u64().map(|millis| Span::from_millis(millis).to_string());
    let (Some(median), Some(p90), Some(longest)) = (
        duration(&spread["median_ms"]),
        duration(&spread["p90_ms"]),
        duration(&spread["longest_ms"]),
    ) else {
        return writeln!(out);
    };
    writeln!(
        out,
        "\nShortened by {median} in the middle, {p90} for nine of ten, {longest} at most:"
    )?;
    let steps: Vec<_> = list(&spread["histogram"])
        .iter()
        .map(|step| {
            (
                duration(&step["up_to_ms"]),
                step["sessions"].as_u64().unwrap_or_default(),
            )
        })
        .collect();
    let shown = steps
        .iter()
        .rposition(|(_, sessions)| *sessions > 0)
        .map_or(0, |last| last + 1);
    let most = steps
        .iter()
        .map(|(_, sessions)| *sessions)
        .max()
        .unwrap_or_default()
        .max(1);
    for (up_to, sessions) in steps.into_iter().take(shown) {
        let title = up_to.map_or_else(|| "more".to_owned(), |up_to| format!("up to {up_to}"));
        let bar = usize::try_from((sessions * WIDEST_BAR).div_ceil(most)).unwrap_or_default();
        writeln!(out, "  {title:<10} {sessions:>8} {}", "#".repeat(bar))?;
    }
    if let Some(unknown @ 1..) = spread["from_no_limit"].as_u64() {
        writeln!(out, "  {:<10} {unknown:>8} had no limit before", "")?;
    }
    writeln!(out)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
