//! Properties over random recordings.

use nightlatch_core::duration::Limit;
use nightlatch_core::replay::{Recorded, Recording, Tally, replay};
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Span;
use proptest::prelude::*;

use super::{MINUTE, minute, minutes, policy, recorded};

const WITHIN: i64 = 5;

/// Pauses in minutes, and after how many the person signs out, if they do.
type Drawn = (Vec<i64>, Option<i64>);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let pause = prop_oneof![6 => 1_i64..6, 3 => 6_i64..40, 1 => 40_i64..600];
    let session = (prop::collection::vec(pause.clone(), 0..20), prop::option::of(pause));
    prop::collection::vec(session, 0..8)
}

fn times((pauses, _): &Drawn) -> Vec<i64> {
    let mut at = 0;
    std::iter::once(0)
        .chain(pauses.iter().map(|pause| {
            at += pause;
            at
        }))
        .collect()
}

fn recording(drawn: &[Drawn]) -> Recording {
    let session = |drawn: &Drawn| -> Recorded {
        let times = times(drawn);
        let last = times.last().copied().unwrap_or_default();
        recorded(None, &times, drawn.1.map(|after| (last + after, EndReason::User)))
    };
    Recording::new(drawn.iter().map(session).collect())
}

/// The same counts, without sessions or policies: subtraction alone.
fn naive(drawn: &[Drawn], idle: i64, absolute: i64) -> Tally {
    let mut tally = Tally::default();
    let mut absences: Vec<i64> = Vec::new();
    for session in drawn {
        let times = times(session);
        let last = times[times.len() - 1];
        let over = session.1.map(|after| last + after);
        let (mut begun, mut interrupted, mut earlier) = (0, false, false);
        for (index, since) in times.iter().enumerate() {
            let back = times.get(index + 1).copied();
            let until = back.or(over).unwrap_or(i64::MAX);
            let stop = (since + idle).min(begun + absolute);
            let is_absolute = begun + absolute <= since + idle;
            let stopped = stop <= until;
            if until - since > WITHIN {
                absences.push(stop.min(until) - since);
            }
            if stopped {
                earlier |= stop < over.unwrap_or(last);
                let soon = back.is_some_and(|back| back - stop <= WITHIN);
                tally.returns += u64::from(back.is_some());
                if is_absolute {
                    tally.absolute_ends += 1;
                    tally.cut_off += u64::from(soon);
                } else {
                    tally.idle_ends += 1;
                    tally.interruptions += u64::from(soon);
                    interrupted |= soon;
                }
                begun = back.unwrap_or(begun);
            }
        }
        tally.sessions += 1;
        tally.interrupted += u64::from(interrupted);
        tally.ended_earlier += u64::from(earlier);
    }
    absences.sort_unstable();
    let at_rank = |share: usize| {
        let rank = (absences.len() * share).div_ceil(100).max(1);
        span(absences.get(rank - 1).copied().unwrap_or(0))
    };
    tally.unattended.absences = absences.len() as u64;
    tally.unattended.total = span(absences.iter().sum());
    tally.unattended.median = at_rank(50);
    tally.unattended.ninetieth = at_rank(90);
    tally.unattended.longest = at_rank(100);
    tally
}

fn span(minutes: i64) -> Span {
    minute(minutes).since(minute(0))
}

fn limit(minutes: i64) -> Limit {
    Limit::after(Span::from_millis(
        u64::try_from(minutes * MINUTE).expect("not negative"),
    ))
}

proptest! {
    /// Where no absolute limit moves the sign-ins about.
    #[test]
    fn a_stricter_idle_never_leaves_more_time_unattended(drawn in drawn(), strict in 1_i64..120, more in 0_i64..120) {
        let recording = recording(&drawn);
        let told = |idle| replay(&recording, &policy(limit(idle), Limit::OFF), minutes(5)).all;
        let (strict, lax) = (told(strict), told(strict + more));
        prop_assert!(strict.unattended.total <= lax.unattended.total);
        prop_assert!(strict.unattended.longest <= lax.unattended.longest);
        prop_assert!(strict.ended_earlier >= lax.ended_earlier);
        prop_assert!(strict.idle_ends >= lax.idle_ends);
    }

    #[test]
    fn without_an_idle_limit_nobody_is_interrupted(drawn in drawn(), absolute in prop::option::of(1_i64..600)) {
        let absolute = absolute.map_or(Limit::OFF, limit);
        let told = replay(&recording(&drawn), &policy(Limit::OFF, absolute), minutes(5)).all;
        prop_assert_eq!((told.interruptions, told.interrupted, told.idle_ends), (0, 0, 0));
    }

    #[test]
    fn the_counts_are_those_of_a_naive_recomputation(drawn in drawn(), idle in 1_i64..90, absolute in 1_i64..600) {
        let told = replay(&recording(&drawn), &policy(limit(idle), limit(absolute)), minutes(5)).all;
        prop_assert_eq!(told, naive(&drawn, idle, absolute));
    }

    /// The order of the sessions decides nothing.
    #[test]
    fn the_order_decides_nothing(drawn in drawn(), idle in 1_i64..90) {
        let backwards: Vec<Drawn> = drawn.iter().rev().cloned().collect();
        let policy = policy(limit(idle), limit(480));
        prop_assert_eq!(replay(&recording(&drawn), &policy, minutes(5)), replay(&recording(&backwards), &policy, minutes(5)));
    }
}
