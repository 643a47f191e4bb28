//! How sessions change hands and end. All of it is in the store before it is answered.

use std::sync::Arc;

use nightlatch_core::session::{Answer, EndReason, Event, Outdated, Refusal};
use nightlatch_core::time::Span;
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::token::{Digest, Token};
use nightlatch_store::{End, Ended, Filter, Result, Selector, StoreError};

use super::bounding::session_bound;
use super::change::{ATTEMPTS, Settled, audit_entry, changed_all_the_time};
use super::{Authentication, Engine, SignedIn, Standing, Uncancelled};

/// Ends go to the store in portions, so that a large one holds nobody else up for long.
const PORTION: usize = 1000;

/// What came of an authentication over a session.
#[derive(Debug)]
pub enum Reauthentication {
    /// The session goes on, with a new token.
    SignedIn(SignedIn),
    /// It is no newer than what the session knows, and changes nothing.
    Outdated(Outdated),
    /// The session would be over at once, and nothing is changed: the instant until which it may last has passed, so long ago.
    Passed(Span),
    /// The session is over or unknown.
    Over,
}

impl Reauthentication {
    /// The session that goes on.
    #[must_use]
    pub fn signed_in(self) -> Option<SignedIn> {
        match self {
            Self::SignedIn(signed_in) => Some(signed_in),
            Self::Outdated(_) | Self::Passed(_) | Self::Over => None,
        }
    }
}

impl Engine {
    /// The same person has authenticated again: both limits restart, a lock opens, until when the session may last is told anew,
    /// and it gets a new token; the old one stops working at once.
    pub async fn reauthenticate(
        self: &Arc<Self>,
        digest: &Digest,
        authentication: Authentication,
        actor: &str,
    ) -> Result<Reauthentication> {
        self.ensure_lease()?;
        let (digest, actor) = (*digest, Box::<str>::from(actor));
        self.run_to_completion(move |engine| {
            Box::pin(async move { engine.reauthenticate(&digest, authentication, &actor).await })
        })
        .await
    }

    /// Ends what the selector means and that lives; an end that is acknowledged here survives. Answers what this call ended.
    pub async fn end(self: &Arc<Self>, selector: &Selector, reason: EndReason, actor: &str) -> Result<Vec<Ended>> {
        let (selector, actor) = (selector.clone(), Box::<str>::from(actor));
        self.run_to_completion(move |engine| Box::pin(async move { engine.end(&selector, reason, &actor).await }))
            .await
    }

    /// Signs a person out. Answers how the session stands then: ended, for this or for an earlier reason, or unknown.
    pub async fn sign_out(self: &Arc<Self>, digest: &Digest, reason: EndReason) -> Result<Standing> {
        let digest = *digest;
        self.run_to_completion(move |engine| Box::pin(async move { engine.sign_out(&digest, reason).await }))
            .await
    }

    /// How many sessions an end with this filter would mean now.
    pub async fn count(&self, filter: &Filter) -> Result<u64> {
        self.health.read(self.store.count(filter).await, self.now())
    }
}

impl Uncancelled {
    /// See [`Engine::reauthenticate`].
    pub async fn reauthenticate(
        &self,
        digest: &Digest,
        authentication: Authentication,
        actor: &str,
    ) -> Result<Reauthentication> {
        let token = Token::random();
        // Whoever ends the session by its new token waits until the table knows that token.
        let turn = self.stripes.turns(digest, &token.digest()).await;
        for _ in 0..ATTEMPTS {
            let now = self.now();
            let Settled::Alive(before) = self.settled(&turn, digest, now).await? else {
                return Ok(Reauthentication::Over);
            };
            // Only what lives on is written as a change.
            if let Some(age) = authentication.passed(now) {
                return Ok(Reauthentication::Passed(age));
            }
            let history = self.in_force.load_full();
            let mut after = before.clone();
            let event = Event::Reauthenticate {
                authenticated: authentication.at.unwrap_or(now),
                not_after: authentication.not_after,
            };
            let policies = history.policies(after.revisions);
            match after.session.apply(&policies, &event, now).answer {
                Answer::Accepted => {}
                Answer::Refused(Refusal::Outdated(outdated)) => return Ok(Reauthentication::Outdated(outdated)),
                Answer::Refused(_) | Answer::Verdict(_) => return Ok(Reauthentication::Over),
            }
            after.note_signs_since(&before, now);
            after.revisions.own = after.revisions.today;
            let audit = vec![AuditEntry {
                detail: session_bound(authentication.not_after, now),
                ..audit_entry(&before, now, AuditKind::Reauthenticated, actor)
            }];
            let rotate_to = Some(token.digest());
            if self
                .write_amendment(&turn, &before, &mut after, rotate_to, audit, now)
                .await?
            {
                let handle = before.handle;
                return Ok(Reauthentication::SignedIn(SignedIn { handle, token }));
            }
            self.refresh(&turn, digest).await?;
        }
        Err(changed_all_the_time())
    }

    /// See [`Engine::end`].
    pub async fn end(&self, selector: &Selector, reason: EndReason, actor: &str) -> Result<Vec<Ended>> {
        if let Selector::Digest(digest) = selector {
            // A deadline that was reached first is the reason.
            self.settle(digest, self.now()).await?;
        } else {
            self.sweep().await?;
        }
        let end = End {
            reason,
            at: self.now(),
            actor: actor.into(),
        };
        let mut ended = Vec::new();
        loop {
            let portion = match self.writes().end(selector, &end, PORTION).await {
                Ok(portion) => portion,
                // Nobody may take this for "nothing was done".
                Err(error) if !ended.is_empty() => {
                    let so_far = ended.len();
                    return Err(StoreError::Unconfirmed(format!(
                        "{so_far} sessions have ended, and then {error}"
                    )));
                }
                Err(error) => return Err(error),
            };
            self.make_known(&portion).await;
            let last = portion.len() < PORTION;
            ended.extend(portion);
            if last {
                break;
            }
        }
        if ended.is_empty() {
            // Whoever is let in by the table nevertheless is let in no more when this is answered.
            self.reread_meant(selector).await?;
        }
        Ok(ended)
    }

    async fn sign_out(&self, digest: &Digest, reason: EndReason) -> Result<Standing> {
        let selector = Selector::Digest(*digest);
        if let Some(ended) = self.end(&selector, reason, "user").await?.pop() {
            return Ok(Standing::Ended {
                handle: ended.handle,
                at: ended.at,
                reason: ended.reason,
            });
        }
        self.settle(digest, self.now()).await
    }

    /// After the store has ended sessions: nobody is let in from the table any more, and whoever watches hears of it.
    pub(super) async fn make_known(&self, ended: &[Ended]) {
        for ended in ended {
            self.note_end(ended);
            // Whoever was reading the session back meanwhile has put it into the table before its turn is over.
            let _turn = self.stripes.turn(&ended.digest).await;
            self.keep_ended(ended.digest, ended.at, ended.reason);
            self.watchers.announce(ended.handle);
        }
    }
}
