//! The ends that this node has acknowledged or heard of, for a while.
//!
//! An end is final for whoever has heard of it. A store may forget what it has acknowledged, where a standby without the last
//! changes takes over. Then the session looks alive in the store; nobody is let in by that here, whatever is read.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::Digest;

use crate::prefix_hash::PrefixHash;

/// Longer than a store takes until its successor answers.
const KEPT: Span = Span::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Journal(papaya::HashMap<Digest, Noted, PrefixHash>);

#[derive(Clone, Copy, Debug)]
struct Noted {
    at: Instant,
    reason: EndReason,
    /// When this node heard of it.
    heard: Instant,
}

impl Journal {
    /// Takes down an end. The first that was heard of stays.
    pub(crate) fn note(&self, digest: Digest, at: Instant, reason: EndReason, now: Instant) {
        let heard = Noted { at, reason, heard: now };
        self.0.pin().get_or_insert(digest, heard);
    }

    pub(crate) fn end_of(&self, digest: &Digest) -> Option<(Instant, EndReason)> {
        self.0.pin().get(digest).map(|noted| (noted.at, noted.reason))
    }

    pub(crate) fn forget_old(&self, now: Instant) {
        self.0.pin().retain(|_, noted| now.since(noted.heard) < KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_end_stays_until_nobody_can_come_late_for_it() {
        let (journal, digest) = (Journal::default(), Digest::from_bytes([7; 32]));
        let at = Instant::from_millis;
        assert_eq!(journal.end_of(&digest), None);
        journal.note(digest, at(5), EndReason::Admin, at(10));
        journal.note(digest, at(7), EndReason::User, at(10));
        assert_eq!(journal.end_of(&digest), Some((at(5), EndReason::Admin)));
        journal.forget_old(at(600_009));
        assert_eq!(journal.end_of(&digest), Some((at(5), EndReason::Admin)));
        journal.forget_old(at(600_010));
        assert_eq!(journal.end_of(&digest), None);
    }
}
