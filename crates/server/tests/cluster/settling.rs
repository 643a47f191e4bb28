//! What the store says once all is over, and whether the nodes say the same.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nightlatch_programs::postgres::{Server, ask};
use tokio::task::JoinHandle;

use crate::checker::Stored;
use crate::client::{Clients, Session};
use crate::history::Got;
use crate::load::WRITERS;
use crate::servers::NODES;

/// Reads everything that is held against what clients saw.
pub(crate) fn stored(server: &Server) -> Stored {
    let mut stored = Stored::default();
    // In one look: sessions reach their limits while it is looked.
    let sql = "WITH told AS (
            SELECT handle, reason FROM audit WHERE kind = 'ended'
            UNION ALL SELECT handle, reason FROM audit_new WHERE kind = 'ended'
        )
        SELECT coalesce(sessions.handle, told.handle), ended_reason, reason FROM sessions FULL JOIN told USING (handle)";
    for row in rows(server, sql) {
        let session = stored.sessions.entry(row[0].clone().unwrap_or_default()).or_default();
        session.ended.clone_from(&row[1]);
        session.told.extend(row[2].clone());
    }
    let number = |writer: usize| format!("document::jsonb #>> '{{applications,writer-{writer},idle}}'");
    let numbers: Vec<String> = (0..WRITERS).map(number).collect();
    let policies = format!("SELECT {} FROM policies ORDER BY revision", numbers.join(", "));
    for row in rows(server, &policies) {
        let hours = |text: Option<String>| text.and_then(|text| hours(&text));
        stored.policies.push(row.into_iter().map(hours).collect());
    }
    stored
}

/// The number in `DAYSdHOURSh`.
fn hours(text: &str) -> Option<u32> {
    let (days, hours) = text.split_once('d').map_or(("0", text), |(days, hours)| (days, hours));
    let hours = hours
        .strip_suffix('h')
        .unwrap_or(if hours.is_empty() { "0" } else { hours });
    Some(days.parse::<u32>().ok()? * 24 + hours.parse::<u32>().ok()?)
}

/// Looks again and again how many sessions one of the crowd has at most, wherever it can be looked.
#[derive(Debug)]
pub(crate) struct Watch {
    most: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

const LOOKS_EVERY: Duration = Duration::from_millis(150);

impl Watch {
    pub(crate) fn of(urls: Vec<String>) -> Self {
        let most = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&most);
        let task = tokio::spawn(async move {
            let sql = "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND subject LIKE 'crowd-%'
                GROUP BY subject ORDER BY 1 DESC LIMIT 1";
            let mut ticks = tokio::time::interval(LOOKS_EVERY);
            loop {
                ticks.tick().await;
                for url in urls.clone() {
                    let told = tokio::task::spawn_blocking(move || ask(&url, sql)).await.ok().flatten();
                    let count = told.and_then(|told| told.parse().ok());
                    seen.fetch_max(count.unwrap_or(0), Ordering::Relaxed);
                }
            }
        });
        Self { most, task }
    }

    pub(crate) fn most(self) -> usize {
        self.task.abort();
        self.most.load(Ordering::Relaxed)
    }
}

/// Where a node says otherwise than the store. Nothing changes any more but that sessions reach their limits: where they differ, both
/// are asked again.
pub(crate) async fn differences(clients: &Clients, server: &Server, sessions: &[Session]) -> Vec<String> {
    let mut differing: Vec<&Session> = sessions.iter().collect();
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let before = reasons(server);
        let mut again = Vec::new();
        found.clear();
        for session in differing {
            for node in 0..NODES {
                let said = clients.look(node, session).await;
                let stored = before.get(&session.handle);
                let same = match (&said, stored) {
                    (Got::Yes, Some(None)) => true,
                    (Got::Over { reason }, Some(Some(stored))) => reason == stored,
                    _ => false,
                };
                if !same {
                    let Session { number, handle, .. } = session;
                    found.push(format!(
                        "node {node} says {said:?} of session {number} ({handle}), the store {stored:?}"
                    ));
                    again.push(session);
                    break;
                }
            }
        }
        differing = again;
    }
    found
}

const ROUNDS: usize = 4;

fn reasons(server: &Server) -> HashMap<String, Option<String>> {
    let rows = rows(server, "SELECT handle, ended_reason FROM sessions");
    rows.into_iter()
        .map(|mut row| (row[0].take().unwrap_or_default(), row[1].take()))
        .collect()
}

/// None of what is asked for is ever empty but where there is nothing.
fn rows(server: &Server, sql: &str) -> Vec<Vec<Option<String>>> {
    let told = server.sql("postgres", sql);
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    told.lines().map(|line| line.split('|').map(value).collect()).collect()
}
