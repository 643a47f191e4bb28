//! Until when whoever authenticated a person says that the session may last.

use std::sync::Arc;

use nightlatch_core::time::Instant;
use nightlatch_store::Result;
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::token::Digest;

use super::change::{ATTEMPTS, Settled, audit_entry, changed_all_the_time};
use super::{Engine, Standing, Uncancelled};

impl Engine {
    /// Tells a session until when it may last, or that nobody says so any more. Where that has passed, the session ends now.
    /// Answers how it stands then.
    pub async fn bound(self: &Arc<Self>, digest: &Digest, not_after: Option<Instant>, actor: &str) -> Result<Standing> {
        let (digest, actor) = (*digest, Box::<str>::from(actor));
        self.run_to_completion(move |engine| Box::pin(async move { engine.bound(&digest, not_after, &actor).await }))
            .await
    }
}

impl Uncancelled {
    async fn bound(&self, digest: &Digest, not_after: Option<Instant>, actor: &str) -> Result<Standing> {
        let turn = self.stripes.turn(digest).await;
        for _ in 0..ATTEMPTS {
            let now = self.now();
            let before = match self.settled(&turn, digest, now).await? {
                Settled::Alive(before) => before,
                Settled::Over(standing) => return Ok(standing),
            };
            // The end is never dated before what brought it about. It is written with the next step: if this process stops in
            // between, the bound is stored, and whoever reads the session next ends it there.
            let not_after = not_after.map(|at| at.max(now));
            if not_after == before.session.not_after {
                return Ok(self.standing_of(before, now));
            }
            let mut after = before.clone();
            after.session.not_after = not_after;
            let told = AuditEntry {
                detail: session_bound(not_after, now).or_else(|| Some("lifted".into())),
                ..audit_entry(&before, now, AuditKind::Bound, actor)
            };
            if self
                .write_amendment(&turn, &before, &mut after, None, vec![told], now)
                .await?
            {
                return Ok(self.settled(&turn, digest, now).await?.standing(self, now));
            }
            self.refresh(&turn, digest).await?;
        }
        Err(changed_all_the_time())
    }
}

/// What the audit is told of it.
pub(super) fn session_bound(not_after: Option<Instant>, now: Instant) -> Option<Box<str>> {
    let left = not_after?.since(now);
    Some(format!("lasts {left} more at the most").into())
}
