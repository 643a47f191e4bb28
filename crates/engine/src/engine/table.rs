//! The table's side of the long way: sessions are taken out to be worked on and put back as a whole.

use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;
use nightlatch_store::token::Digest;
use nightlatch_store::{Record, Result, StoreError};

use super::{Engine, Uncancelled};
use crate::live::WorkingCopy;
use crate::node::KnownEnd;
use crate::stripes::{Generation, Turn};

impl Uncancelled {
    /// Takes a session out of the table, or out of the store.
    pub(super) async fn working_copy(&self, digest: &Digest, now: Instant) -> Result<Option<WorkingCopy>> {
        if let Some(copy) = self.live_copy(digest) {
            return Ok(Some(copy));
        }
        let copy = self.stored_copy(digest, now).await?;
        // An outdated entry knows of activity that the store has not heard of.
        Ok(copy.map(|copy| self.merged(copy)))
    }

    /// What the store knows of a session. Where it knows of a later policy than the one in force, that comes into force first:
    /// no session is judged by a policy that another process has replaced.
    pub(super) async fn stored_copy(&self, digest: &Digest, now: Instant) -> Result<Option<WorkingCopy>> {
        let generation = self.stripes.generation(digest);
        let Some(record) = self.health.read(self.store.get(digest).await, now)? else {
            return Ok(None);
        };
        self.follow_policy_of(&record).await?;
        let mut copy = WorkingCopy::from_record(record, generation);
        let Some(node) = &self.node else {
            return Ok(Some(copy));
        };
        match (copy.session.state, node.journal.end_of(digest)) {
            // Whoever is told of it now is never told that it goes on, even if the store forgets it.
            (State::Ended { at, reason }, None) => {
                let handle = copy.handle;
                node.journal.note(*digest, KnownEnd { handle, at, reason });
            }
            // The store has forgotten what it had acknowledged.
            (State::Active | State::Locked { .. }, Some(KnownEnd { at, reason, .. })) => {
                copy.session.state = State::Ended { at, reason };
            }
            (State::Ended { .. }, Some(_)) | (State::Active | State::Locked { .. }, None) => {}
        }
        Ok(Some(copy))
    }

    /// Whether the store knows more of the session than the table did; then the table now knows it, too. Where the store
    /// does not answer, the entry of a process that has the store for itself stands.
    pub(super) async fn is_outdated(&self, turn: &Turn<'_>, copy: &WorkingCopy) -> Result<bool> {
        let stored = match self.stored_copy(&copy.digest, self.now()).await {
            Ok(stored) => stored,
            Err(error) if self.store_has_to_confirm() => return Err(error),
            Err(_) => return Ok(false),
        };
        let same = stored.as_ref().is_some_and(|stored| {
            stored.version == copy.version
                && !is_over(stored.session.state)
                && stored.session.activity.seen <= copy.session.activity.seen
        });
        if !same {
            self.replace(turn, &copy.digest, stored);
        }
        Ok(!same)
    }

    /// Asks the store before somebody is denied something.
    pub(super) async fn confirm(&self, turn: &Turn<'_>, digest: &Digest) -> Result<()> {
        self.tally(|counters| &counters.confirmations);
        self.refresh(turn, digest).await
    }

    /// Brings the table up to what the store knows.
    pub(super) async fn refresh(&self, turn: &Turn<'_>, digest: &Digest) -> Result<()> {
        match self.stored_copy(digest, self.now()).await {
            Ok(stored) => self.replace(turn, digest, stored),
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

    fn replace(&self, turn: &Turn<'_>, digest: &Digest, stored: Option<WorkingCopy>) {
        match stored {
            // Where it is not taken whoever asks next reads the store.
            Some(stored) => _ = self.keep(turn, stored),
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

    /// What the table knows of a session and may decide by.
    pub(super) fn live_copy(&self, digest: &Digest) -> Option<WorkingCopy> {
        let generation = self.stripes.generation(digest);
        let table = self.live.pin();
        let live = table.get(digest).filter(|live| !live.is_outdated())?;
        Some(WorkingCopy::from_live(*digest, live, generation))
    }

    /// Puts a session into the table, with the touches that landed on its old entry meanwhile. What another node has changed since it
    /// was read stays out, and so does what was there: whoever asks next reads the store. False then: activity that the table alone was
    /// to remember is nowhere, and must not be told to count.
    pub(super) fn keep(&self, turn: &Turn<'_>, mut copy: WorkingCopy) -> bool {
        debug_assert!(turn.is_of(&copy.digest), "a session is changed in the turn of another");
        let generation = self.stripes.hold(&copy.digest);
        let table = self.live.pin();
        let digest = copy.digest;
        let old = table.get(&digest);
        if !is_over(copy.session.state) {
            // A dead session never lives again, whatever else goes wrong.
            if old.is_some_and(|old| is_over(old.session.state)) {
                return false;
            }
            if *generation != copy.generation {
                old.inspect(|old| old.outdate());
                self.watchers.announce(copy.handle);
                return false;
            }
        }
        if let Some(old) = old {
            copy.take_over(old);
        }
        let handle = copy.handle;
        let dirty = copy.unstored_since.is_some();
        table.insert(digest, copy.into_live(&self.in_force.load()));
        if dirty {
            self.mark_dirty(digest);
        }
        self.watchers.announce(handle);
        true
    }

    /// Remembers an end in the table, if the session is there. Needs no turn: an end is the last that happens to a session, so whoever
    /// has the turn has nothing to add to it.
    pub(super) fn keep_ended(&self, digest: Digest, at: Instant, reason: EndReason) {
        let _generation = self.stripes.hold(&digest);
        let table = self.live.pin();
        let Some(live) = table.get(&digest).filter(|live| !is_over(live.session.state)) else {
            return;
        };
        let mut copy = WorkingCopy::from_live(digest, live, Generation::default());
        copy.take_over(live);
        copy.session.state = State::Ended { at, reason };
        copy.session.last_page = None;
        copy.session.presence = None;
        copy.ledger = None;
        let handle = copy.handle;
        table.insert(digest, copy.into_live(&self.in_force.load()));
        self.watchers.announce(handle);
    }

    pub(super) fn forget(&self, turn: &Turn<'_>, digest: &Digest) {
        debug_assert!(turn.is_of(digest), "a session is forgotten in the turn of another");
        let _generation = self.stripes.hold(digest);
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
