//! How a store stands, for people and for programs.

use std::path::Path;

use nightlatch_core::time::Span;
use nightlatch_store::Migration;
use nightlatch_store::nodes::Turn;
use nightlatch_store_postgres::{Contents, Finding, Server};
use serde_json::{Value, json};

use crate::cli::postgres::{durable, place, server_as_json};
use crate::cli::table::write_pairs;
use crate::config::store::Durability;
use crate::management::rfc3339::rfc3339;

pub(super) struct View {
    /// What it is, and what there is to say of that.
    lines: Vec<(&'static str, String)>,
    pub(super) json: Value,
    /// Whether a server could start with it.
    pub(super) is_usable: bool,
}

impl View {
    pub(super) fn of_sqlite(path: &Path, contents: &nightlatch_store_sqlite::Contents) -> Self {
        let nightlatch_store_sqlite::Contents {
            migration,
            live,
            ended,
            audit,
            latest,
            bytes,
        } = *contents;
        Self {
            lines: vec![
                ("store", "SQLite, for one server".to_owned()),
                ("place", path.display().to_string()),
                ("schema", schema(migration)),
                ("durability", "the disk of this machine".to_owned()),
                ("last used", rfc3339(latest)),
                ("sessions", format!("{live} living, {ended} ended")),
                ("audit", format!("{audit} records")),
                ("size", format!("{bytes} bytes")),
            ],
            json: json!({
                "kind": "sqlite",
                "path": path,
                "schema": schema_as_json(migration),
                "latest": rfc3339(latest),
                "sessions": { "living": live, "ended": ended },
                "audit": { "sealed": audit, "unsealed": 0 },
                "bytes": bytes,
                "problems": [],
            }),
            is_usable: true,
        }
    }

    pub(super) fn of_postgres(
        durability: Durability,
        server: &Server,
        findings: &[Finding],
        contents: Option<&Contents>,
    ) -> Self {
        let problems = findings
            .iter()
            .map(|finding| json!({ "message": finding.what, "remedy": finding.mend }));
        let mut view = Self {
            lines: vec![
                ("store", format!("PostgreSQL {}", server.version)),
                ("place", place(server)),
                ("durability", durable(durability, server)),
            ],
            json: json!({
                "kind": "postgres",
                "server": server_as_json(durability, server),
                "problems": problems.collect::<Vec<_>>(),
            }),
            is_usable: findings.is_empty(),
        };
        match contents {
            Some(contents) => view.add(contents),
            None => view.lines.push((
                "schema",
                "there are no tables yet; the first start makes them".to_owned(),
            )),
        }
        let told = findings.iter().map(|finding| ("problem", finding.to_string()));
        view.lines.extend(told);
        view
    }

    fn add(&mut self, contents: &Contents) {
        let Contents {
            migration,
            oldest_reader,
            epoch,
            offset,
            time,
            nodes,
            live,
            ended,
            sealed,
            unsealed,
            changes,
            changes_reach,
            oldest_transaction,
        } = contents;
        let mut line = |title, text: String| self.lines.push((title, text));
        line(
            "schema",
            format!("{}; oldest reader {oldest_reader}", schema(*migration)),
        );
        line(
            "epoch",
            match epoch {
                None => "none: no node has used it".to_owned(),
                Some((name, true)) => name.to_string(),
                Some((name, false)) => format!("{name}, and the server is in another one since"),
            },
        );
        let ahead = offset.map_or_else(
            || "nobody has said so in this epoch".to_owned(),
            |offset| format!("{offset} ms ahead of the server's clock"),
        );
        line("time", format!("{}, {ahead}", rfc3339(*time)));
        line("sessions", format!("{live} living, {ended} ended"));
        line("audit", format!("{sealed} numbered, {unsealed} to be numbered"));
        let reach = changes_reach.map_or_else(String::new, |reach| format!(", back to {} ago", seconds(reach)));
        line("changes", format!("{changes}{reach}"));
        let open = oldest_transaction.map_or_else(
            || "none open".to_owned(),
            |open| format!("the oldest is open for {}", seconds(open)),
        );
        line("transactions", open);
        if nodes.is_empty() {
            line("nodes", "none".to_owned());
        }
        for node in nodes {
            let turns: Vec<_> = node.turns.iter().map(|turn| turn.as_str()).collect();
            let turns = if turns.is_empty() {
                "no turn".to_owned()
            } else {
                turns.join(", ")
            };
            line(
                "node",
                format!(
                    "{}, version {}, silent for {}, {turns}",
                    node.name, node.version, node.silent_for
                ),
            );
        }
        let nodes = nodes.iter().map(|node| {
            json!({
                "id": node.id.to_string(),
                "name": node.name,
                "version": node.version,
                "silent_ms": node.silent_for.as_millis(),
                "turns": node.turns.iter().copied().map(Turn::as_str).collect::<Vec<_>>(),
            })
        });
        let more = json!({
            "schema": schema_as_json(*migration),
            "oldest_reader": oldest_reader,
            "epoch": epoch.as_ref().map(|(name, is_now)| json!({ "name": name, "current": is_now })),
            "time": rfc3339(*time),
            "time_offset_ms": offset,
            "sessions": { "living": live, "ended": ended },
            "audit": { "sealed": sealed, "unsealed": unsealed },
            "changes": { "rows": changes, "reach_ms": changes_reach.map(Span::as_millis) },
            "oldest_transaction_ms": oldest_transaction.map(Span::as_millis),
            "nodes": nodes.collect::<Vec<_>>(),
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut self.json, more) {
            all.extend(more);
        }
    }

    pub(super) fn print(&self) -> std::io::Result<()> {
        write_pairs(&self.lines)
    }
}

fn schema(migration: Migration) -> String {
    let Migration { from, to } = migration;
    if migration.is_needed() {
        format!("{from}; the next start makes it {to}")
    } else {
        format!("{from}")
    }
}

fn schema_as_json(migration: Migration) -> Value {
    json!({ "version": migration.from, "needed": migration.to })
}

/// Whole seconds are enough for what lasts.
fn seconds(span: Span) -> Span {
    Span::from_secs(span.as_millis() / 1000)
}
