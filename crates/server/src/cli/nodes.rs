//! `nightlatch nodes`.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;

use super::client::Connection;
use super::table::{Cell, Colour, Tone, write_table};

/// A node that runs is heard of four times a second.
const SILENT_MS: u64 = 2000;

/// List the nodes that share the store
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch nodes
  nightlatch nodes --json

Exits with 1 when a node has not been heard of for two seconds.")]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    colour: Colour,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let document = args.connection.get("nodes").await?;
    let none = Vec::new();
    let nodes = document["nodes"].as_array().unwrap_or(&none);
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{document:#}")?;
    } else {
        write_text(&mut out, &document, nodes, args.colour)?;
    }
    Ok(if nodes.iter().any(is_silent) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn write_text(out: &mut impl Write, document: &Value, nodes: &[Value], colour: Colour) -> std::io::Result<()> {
    if nodes.is_empty() {
        return writeln!(out, "The server has its store for itself: there are no other nodes.");
    }
    let rows: Vec<_> = nodes.iter().map(|node| row(node, document)).collect();
    write_table(out, ["NODE", "NAME", "VERSION", "HEARD OF", "WORKS AT"], &rows, colour)?;
    if let Some(bound) = document["end_bound_ms"].as_u64() {
        writeln!(out, "A sign-out acts on all of them within {bound} ms.")?;
    }
    if nodes.iter().any(is_silent) {
        writeln!(
            out,
            "A silent node lets nobody in and its tabs are closed; it leaves the list some minutes later."
        )?;
    }
    Ok(())
}

fn row(node: &Value, document: &Value) -> [Cell; 5] {
    let text = |key: &str| Cell::new(node[key].as_str().unwrap_or("-"));
    let silent_ms = node["silent_ms"].as_u64().unwrap_or_default();
    let heard = Cell::new(format!("{silent_ms} ms ago"));
    let turns: Vec<&str> = node["turns"]
        .as_array()
        .map_or_else(Vec::new, |turns| turns.iter().filter_map(Value::as_str).collect());
    let answers = node["id"] == document["answered_by"];
    let name = node["name"].as_str().unwrap_or("-");
    [
        text("id"),
        Cell::new(if answers {
            format!("{name} (answers)")
        } else {
            name.to_owned()
        }),
        text("version"),
        if is_silent(node) {
            heard.toned(Tone::Alarm)
        } else {
            heard
        },
        Cell::new(if turns.is_empty() {
            "-".to_owned()
        } else {
            turns.join(", ")
        }),
    ]
}

fn is_silent(node: &Value) -> bool {
    node["silent_ms"].as_u64().is_some_and(|silent| silent > SILENT_MS)
}
