//! Tokens of somebody else. An application behind a proxy may have tokens of its own that look like ours, and sends one with
//! every request; the store is asked about it once.

use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_store::token::Digest;

/// So many are remembered, 32 KiB of them.
const SLOTS: usize = 4096;

/// Digests that the store has not heard of. That never changes: a token of ours is random, and nobody can send one before it
/// is in the store. So nothing here is ever wrong, and what is forgotten is asked again.
#[derive(Debug)]
pub(crate) struct Strangers(Box<[AtomicU64]>);

impl Default for Strangers {
    fn default() -> Self {
        Self((0..SLOTS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Strangers {
    pub(crate) fn contain(&self, digest: &Digest) -> bool {
        let (slot, mark) = self.place(digest);
        slot.is_some_and(|slot| slot.load(Ordering::Relaxed) == mark)
    }

    /// In place of whichever was there.
    pub(crate) fn remember(&self, digest: &Digest) {
        let (slot, mark) = self.place(digest);
        if let Some(slot) = slot {
            slot.store(mark, Ordering::Relaxed);
        }
    }

    /// The mark is 64 bits of a hash, never those of an empty slot: that two tokens share theirs is as likely as guessing.
    fn place(&self, digest: &Digest) -> (Option<&AtomicU64>, u64) {
        let number = |part: &[u8]| part.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let (mark, rest) = digest.as_bytes().split_at(8);
        let at = number(&rest[..8]) % SLOTS as u64;
        let slot = usize::try_from(at).ok().and_then(|at| self.0.get(at));
        (slot, number(mark).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_remembered_is_known_until_another_takes_the_place() {
        let strangers = Strangers::default();
        let with = |first: u8, slot: u8| {
            let mut bytes = [0; 32];
            (bytes[0], bytes[15]) = (first, slot);
            Digest::from_bytes(bytes)
        };
        let (one, beside, same_place) = (with(1, 1), with(1, 2), with(2, 1));
        assert!(!strangers.contain(&one));
        strangers.remember(&one);
        assert!(strangers.contain(&one) && !strangers.contain(&beside) && !strangers.contain(&same_place));
        strangers.remember(&same_place);
        assert!(!strangers.contain(&one) && strangers.contain(&same_place));
    }

    #[test]
    fn an_empty_place_is_nobody() {
        assert!(!Strangers::default().contain(&Digest::from_bytes([0; 32])));
    }
}
