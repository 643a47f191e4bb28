//! The table's side of the long way: sessions are taken out to be worked on and put back as a whole.

use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;
use nightlatch_store::token::Digest;
use nightlatch_store::{Record, Result, StoreError};

use super::{Engine, Uncancelled};
use crate::live::WorkingCopy;
use crate::stripes::Turn;

impl Uncancelled {
    /// Takes a session out of the table, or out of the store; says whether it came fresh from the store.
    pub(super) async fn working_copy(&self, digest: &Digest, now: Instant) -> Result<Option<(WorkingCopy, bool)>> {
        if let Some(live) = self.live.pin().get(digest) {
            return Ok(Some((WorkingCopy::from_live(*digest, live), false)));
        }
        let record = self.record(digest, now).await?;
        Ok(record.map(|record| (WorkingCopy::from_record(record), true)))
    }

    /// What the store knows of a session. Where it knows of a later policy than the one in force, that comes into force first:
    /// no session is judged by a policy that another process has replaced.
    pub(super) async fn record(&self, digest: &Digest, now: Instant) -> Result<Option<Record>> {
        let record = self.health.read(self.store.get(digest).await, now)?;
        if let Some(record) = &record {
            self.follow_policy_of(record).await?;
        }
        Ok(record)
    }

    /// Whether the store knows more of the session than the table did; then the table now knows it, too. Where the store
    /// does not answer, the entry stands.
    pub(super) async fn is_outdated(&self, turn: &Turn<'_>, copy: &WorkingCopy) -> bool {
        let Ok(record) = self.record(&copy.digest, self.clock.now()).await else {
            return false;
        };
        let same = record.as_ref().is_some_and(|record| {
            record.version == copy.version
                && record.ended().is_none()
                && record.session.activity.seen <= copy.session.activity.seen
        });
        if !same {
            self.replace(turn, &copy.digest, record);
        }
        !same
    }

    /// Brings the table up to what the store knows.
    pub(super) async fn refresh(&self, turn: &Turn<'_>, digest: &Digest) -> Result<()> {
        match self.record(digest, self.clock.now()).await {
            Ok(record) => self.replace(turn, digest, record),
            Err(error) => {
                // Whether it lives nobody can say any more, so nobody is let in by the table.
                if matches!(error, StoreError::Damaged(_)) {
                    self.forget(turn, digest);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Reads a session again that the table lets in, and believes the store.
    pub(super) async fn reread(&self, digest: &Digest) -> Result<()> {
        if !self.live.pin().contains_key(digest) {
            return Ok(());
        }
        let turn = self.stripes.turn(digest).await;
        self.refresh(&turn, digest).await
    }

    /// The store has told of a session: the table follows where it knows less.
    pub(super) async fn follow(&self, record: &Record) -> Result<()> {
        self.follow_policy_of(record).await?;
        if self.is_behind(record) {
            self.reread(&record.digest).await?;
        }
        Ok(())
    }

    fn replace(&self, turn: &Turn<'_>, digest: &Digest, record: Option<Record>) {
        match record {
            Some(record) => self.keep(turn, WorkingCopy::from_record(record)),
            None => self.forget(turn, digest),
        }
    }
}

/// Nobody changes the entry of a session but in its turn. A change that waits for the store has the turn from before it asks
/// until the table knows the answer; so whoever takes the turn after a write of somebody else finds what that write was
/// made from, or what it led to, and never overwrites the end of a session with what it was before.
impl Engine {
    /// Whether the table lets a session in that the store has ended, or does not know its latest change.
    pub(super) fn is_behind(&self, record: &Record) -> bool {
        self.live.pin().get(&record.digest).is_some_and(|live| {
            !is_over(live.session.state) && (record.ended().is_some() || record.version > live.version)
        })
    }

    /// Puts a session into the table, with the touches that landed on its old entry meanwhile.
    pub(super) fn keep(&self, turn: &Turn<'_>, mut copy: WorkingCopy) {
        debug_assert!(turn.is_of(&copy.digest), "a session is changed in the turn of another");
        let table = self.live.pin();
        let digest = copy.digest;
        if let Some(old) = table.get(&digest) {
            // A dead session never lives again, whatever else goes wrong.
            if is_over(old.session.state) && !is_over(copy.session.state) {
                return;
            }
            copy.take_over(old);
        }
        let handle = copy.handle;
        let dirty = copy.unstored_since.is_some();
        table.insert(digest, copy.into_live(&self.in_force.load()));
        if dirty {
            self.mark_dirty(digest);
        }
        self.watchers.announce(handle);
    }

    /// Remembers an end in the table, if the session is there.
    pub(super) fn keep_ended(&self, turn: &Turn<'_>, digest: Digest, at: Instant, reason: EndReason) {
        let copy = self
            .live
            .pin()
            .get(&digest)
            .map(|live| WorkingCopy::from_live(digest, live));
        if let Some(mut copy) = copy {
            copy.session.state = State::Ended { at, reason };
            copy.session.last_page = None;
            copy.session.presence = None;
            copy.ledger = None;
            self.keep(turn, copy);
        }
    }

    pub(super) fn forget(&self, turn: &Turn<'_>, digest: &Digest) {
        debug_assert!(turn.is_of(digest), "a session is forgotten in the turn of another");
        let table = self.live.pin();
        if let Some(live) = table.get(digest) {
            live.word.close();
            self.watchers.announce(live.handle);
            table.remove(digest);
        }
    }
}

fn is_over(state: State) -> bool {
    matches!(state, State::Ended { .. })
}
