//! The table's side of the long way: sessions are taken out to be worked on and put back as a whole.

use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Instant;

use super::Engine;
use crate::live::Held;
use crate::store::{Record, Result};
use crate::token::Digest;

impl Engine {
    /// Takes a session out of the table, or out of the store; says whether it came fresh from the store.
    pub(super) async fn hold(&self, digest: &Digest, now: Instant) -> Result<Option<(Held, bool)>> {
        if let Some(live) = self.live.pin().get(digest) {
            return Ok(Some((Held::from_live(*digest, live), false)));
        }
        let record = self.health.read(self.store.get(digest).await, now)?;
        Ok(record.map(|record| (Held::from_record(record), true)))
    }

    /// Whether the store knows more of the session than the table did; then the table now knows it, too. Where the store
    /// does not answer, the entry stands.
    pub(super) async fn is_outdated(&self, held: &Held) -> bool {
        let Ok(record) = self.store.get(&held.digest).await else {
            return false;
        };
        let same = record.as_ref().is_some_and(|record| {
            record.version == held.version
                && record.ended().is_none()
                && record.session.activity.seen <= held.session.activity.seen
        });
        if !same {
            self.replace(&held.digest, record);
        }
        !same
    }

    /// Brings the table up to what the store knows.
    pub(super) async fn refresh(&self, digest: &Digest) -> Result<()> {
        let record = self.store.get(digest).await?;
        self.replace(digest, record);
        Ok(())
    }

    fn replace(&self, digest: &Digest, record: Option<Record>) {
        match record {
            Some(record) => self.keep(Held::from_record(record)),
            None => self.forget(digest),
        }
    }

    /// Puts a session into the table, with the touches that landed on its old entry meanwhile.
    pub(super) fn keep(&self, mut held: Held) {
        let table = self.live.pin();
        let digest = held.digest;
        if let Some(old) = table.get(&digest) {
            let closed = old.activity(old.word.close());
            held.session.activity.seen = held.session.activity.seen.max(closed.seen);
            held.session.activity.longest_absence = held.session.activity.longest_absence.max(closed.longest_absence);
            held.stored = held.stored.max(old.stored());
        }
        let handle = held.handle;
        let dirty = held.session.activity.seen > held.stored;
        table.insert(digest, held.into_live(&self.in_force.load()));
        if dirty {
            self.mark_dirty(digest);
        }
        self.watchers.announce(handle);
    }

    /// Remembers an end in the table, if the session is there. The caller holds its stripe.
    pub(super) fn keep_ended(&self, digest: Digest, at: Instant, reason: EndReason) {
        let held = self.live.pin().get(&digest).map(|live| Held::from_live(digest, live));
        if let Some(mut held) = held {
            held.session.state = State::Ended { at, reason };
            held.session.last_page = None;
            held.session.presence = None;
            self.keep(held);
        }
    }

    pub(super) fn forget(&self, digest: &Digest) {
        let table = self.live.pin();
        if let Some(live) = table.get(digest) {
            live.word.close();
            table.remove(digest);
        }
    }
}
