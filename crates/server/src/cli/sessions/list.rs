//! `nightlatch sessions list`.

use std::io::Write;
use std::process::ExitCode;

use nightlatch_core::time::Span;
use serde_json::{Value, json};

use super::Matching;
use crate::cli::client::{Connection, query};
use crate::cli::table::{Cell, Colour, Tone, write_table};

/// What the server answers at once at most.
const PAGE: usize = 500;

/// List the live sessions, the oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch sessions list
  nightlatch sessions list --application console --role admin
  nightlatch sessions list --subject ada --json")]
pub(super) struct Args {
    #[command(flatten)]
    matching: Matching,
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
    let (sessions, next_after) = fetch(args).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let document = json!({ "sessions": sessions, "next_after": next_after });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        write_text(&mut out, &sessions, next_after.is_some(), args.colour)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Page by page up to the limit.
async fn fetch(args: &Args) -> anyhow::Result<(Vec<Value>, Option<String>)> {
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut sessions = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let wanted = (limit - sessions.len()).min(PAGE).to_string();
        let mut pairs = args.matching.pairs().to_vec();
        pairs.extend([("limit", Some(wanted.as_str())), ("after", after.as_deref())]);
        let mut page = args.connection.get(&format!("sessions?{}", query(&pairs))).await?;
        if let Some(page) = page["sessions"].as_array_mut() {
            sessions.append(page);
        }
        after = page["next_after"].as_str().map(str::to_owned);
        if after.is_none() || sessions.len() >= limit {
            return Ok((sessions, after));
        }
    }
}

fn write_text(out: &mut impl Write, sessions: &[Value], more: bool, colour: Colour) -> std::io::Result<()> {
    if sessions.is_empty() {
        return writeln!(out, "No live session matches.");
    }
    let rows: Vec<_> = sessions.iter().map(row).collect();
    let head = [
        "HANDLE",
        "SUBJECT",
        "APPLICATION",
        "DEVICE",
        "PHASE",
        "IDLE IN",
        "ENDS IN",
        "LAST ACTIVITY",
    ];
    write_table(out, head, &rows, colour)?;
    if more {
        writeln!(out, "There are more; raise --limit or narrow the selection.")?;
    }
    Ok(())
}

fn row(session: &Value) -> [Cell; 8] {
    let text = |key: &str| Cell::new(session[key].as_str().unwrap_or("-"));
    let remaining = |key: &str| session[key].as_u64().map_or_else(|| "-".to_owned(), in_seconds);
    let phase = match session["phase"].as_str() {
        Some("warning") => text("phase").toned(Tone::Attention),
        Some("locked") => text("phase").toned(Tone::Alarm),
        _ => text("phase"),
    };
    [
        text("handle"),
        text("subject"),
        text("application"),
        text("device"),
        phase,
        Cell::new(remaining("idle_remaining_ms")),
        Cell::new(remaining("absolute_remaining_ms")),
        text("last_activity_at").toned(Tone::Quiet),
    ]
}

fn in_seconds(millis: u64) -> String {
    Span::from_secs(millis / 1000).to_string()
}
