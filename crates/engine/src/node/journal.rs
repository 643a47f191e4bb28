//! The ends that this node has acknowledged, heard of or read, for a while.
//!
//! An end is final for whoever has heard of it. A store may forget what it has acknowledged, where a standby without the last
//! changes takes over. Then the session looks alive in the store; nobody is let in by that here, whatever is read, and the store is
//! told of the end once more.

use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::{Digest, Handle};

use crate::prefix_hash::PrefixHash;

/// Longer than a store takes until its successor answers.
const KEPT: Span = Span::from_secs(600);

#[derive(Debug, Default)]
pub(crate) struct Journal(papaya::HashMap<Digest, KnownEnd, PrefixHash>);

/// An end that somebody was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownEnd {
    pub(crate) handle: Handle,
    pub(crate) at: Instant,
    pub(crate) reason: EndReason,
}

impl Journal {
    /// Takes down an end. The first that was heard of stays.
    pub(crate) fn note(&self, digest: Digest, end: KnownEnd) {
        self.0.pin().get_or_insert(digest, end);
    }

    pub(crate) fn end_of(&self, digest: &Digest) -> Option<KnownEnd> {
        self.0.pin().get(digest).copied()
    }

    /// All of them, the earliest first.
    pub(crate) fn ends(&self) -> Vec<(Digest, KnownEnd)> {
        let mut ends: Vec<_> = self.0.pin().iter().map(|(digest, end)| (*digest, *end)).collect();
        ends.sort_unstable_by_key(|(digest, end)| (end.at, *digest));
        ends
    }

    pub(crate) fn forget_old(&self, now: Instant) {
        self.0.pin().retain(|_, end| now.since(end.at) < KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_end_stays_until_nobody_can_come_late_for_it() {
        let (journal, digest) = (Journal::default(), Digest::from_bytes([7; 32]));
        let end = |at, reason| KnownEnd {
            handle: Handle::from_bytes([7; 16]),
            at: Instant::from_millis(at),
            reason,
        };
        assert_eq!(journal.end_of(&digest), None);
        journal.note(digest, end(10, EndReason::Admin));
        journal.note(digest, end(7, EndReason::User));
        let first = end(10, EndReason::Admin);
        assert_eq!(journal.end_of(&digest), Some(first));
        journal.note(Digest::from_bytes([8; 32]), end(5, EndReason::User));
        let ends = || journal.ends().into_iter().map(|(_, end)| end).collect::<Vec<_>>();
        assert_eq!(ends(), [end(5, EndReason::User), first]);
        journal.forget_old(Instant::from_millis(600_009));
        assert_eq!(ends(), [first]);
        journal.forget_old(Instant::from_millis(600_010));
        assert_eq!(ends(), []);
    }
}
