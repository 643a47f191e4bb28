//! What is drawn, in the terminal and as SVG alike: two panels over one axis of idle limits.

use nightlatch_core::replay::Tally;
use nightlatch_core::time::Span;

use super::study::Study;
use super::words::rough;

/// Idle limits that are named below the axis, in minutes.
const NAMED: [u64; 9] = [1, 2, 5, 10, 15, 30, 60, 120, 240];
const MINUTE: f64 = 60_000.0;

#[derive(Debug)]
pub(super) struct Chart {
    pub(super) panels: [Panel; 2],
    pub(super) axis: Axis,
    /// Where the candidates are.
    pub(super) marks: Vec<Mark>,
}

#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) unit: &'static str,
    /// Place on the axis, and value.
    pub(super) curve: Vec<(f64, f64)>,
    /// From zero up.
    pub(super) ticks: Vec<f64>,
}

/// A logarithmic axis: doubling the limit is one step, wherever it starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    shortest: f64,
    longest: f64,
}

#[derive(Debug)]
pub(super) struct Mark {
    pub(super) name: String,
    pub(super) at: f64,
    /// Value and text, for each panel.
    pub(super) values: [(f64, String); 2],
}

impl Axis {
    /// Between zero and one.
    fn place(self, idle: Span) -> f64 {
        let (low, high) = (self.shortest.ln(), self.longest.ln());
        ((minutes(idle).max(self.shortest).ln() - low) / (high - low)).min(1.0)
    }

    /// The limits to be named, with their places.
    pub(super) fn ticks(self) -> impl Iterator<Item = (f64, String)> {
        let named = NAMED.into_iter().map(|minutes| Span::from_secs(minutes * 60));
        let within = move |idle: &Span| (self.shortest..=self.longest).contains(&minutes(*idle));
        named
            .filter(within)
            .map(move |idle| (self.place(idle), idle.to_string()))
    }
}

impl Panel {
    /// The value at the top.
    pub(super) fn top(&self) -> f64 {
        self.ticks.last().copied().unwrap_or(1.0)
    }
}

pub(super) fn chart(study: &Study) -> Chart {
    let sweep = &study.sweep;
    let idles = || sweep.iter().map(|point| point.idle);
    let axis = Axis {
        shortest: minutes(idles().min().unwrap_or_default()).max(1e-6),
        longest: minutes(idles().max().unwrap_or_default()).max(1e-5),
    };
    let marks: Vec<Mark> = study
        .candidates
        .iter()
        .filter_map(|outcome| {
            let tally = &outcome.replay.all;
            Some(Mark {
                name: outcome.candidate.name.clone(),
                at: axis.place(outcome.candidate.policy.idle.span()?),
                values: [
                    (interrupted(tally), percent(interrupted(tally))),
                    (hours(tally), rough(tally.unattended.total)),
                ],
            })
        })
        .collect();
    let panel = |which: usize, title: String, unit, value: fn(&Tally) -> f64| {
        let curve: Vec<_> = sweep
            .iter()
            .map(|point| (axis.place(point.idle), value(&point.tally)))
            .collect();
        let values = curve
            .iter()
            .map(|(_, value)| *value)
            .chain(marks.iter().map(|mark| mark.values[which].0));
        let ticks = ticks(values.fold(0.0, f64::max));
        Panel {
            title,
            unit,
            curve,
            ticks,
        }
    };
    let panels = [
        panel(
            0,
            format!("Sessions interrupted, their people back within {}", study.within),
            "%",
            interrupted,
        ),
        panel(1, "Time left unattended, all sessions together".to_owned(), "h", hours),
    ];
    Chart { panels, axis, marks }
}

fn percent(value: f64) -> String {
    if value == 0.0 || value >= 10.0 {
        format!("{value:.0} %")
    } else {
        format!("{value:.1} %")
    }
}

/// In a hundred sessions.
fn interrupted(tally: &Tally) -> f64 {
    100.0 * float(tally.interrupted) / float(tally.sessions.max(1))
}

fn hours(tally: &Tally) -> f64 {
    minutes(tally.unattended.total) / 60.0
}

fn minutes(span: Span) -> f64 {
    float(span.as_millis()) / MINUTE
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is not that exact")]
fn float(number: u64) -> f64 {
    number as f64
}

/// Round numbers from zero to just above the largest value, at most four steps.
fn ticks(largest: f64) -> Vec<f64> {
    if largest <= 0.0 {
        return vec![0.0, 1.0];
    }
    let power = 10_f64.powf((largest / 4.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| largest <= step * 4.0)
        .unwrap_or(largest);
    // Sums of tenths are not quite tenths.
    let tidy = |value: f64| (value * 1e6).round() / 1e6;
    let steps = (1..=4).map(|count| tidy(step * f64::from(count)));
    let below = steps.clone().filter(|tick| *tick < largest).count();
    std::iter::once(0.0).chain(steps.take(below + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_above_the_largest_value() {
        assert_eq!(ticks(0.0), [0.0, 1.0]);
        assert_eq!(ticks(100.0), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(ticks(37.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(1300.0), [0.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(ticks(0.53), [0.0, 0.2, 0.4, 0.6]);
        for value in [0.003, 0.7, 1.0, 9.99, 12_345.0] {
            let ticks = ticks(value);
            assert!(
                ticks.len() <= 5 && ticks[ticks.len() - 1] >= value,
                "{value}: {ticks:?}"
            );
        }
    }

    #[test]
    fn doubling_a_limit_is_one_step_anywhere() {
        let axis = Axis {
            shortest: 1.0,
            longest: 256.0,
        };
        let place = |minutes: u64| axis.place(Span::from_secs(minutes * 60));
        assert!((place(16) - 0.5).abs() < 1e-9);
        assert!((place(4) - place(2) - (place(64) - place(32))).abs() < 1e-9);
        assert_eq!((place(1), place(256)), (0.0, 1.0));
    }
}
