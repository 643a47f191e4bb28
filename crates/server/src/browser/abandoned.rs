//! Closes the tabs that nobody serves any more, so that absence is noticed whatever became of the browser.

use std::sync::Arc;
use std::time::Duration;

use nightlatch_core::session::Event;
use nightlatch_engine::Standing;
use nightlatch_store::{Filter, Page, StoreError};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::attendance::Gone;
use crate::server_state::ServerState;

const LOOK_EVERY: Duration = Duration::from_millis(500);
const PAGE: usize = 500;

/// Works until the server stops.
pub(crate) async fn close(server: Arc<ServerState>) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut remembered = false;
    loop {
        let now = tokio::select! {
            now = ticks.tick() => now,
            () = server.shutdown.cancelled() => return,
        };
        if !remembered {
            // Until the store answers: a tab that was open when the server was killed is known to the store alone.
            remembered = remember_unless_others_do(&server, now).await.is_ok();
        }
        for gone in server.attendance.gone(now) {
            if let Err(error) = close_one(&server, &gone, now).await {
                tracing::debug!(%error, handle = %gone.handle, "an abandoned tab waits for the store");
                server.attendance.kept(&gone, now);
            }
        }
    }
}

/// Another node that is there may serve tabs that nobody reports here.
async fn remember_unless_others_do(server: &ServerState, now: Instant) -> Result<(), StoreError> {
    if server.engine.is_alone().await? {
        remember(server, now).await?;
    }
    Ok(())
}

/// The open tabs of every session that the store knows.
async fn remember(server: &ServerState, now: Instant) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = Page { after, limit: PAGE };
        let records = server.engine.list(&Filter::default(), page).await?;
        let full = records.len() == PAGE;
        after = records.last().map(|record| record.handle);
        for record in records {
            for (tab, path) in record.session.presence.iter().flat_map(|presence| &presence.tabs) {
                server
                    .attendance
                    .remembered(record.handle, tab.clone(), path.clone(), now);
            }
        }
        if !full {
            return Ok(());
        }
    }
}

async fn close_one(server: &ServerState, gone: &Gone, now: Instant) -> Result<(), StoreError> {
    // The token may be another one than the tab was reported with.
    let found = server.engine.find(&gone.handle).await?;
    let Some((record, Standing::Live(_))) = found else {
        server.attendance.closed(gone);
        return Ok(());
    };
    if gone.frozen {
        server.attendance.kept(gone, now);
        return Ok(());
    }
    let tab = gone.tab.clone();
    server.engine.apply(&record.digest, &Event::TabClose { tab }).await?;
    // A report that came while the tab was being closed found it open, and did nothing.
    if let Some(path) = server.attendance.closed(gone) {
        let tab = gone.tab.clone();
        server.engine.apply(&record.digest, &Event::Tab { tab, path }).await?;
    }
    Ok(())
}
