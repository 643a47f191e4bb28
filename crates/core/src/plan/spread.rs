//! How much sooner sessions end: the middle, the tail and a histogram.

use crate::time::Span;

/// The upper ends of the histogram's steps: minutes, then hours. The last step has none.
const UP_TO: [u64; 8] = [
    60_000, 300_000, 900_000, 1_800_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000,
];

/// So many spans, in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    millis: Vec<u64>,
    /// Sessions that had no deadline at all: nobody can say by how much they are shortened.
    from_no_limit: u64,
}

/// A step of the histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Spans up to this one, and longer than the step before; `None` for all that are longer.
    pub up_to: Option<Span>,
    /// How many.
    pub sessions: u64,
}

impl Spread {
    pub(super) fn add(&mut self, by: Option<Span>) {
        match by {
            Some(by) => self.millis.push(by.as_millis()),
            None => self.from_no_limit += 1,
        }
    }

    /// Sessions that had no deadline at all before.
    #[must_use]
    pub fn from_no_limit(&self) -> u64 {
        self.from_no_limit
    }

    /// The span that `percent` of all do not exceed; `None` where there are none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<Span> {
        let mut millis = self.millis.clone();
        let last = millis.len().checked_sub(1)?;
        let place = (last * percent.min(100)).div_ceil(100);
        Some(Span::from_millis(*millis.select_nth_unstable(place).1))
    }

    /// The histogram, empty steps included.
    #[must_use]
    pub fn histogram(&self) -> Vec<Step> {
        let ends = UP_TO.map(|end| Some(Span::from_millis(end))).into_iter().chain([None]);
        let mut steps: Vec<_> = ends.map(|up_to| Step { up_to, sessions: 0 }).collect();
        for millis in &self.millis {
            steps[UP_TO.partition_point(|end| end < millis)].sessions += 1;
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_steps_hold_every_span() {
        let mut spread = Spread::default();
        for minutes in 1..=10 {
            spread.add(Some(Span::from_secs(60 * minutes)));
        }
        spread.add(None);
        assert_eq!(spread.percentile(50), Some(Span::from_secs(360)));
        assert_eq!(spread.percentile(90), Some(Span::from_secs(600)));
        assert_eq!(spread.percentile(100), Some(Span::from_secs(600)));
        let sessions: Vec<_> = spread.histogram().iter().map(|step| step.sessions).collect();
        assert_eq!(sessions, [1, 4, 5, 0, 0, 0, 0, 0, 0]);
        assert_eq!(spread.from_no_limit(), 1);
        assert_eq!(Spread::default().percentile(50), None);
    }
}
