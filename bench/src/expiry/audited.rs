//! What the audit says of the wave.

use std::collections::HashSet;

use anyhow::{Context as _, ensure};
use nightlatch_core::session::EndReason;
use nightlatch_engine::Engine;
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::token::Handle;

use crate::filling::Crowd;

const PAGE: usize = 10_000;

/// Reads every end, and fails where one is missing, told twice, or of somebody else.
pub(super) async fn count(engine: &Engine, crowd: &Crowd) -> anyhow::Result<usize> {
    let mut open: HashSet<Handle> = crowd.handles.iter().copied().collect();
    let mut after = 0;
    loop {
        let filter = AuditFilter {
            kind: Some(AuditKind::Ended),
            after,
            limit: PAGE,
            ..AuditFilter::default()
        };
        let page = engine.audit(&filter).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        for record in &page {
            let handle = record.entry.handle.context("an end of nobody")?;
            ensure!(open.remove(&handle), "session {handle} ended twice, or should not have");
            ensure!(
                record.entry.reason == Some(EndReason::Idle),
                "session {handle} ended for another reason"
            );
        }
    }
    ensure!(
        open.is_empty(),
        "{} sessions have no audit record of their end",
        open.len()
    );
    Ok(crowd.handles.len())
}
