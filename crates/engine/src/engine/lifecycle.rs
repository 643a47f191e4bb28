//! How sessions begin, change hands and end. All of it is in the store before it is answered.

use std::sync::{Arc, PoisonError};

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::session::{Answer, EndReason, Event, Session};
use nightlatch_core::time::Instant;

use super::change::{Settled, audit_entry};
use super::{Engine, Standing};
use crate::audit::AuditKind;
use crate::live::Held;
use crate::store::{Created, Creation, End, Ended, Filter, Record, Result, Revisions, Selector, StoreError};
use crate::token::{Digest, Handle, Token};

/// Ends go to the store in portions, so that a large one holds nobody else up for long.
const PORTION: usize = 1000;

/// Somebody who has authenticated and is to be signed in.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// Who.
    pub subject: Box<str>,
    /// Application, device and roles.
    pub facts: Facts,
    /// The idle limit the user picked, offered or not.
    pub choice: Option<Limit>,
    /// How they authenticated (RFC 8176 names).
    pub amr: Vec<Box<str>>,
    /// When they authenticated, if that was before now.
    pub authenticated: Option<Instant>,
    /// Who asks, for the audit.
    pub actor: Box<str>,
}

/// A session that has just begun, or got a new token.
#[derive(Debug)]
pub struct SignedIn {
    /// Its public id.
    pub handle: Handle,
    /// Its secret: this is the only time it is told.
    pub token: Token,
}

impl Engine {
    /// Signs somebody in.
    pub async fn create(&self, new: NewSession) -> Result<SignedIn> {
        let now = self.clock.now();
        let history = self.in_force.load_full();
        let (handle, token) = (Handle::random(now), Token::random());
        let authenticated = new.authenticated.unwrap_or(now);
        let held = Held {
            digest: token.digest(),
            handle,
            subject: new.subject.into(),
            session: Session::sign_in(self.shared_facts(new.facts), new.choice, authenticated, now),
            revisions: Revisions {
                own: history.revision(),
                today: history.revision(),
            },
            version: 0,
            stored: now,
        };
        let record = Record {
            digest: held.digest,
            handle,
            subject: Arc::clone(&held.subject),
            amr: new.amr,
            created: now,
            session: held.session.clone(),
            revisions: held.revisions,
            due: held.due(&history),
            version: 0,
        };
        let audit = audit_entry(&held, now, AuditKind::SignIn, &new.actor, None);
        let creation = Creation {
            record,
            audit,
            room: None,
            claim: None,
        };
        let Created::Added(_) = self.health.wrote(self.store.create(&creation).await, now)? else {
            return Err(StoreError::Damaged("a random 256-bit token exists already".to_owned()));
        };
        self.keep(held);
        Ok(SignedIn { handle, token })
    }

    fn shared_facts(&self, facts: Facts) -> Arc<Facts> {
        let mut known = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = known.get(&facts) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(facts);
        known.insert(Arc::clone(&shared));
        shared
    }

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
