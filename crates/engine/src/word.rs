//! The packed word: the last activity of a live session and two flags in 64 bits, so that a touch is one
//! compare-exchange that refuses a closed word and never goes back.
//!
//! A word is closed when the session ends, and also when its table entry is replaced by one with other limits, tabs or
//! holds: whoever finds a word closed looks the session up again. That is what makes every change of a session atomic
//! for touches without a lock: a touch lands either before the change, which then carries it over, or not at all.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_core::time::Instant;

const CLOSED: u64 = 1 << 63;
/// The store knows an older activity than this word.
const DIRTY: u64 = 1 << 62;
const SEEN: u64 = DIRTY - 1;

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
    /// Whether the store is still to hear of the last activity.
    pub dirty: bool,
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
    pub fn new(seen: Instant, dirty: bool) -> Self {
        Self(AtomicU64::new(pack(seen) | if dirty { DIRTY } else { 0 }))
    }

    /// A word that never takes a touch.
    #[must_use]
    pub fn closed(seen: Instant) -> Self {
        Self(AtomicU64::new(pack(seen) | CLOSED))
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
        let before = pack(reading.seen) | if reading.dirty { DIRTY } else { 0 };
        match self
            .0
            .compare_exchange(before, pack(seen) | DIRTY, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => Touch::Recorded { first: !reading.dirty },
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
        unpack(self.0.fetch_and(!DIRTY, Ordering::AcqRel))
    }

    /// Puts the dirty flag back: the store could not be told.
    pub fn soil(&self) {
        self.0.fetch_or(DIRTY, Ordering::AcqRel);
    }
}

fn pack(seen: Instant) -> u64 {
    u64::try_from(seen.as_millis()).unwrap_or(0) & SEEN
}

fn unpack(word: u64) -> Reading {
    Reading {
        seen: Instant::from_millis(i64::try_from(word & SEEN).unwrap_or(i64::MAX)),
        closed: word & CLOSED != 0,
        dirty: word & DIRTY != 0,
    }
}
