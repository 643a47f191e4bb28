//! For how long a node decides by its own table.
//!
//! A beat is answered after the store has written it and has read what others changed. So whatever was acknowledged before the beat
//! was *sent* is in its answer or in an earlier one, and from that moment on a node may be up to `end_bound` behind. The
//! lease counts from there, on the clock that counts suspension: a process that was stopped finds it run out when it goes on, and
//! decides nothing before it has heard what it missed. No other clock plays a part.

use std::sync::atomic::{AtomicI64, Ordering};

use nightlatch_core::time::Span;

use crate::clock::Uptime;

#[derive(Debug)]
pub(crate) struct Lease {
    length: Span,
    /// Until when, as uptime in milliseconds.
    until: AtomicI64,
}

impl Lease {
    pub(crate) fn of(length: Span) -> Self {
        Self {
            length,
            until: AtomicI64::new(i64::MIN),
        }
    }

    /// All that the answer to the beat sent at `sent` has told is in the table now.
    pub(crate) fn extend(&self, sent: Uptime) {
        self.until
            .fetch_max((sent + self.length).as_millis(), Ordering::Release);
    }

    /// Whether the table may be decided by at `uptime`. To be asked with a reading of the clock from after the look into the table.
    pub(crate) fn holds_at(&self, uptime: Uptime) -> bool {
        uptime.as_millis() < self.until.load(Ordering::Acquire)
    }

    /// How long ago the last beat was sent that was answered; `None` before the first.
    pub(crate) fn age(&self, uptime: Uptime) -> Option<Span> {
        let until = self.until.load(Ordering::Acquire);
        (until != i64::MIN).then(|| (uptime + self.length).since(Uptime::from_millis(until)))
    }

    /// For how long it has been over; `None` while it holds, and before the first beat.
    pub(crate) fn expired_for(&self, uptime: Uptime) -> Option<Span> {
        let until = Uptime::from_millis(self.until.load(Ordering::Acquire));
        (until.as_millis() != i64::MIN && until <= uptime).then(|| uptime.since(until))
    }

    pub(crate) fn length(&self) -> Span {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Uptime {
        Uptime::from_millis(millis)
    }

    #[test]
    fn it_counts_from_when_the_beat_was_sent_and_never_goes_back() {
        let lease = Lease::of(Span::from_millis(1000));
        assert!(!lease.holds_at(at(0)), "nobody has answered yet");
        assert_eq!((lease.age(at(0)), lease.expired_for(at(0))), (None, None));
        lease.extend(at(500));
        assert!(lease.holds_at(at(1499)) && !lease.holds_at(at(1500)));
        lease.extend(at(100));
        assert!(lease.holds_at(at(1499)), "an answer that came late takes nothing away");
        assert_eq!(lease.age(at(700)), Some(Span::from_millis(200)));
        assert_eq!(lease.expired_for(at(1499)), None);
        assert_eq!(lease.expired_for(at(1800)), Some(Span::from_millis(300)));
        lease.extend(at(-10_000));
        assert!(!lease.holds_at(at(1500)));
    }
}
