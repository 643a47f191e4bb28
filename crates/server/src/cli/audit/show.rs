//! `nightlatch audit show`.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::page::{Which, page};
use crate::cli::client::Connection;
use crate::cli::table::{Cell, Colour, Tone, write_table};

/// Show the audit, oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch audit show --subject ada
  nightlatch audit show --kind ended --limit 20
  nightlatch audit show --after 1200 --json")]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    /// At most so many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    colour: Colour,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (records, next_after) = fetch(args).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let document = json!({ "records": records, "next_after": next_after });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        write_text(&mut out, &records, next_after, args.colour)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Page by page up to the limit.
async fn fetch(args: &Args) -> anyhow::Result<(Vec<Value>, Option<u64>)> {
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut records = Vec::new();
    let mut after = args.which.after;
    loop {
        let (mut more, next) = page(&args.connection, &args.which, after, limit - records.len()).await?;
        records.append(&mut more);
        match next {
            Some(next) if records.len() < limit => after = next,
            _ => return Ok((records, next)),
        }
    }
}

fn write_text(out: &mut impl Write, records: &[Value], next: Option<u64>, colour: Colour) -> std::io::Result<()> {
    if records.is_empty() {
        return writeln!(out, "No record matches.");
    }
    let rows: Vec<_> = records.iter().map(row).collect();
    let head = [
        "SEQ",
        "AT",
        "KIND",
        "REASON",
        "SUBJECT",
        "APPLICATION",
        "ACTOR",
        "HANDLE",
        "DETAIL",
    ];
    write_table(out, head, &rows, colour)?;
    if let Some(next) = next {
        writeln!(out, "There are more; go on with --after {next}.")?;
    }
    Ok(())
}

fn row(record: &Value) -> [Cell; 9] {
    let text = |key: &str| Cell::new(record[key].as_str().unwrap_or("-"));
    [
        Cell::new(record["seq"].to_string()),
        text("at").toned(Tone::Quiet),
        text("kind"),
        text("reason"),
        text("subject"),
        text("application"),
        text("actor"),
        text("handle").toned(Tone::Quiet),
        text("detail"),
    ]
}
