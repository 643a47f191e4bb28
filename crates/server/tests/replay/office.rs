//! The recording in `docs/examples/activity.csv`, as `docs/replay.md` describes it: sixty people, five days, and the pauses
//! that people make.

use std::fmt::Write as _;

const MINUTE: u64 = 60;
const DAYS: u64 = 5;
const PEOPLE: u64 = 60;
/// Of a hundred pauses so many are between these lengths, in seconds.
const PAUSES: [(u64, u64, u64); 5] = [
    (74, 20, 3 * MINUTE),
    (20, 3 * MINUTE, 9 * MINUTE),
    (4, 9 * MINUTE, 14 * MINUTE),
    (1, 14 * MINUTE, 28 * MINUTE),
    (1, 28 * MINUTE, 75 * MINUTE),
];

/// A linear congruential generator: the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + (self.0 >> 33) % (high - low)
    }

    fn pause(&mut self) -> u64 {
        let mut drawn = self.between(0, 100);
        for (share, low, high) in PAUSES {
            if drawn < share {
                return self.between(low, high);
            }
            drawn -= share;
        }
        unreachable!("the shares are a hundred")
    }
}

pub(crate) fn recording() -> String {
    let mut numbers = Numbers(1);
    let mut text = "session,at,application,subject,kind\n".to_owned();
    for day in 0..DAYS {
        for person in 0..PEOPLE {
            let session = format!("s{:03}", 1 + day * PEOPLE + person);
            let application = if person % 3 == 0 { "ledger" } else { "tickets" };
            let mut at = numbers.between(8 * 60 * MINUTE, 15 * 60 * MINUTE);
            let mut row = |at: u64, rest: &str| {
                let (hour, minute, second) = (at / 3600, at / 60 % 60, at % 60);
                let day = 2 + day;
                writeln!(
                    text,
                    "{session},2026-03-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{rest}"
                )
                .expect("a string");
            };
            row(at, &format!("{application},p{person:02},sign-in"));
            for _ in 0..numbers.between(8, 40) {
                at += numbers.pause();
                row(at, ",,activity");
            }
            if numbers.between(0, 2) == 0 {
                row(at + numbers.between(5, MINUTE), ",,sign-out");
            }
        }
    }
    text
}
