//! Closes the tabs that nobody serves any more, so that absence is noticed whatever became of the browser.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::node::NodeId;
use nightlatch_core::session::{Attended, Event, OpenTab};
use nightlatch_core::time::Span;
use nightlatch_engine::Standing;
use nightlatch_store::nodes::Turn;
use nightlatch_store::{Filter, Page, Record, StoreError};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::attendance::{Gone, Why};
use super::attending::{self, Closing};
use crate::server_state::ServerState;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOK_FOR_NODES_EVERY: Duration = Duration::from_secs(2);
/// A node that has said nothing for so long serves nobody. One that was only stopped takes its tabs back when it goes on.
const GONE_AFTER: Span = Span::from_secs(4);
/// So many sessions are read at once.
const PAGE: usize = 2000;

/// Works until the server stops.
pub(crate) async fn close(server: Arc<ServerState>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut orphans = Orphans::default();
    loop {
        let now = tokio::select! {
            now = ticks.tick() => now,
            () = server.shutdown.cancelled() => return,
        };
        if let Err(error) = orphans.adopt(&server, now).await {
            tracing::debug!(%error, "tabs that nobody looks after wait for the store");
        }
        for gone in server.attendance.gone(now) {
            if let Err(error) = close_one(&server, &gone, now).await {
                tracing::debug!(%error, handle = %gone.handle, "an abandoned tab waits for the store");
                server.attendance.kept(&gone, now);
            }
        }
    }
}

/// The tabs that nobody looks after: those of an earlier run, and of nodes that are gone.
#[derive(Debug, Default)]
struct Orphans {
    /// The nodes that were there when their tabs were last looked for; none before, or while it is up to another node.
    looked_beside: Option<BTreeSet<NodeId>>,
    look_at: Option<Instant>,
}

impl Orphans {
    /// Looks after them from now on, until they report themselves elsewhere or are found to be gone.
    async fn adopt(&mut self, server: &ServerState, now: Instant) -> Result<(), StoreError> {
        let Some(node) = server.engine.node() else {
            if self.looked_beside.is_none() {
                remember(server, now).await?;
                self.looked_beside = Some(BTreeSet::new());
            }
            return Ok(());
        };
        if self.look_at.is_some_and(|at| now < at) {
            return Ok(());
        }
        self.look_at = Some(now + LOOK_FOR_NODES_EVERY);
        if !server.engine.has_turn(Turn::CloseTabs) {
            self.looked_beside = None;
            return Ok(());
        }
        let nodes = server.engine.nodes().await?;
        let there = nodes.iter().filter(|node| node.silent_for < GONE_AFTER);
        let there: BTreeSet<NodeId> = there.map(|node| node.id).chain([node]).collect();
        if self
            .looked_beside
            .as_ref()
            .is_none_or(|before| !before.is_subset(&there))
        {
            adopt_beside(server, node, &there, now).await?;
        }
        self.looked_beside = Some(there);
        Ok(())
    }
}

/// The open tabs of every session that the store knows. A tab that was open when the server was killed is known to the store
/// alone.
async fn remember(server: &ServerState, now: Instant) -> Result<(), StoreError> {
    let mut pages = Pages::default();
    while let Some(records) = pages.next(server).await? {
        for record in records {
            for (tab, open) in record.session.presence.iter().flat_map(|presence| &presence.tabs) {
                server
                    .attendance
                    .remembered(record.handle, tab.clone(), open.page.clone(), now);
            }
        }
    }
    Ok(())
}

/// Looks after the tabs of all nodes but those that are there.
async fn adopt_beside(
    server: &ServerState,
    node: NodeId,
    there: &BTreeSet<NodeId>,
    now: Instant,
) -> Result<(), StoreError> {
    let is_orphan = |open: &OpenTab| match open.attended {
        None => true,
        Some(Attended::Serving(other) | Attended::Hearing(other)) => !there.contains(&other),
        Some(Attended::Frozen) => false,
    };
    let mut pages = Pages::default();
    while let Some(records) = pages.next(server).await? {
        for record in records {
            let tabs = record.session.presence.iter().flat_map(|presence| &presence.tabs);
            for (tab, open) in tabs.filter(|(_, open)| is_orphan(open)) {
                // Any node that has a stream of the session takes it from here.
                attending::attend(server, &record.digest, tab, open, Attended::Hearing(node)).await?;
                server
                    .attendance
                    .remembered(record.handle, tab.clone(), open.page.clone(), now);
            }
        }
    }
    Ok(())
}

/// All live sessions, page by page.
#[derive(Debug, Default)]
struct Pages {
    page: Option<Page>,
    over: bool,
}

impl Pages {
    async fn next(&mut self, server: &ServerState) -> Result<Option<Vec<Record>>, StoreError> {
        if self.over {
            return Ok(None);
        }
        let page = self.page.unwrap_or(Page {
            after: None,
            limit: PAGE,
        });
        let records = server.engine.list(&Filter::default(), page).await?;
        self.over = records.len() < PAGE;
        let after = records.last().map(|record| record.handle);
        self.page = Some(Page { after, ..page });
        Ok(Some(records))
    }
}

async fn close_one(server: &ServerState, gone: &Gone, now: Instant) -> Result<(), StoreError> {
    // The token may be another one than the tab was reported with.
    let found = server.engine.find(&gone.handle).await?;
    let Some((record, Standing::Live(_))) = found else {
        server.attendance.closed(gone);
        return Ok(());
    };
    let node = server.engine.node();
    let presence = record.session.presence.as_deref();
    let open = presence.and_then(|presence| presence.tabs.get(&gone.tab));
    let closing = open.map_or(Closing::NotHere, |open| attending::closing(open, node));
    let event = |by| Event::TabClose {
        tab: gone.tab.clone(),
        by,
    };
    match (gone.why, open, closing) {
        (Why::Frozen, _, _) => {
            server.attendance.kept(gone, now);
            return Ok(());
        }
        (Why::Crossed, _, _) => {
            server.engine.apply(&record.digest, &event(None)).await?;
        }
        (Why::Silent, Some(open), Closing::AfterAnOffer(node)) => {
            attending::attend(server, &record.digest, &gone.tab, open, Attended::Hearing(node)).await?;
            server.attendance.kept(gone, now);
            return Ok(());
        }
        (Why::Silent, Some(_), Closing::Now) => {
            server.engine.apply(&record.digest, &event(node)).await?;
        }
        (Why::Silent, _, _) => {}
    }
    // A report that came while the tab was being closed found it open, and did nothing.
    if let Some(path) = server.attendance.closed(gone) {
        let tab = gone.tab.clone();
        let attended = attending::by(server, gone.handle);
        server
            .engine
            .apply(&record.digest, &Event::Tab { tab, path, attended })
            .await?;
    }
    Ok(())
}
