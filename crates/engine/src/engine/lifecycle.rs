//! How sessions change hands and end. All of it is in the store before it is answered.

use nightlatch_core::session::{Answer, EndReason, Event};

use super::change::{Settled, audit_entry};
use super::{Engine, SignedIn, Standing};
use crate::audit::AuditKind;
use crate::store::{End, Ended, Filter, Result, Selector};
use crate::token::{Digest, Token};

/// Ends go to the store in portions, so that a large one holds nobody else up for long.
const PORTION: usize = 1000;

impl Engine {
    /// The same person has authenticated again: both limits restart, a lock opens, and the session gets a new token; the
    /// old one stops working at once. `None` when the session is over or unknown.
    pub async fn reauthenticate(&self, digest: &Digest, actor: &str) -> Result<Option<SignedIn>> {
        let _stripe = self.stripes.lock(digest).await;
        let now = self.clock.now();
        let Settled::Held(before) = self.settled(digest, now).await? else {
            return Ok(None);
        };
        let history = self.in_force.load_full();
        let mut after = before.clone();
        let event = Event::Reauthenticate { same_subject: true };
        if after
            .session
            .apply(&history.policies(after.revisions), &event, now)
            .answer
            != Answer::Accepted
        {
            return Ok(None);
        }
        after.revisions.own = after.revisions.today;
        let token = Token::random();
        let audit = vec![audit_entry(&before, now, AuditKind::Reauthenticated, actor, None)];
        let written = self
            .write_amendment(&before, &mut after, Some(token.digest()), audit, now)
            .await?;
        Ok(written.then_some(SignedIn {
            handle: before.handle,
            token,
        }))
    }

    /// Ends what the selector means and that lives; an end that is acknowledged here survives. Answers what this call ended.
    pub async fn end(&self, selector: &Selector, reason: EndReason, actor: &str) -> Result<Vec<Ended>> {
        if let Selector::Digest(digest) = selector {
            // A deadline that was reached first is the reason.
            self.settle(digest, self.clock.now()).await?;
        } else {
            self.sweep().await?;
        }
        let end = End {
            reason,
            at: self.clock.now(),
            actor: actor.into(),
        };
        let mut ended = Vec::new();
        loop {
            let portion = self
                .health
                .wrote(self.store.end(selector, &end, PORTION).await, end.at)?;
            self.make_known(&portion).await;
            let last = portion.len() < PORTION;
            ended.extend(portion);
            if last {
                return Ok(ended);
            }
        }
    }

    /// Signs a person out. Answers how the session stands then: ended, for this or for an earlier reason, or unknown.
    pub async fn sign_out(&self, digest: &Digest, reason: EndReason) -> Result<Standing> {
        let selector = Selector::Digest(*digest);
        if let Some(ended) = self.end(&selector, reason, "user").await?.pop() {
            return Ok(Standing::Ended {
                handle: ended.handle,
                at: ended.at,
                reason: ended.reason,
            });
        }
        self.settle(digest, self.clock.now()).await
    }

    /// How many sessions an end with this filter would mean now.
    pub async fn count(&self, filter: &Filter) -> Result<u64> {
        self.health.read(self.store.count(filter).await, self.clock.now())
    }

    /// After the store has ended sessions: nobody is let in from the table any more, and whoever watches hears of it.
    pub(super) async fn make_known(&self, ended: &[Ended]) {
        for ended in ended {
            // Whoever was reading the session back meanwhile has put it into the table before the stripe is free.
            let _stripe = self.stripes.lock(&ended.digest).await;
            self.keep_ended(ended.digest, ended.at, ended.reason);
            self.watchers.announce(ended.handle);
        }
    }
}
