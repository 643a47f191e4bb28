//! The packed word: the last activity of a live session, the first that the store has not heard of, and two flags in 64 bits, so
//! that a touch is one compare-exchange that refuses a closed word and never goes back.
//!
//! A word is closed when the session ends, and also when its table entry is replaced by one with other limits, tabs or
//! holds: whoever finds a word closed looks the session up again. That is what makes every change of a session atomic
//! for touches without a lock: a touch lands either before the change, which then carries it over, or not at all.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_core::time::{Instant, Span};

const CLOSED: u64 = 1 << 63;
/// The store knows an older activity than this word.
const DIRTY: u64 = 1 << 62;
/// How long before the last activity the first was that the store has not heard of, in milliseconds. The store works out from it
/// how long nobody was there, so it must never be longer than it was: a gate would stay open after an absence. What does not fit in
/// (17 minutes without a flush) is cut short, which makes an absence longer at most.
const SINCE_FIRST: u64 = (1 << 20) - 1;
const SINCE_FIRST_AT: u32 = 42;
/// Milliseconds since the Unix epoch, until the year 2109.
const SEEN: u64 = (1 << SINCE_FIRST_AT) - 1;

/// The packed word.
#[derive(Debug)]
pub struct Word(AtomicU64);

/// What a word held at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The last activity.
    pub seen: Instant,
    /// Whether the word takes no touch any more.
    pub closed: bool,
    /// The first activity that the store is still to hear of, if there is any.
    pub unstored_since: Option<Instant>,
}

/// What became of a touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The activity is recorded; `first` if the store knew everything before it, so that it is to be told.
    Recorded {
        /// Whether this touch made the word dirty.
        first: bool,
    },
    /// Somebody changed the word in between: judge again from what it holds now.
    Changed,
    /// The word is closed: look the session up again.
    Closed,
}

impl Word {
    /// An open word.
    #[must_use]
    pub fn new(seen: Instant, unstored_since: Option<Instant>) -> Self {
        Self(AtomicU64::new(pack(seen, unstored_since)))
    }

    /// A word that never takes a touch.
    #[must_use]
    pub fn closed(seen: Instant) -> Self {
        Self(AtomicU64::new(pack(seen, None) | CLOSED))
    }

    /// What it holds now.
    #[must_use]
    pub fn read(&self) -> Reading {
        unpack(self.0.load(Ordering::Acquire))
    }

    /// Records activity at `seen`, judged from `reading`.
    #[must_use]
    pub fn touch(&self, reading: Reading, seen: Instant) -> Touch {
        if reading.closed {
            return Touch::Closed;
        }
        if seen <= reading.seen {
            return Touch::Recorded { first: false };
        }
        let before = pack(reading.seen, reading.unstored_since);
        let after = pack(seen, reading.unstored_since.or(Some(seen)));
        match self
            .0
            .compare_exchange(before, after, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => Touch::Recorded {
                first: reading.unstored_since.is_none(),
            },
            Err(now) if now & CLOSED != 0 => Touch::Closed,
            Err(_) => Touch::Changed,
        }
    }

    /// Closes the word for good; what it held then is final.
    pub fn close(&self) -> Reading {
        unpack(self.0.fetch_or(CLOSED, Ordering::AcqRel))
    }

    /// Closes the word unless the store is still to hear of it. True if it was open and is closed now.
    pub fn close_if_clean(&self) -> bool {
        let held = self.0.load(Ordering::Acquire);
        held & (CLOSED | DIRTY) == 0
            && self
                .0
                .compare_exchange(held, held | CLOSED, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
    }

    /// Takes the dirty flag: the caller now tells the store what the word held.
    pub fn clean(&self) -> Reading {
        unpack(self.0.fetch_and(SEEN | CLOSED, Ordering::AcqRel))
    }

    /// Puts the dirty flag back: the store could not be told of the activity since `first`.
    pub fn soil(&self, first: Instant) {
        let soiled = |word: u64| {
            let reading = unpack(word);
            let first = reading.unstored_since.map_or(first, |since| since.min(first));
            Some(pack(reading.seen, Some(first)) | word & CLOSED)
        };
        // The closure always answers, so this cannot fail.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, soiled);
    }
}

fn pack(seen: Instant, unstored_since: Option<Instant>) -> u64 {
    let millis = u64::try_from(seen.as_millis()).unwrap_or(0).min(SEEN);
    let unstored = unstored_since.map_or(0, |first| {
        DIRTY | seen.since(first).as_millis().min(SINCE_FIRST) << SINCE_FIRST_AT
    });
    millis | unstored
}

fn unpack(word: u64) -> Reading {
    let seen = Instant::from_millis(i64::try_from(word & SEEN).unwrap_or(i64::MAX));
    let since_first = Span::from_millis(word >> SINCE_FIRST_AT & SINCE_FIRST);
    Reading {
        seen,
        closed: word & CLOSED != 0,
        unstored_since: (word & DIRTY != 0).then(|| seen - since_first),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_millis(millis)
    }

    fn unstored(word: &Word) -> (Instant, Option<Instant>) {
        let Reading {
            seen, unstored_since, ..
        } = word.read();
        (seen, unstored_since)
    }

    #[test]
    fn the_first_activity_since_the_last_flush_is_known() {
        let word = Word::new(at(1_000_000), None);
        for seen in [1_000_007, 1_000_900, 2_000_000] {
            let first = seen == 1_000_007;
            assert_eq!(word.touch(word.read(), at(seen)), Touch::Recorded { first });
            assert_eq!(unstored(&word), (at(seen), Some(at(1_000_007))));
        }
        assert_eq!(word.clean().unstored_since, Some(at(1_000_007)));
        assert_eq!(unstored(&word), (at(2_000_000), None));
        word.soil(at(1_000_007));
        assert_eq!(unstored(&word), (at(2_000_000), Some(at(1_000_007))));
        word.soil(at(1_500_000));
        assert_eq!(unstored(&word).1, Some(at(1_000_007)), "the earlier one stays");
    }

    /// An absence looks longer then, which closes a gate that could have stayed open.
    #[test]
    fn what_is_too_long_ago_is_cut_short() {
        let word = Word::new(at(0), None);
        for seen in [1_000, 2_000_000] {
            assert!(matches!(word.touch(word.read(), at(seen)), Touch::Recorded { .. }));
        }
        assert_eq!(unstored(&word), (at(2_000_000), Some(at(2_000_000 - 1_048_575))));
    }

    #[test]
    fn closed_words_keep_what_they_held() {
        let word = Word::new(at(5_000), Some(at(4_000)));
        let held = word.close();
        assert_eq!(
            (held.seen, held.unstored_since, held.closed),
            (at(5_000), Some(at(4_000)), false)
        );
        word.soil(at(3_000));
        assert!(word.read().closed);
        assert!(word.clean().closed && word.read().closed, "for good");
    }
}
