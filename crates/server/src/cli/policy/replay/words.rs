//! Numbers and findings in words.

use nightlatch_core::replay::Tally;
use nightlatch_core::time::Span;

use super::candidate::unseen;
use super::input::Precision;
use super::study::{Outcome, Study};

/// A length of time to the precision that matters: two units at most.
pub(super) fn rough(span: Span) -> String {
    let seconds = span.as_millis().saturating_add(500) / 1000;
    let minutes = seconds.saturating_add(30) / 60;
    match seconds {
        0 if span > Span::ZERO => span.to_string(),
        0..60 => format!("{seconds}s"),
        60..600 => Span::from_secs(seconds).to_string(),
        600..360_000 => match (minutes / 60, minutes % 60) {
            (0, minutes) => format!("{minutes}m"),
            (hours, 0) => format!("{hours}h"),
            (hours, minutes) => format!("{hours}h{minutes}m"),
        },
        _ => format!("{}h", minutes.saturating_add(30) / 60),
    }
}

/// How exact the report is.
pub(super) fn precision(study: &Study) -> Vec<String> {
    let input = &study.input;
    let sessions = counted(input.sessions, "session");
    let mut lines = vec![match input.precision {
        Precision::Signs => format!("Activity known for {sessions}, the end for {}.", input.ended),
        Precision::Edges => format!(
            "Only edges known for {sessions}: sign-in, last activity, end, and the longest absence as one gap; \
             counts are lower bounds."
        ),
    }];
    let left_out = input.left_out;
    for (count, why) in [
        (left_out.still_open, "still open"),
        (left_out.without_sign_in, "signed in before the export begins"),
        (left_out.without_last_activity, "recorded without the last activity"),
    ] {
        if count > 0 {
            lines.push(format!("Left out: {}, {why}.", counted(count, "session")));
        }
    }
    if input.skipped > 0 {
        lines.push(format!("Skipped: {}.", counted(input.skipped, "bad row")));
    }
    for outcome in study.current.iter().chain(&study.candidates) {
        if let Some(unseen) = unseen(&outcome.candidate.policy) {
            lines.push(format!(
                "{}: a recording does not show {unseen}.",
                outcome.candidate.name
            ));
        }
    }
    lines
}

/// What helps to decide: whom each candidate would have interrupted, and what the stricter one gains.
pub(super) fn verdict(study: &Study) -> String {
    let interrupted: Vec<String> = study
        .candidates
        .iter()
        .enumerate()
        .map(|(place, Outcome { candidate, replay })| {
            let (name, tally) = (&candidate.name, &replay.all);
            let count = match tally.interrupted {
                0 => "none".to_owned(),
                count => count.to_string(),
            };
            if place == 0 {
                let (of, within) = (counted(tally.sessions, "session"), study.within);
                format!("{name} would have interrupted {count} of {of} whose people were back within {within}")
            } else {
                format!("{name} {count}")
            }
        })
        .collect();
    format!("{}. {}", interrupted.join("; "), gain(study))
}

/// The strictest candidate against the laxest, or a single one against today's policy.
fn gain(study: &Study) -> String {
    let (strict, lax) = match (&study.candidates[..], &study.current) {
        ([strict, .., lax], _) => (strict, lax),
        ([candidate], Some(current)) => (candidate, current),
        ([candidate], None) => {
            return format!("{} were left unattended.", rough(candidate.replay.all.unattended.total));
        }
        ([], _) => return String::new(),
    };
    let name = |outcome: &Outcome| outcome.candidate.name.clone();
    change(&name(strict), &strict.replay.all, &name(lax), &lax.replay.all)
}

fn change(name: &str, strict: &Tally, than: &str, lax: &Tally) -> String {
    let (ours, theirs) = (strict.unattended.total, lax.unattended.total);
    if lax.endless > strict.endless {
        return format!(
            "Under {than} {} would never have ended.",
            counted(lax.endless, "session")
        );
    }
    let (from, to) = (rough(theirs), rough(ours));
    let percent = share(ours, theirs);
    match percent {
        _ if ours == theirs => format!("Both leave {to} unattended."),
        45..=55 => format!("From {than} to {name} the time left unattended halves, from {from} to {to}."),
        0..100 => format!(
            "From {than} to {name} the time left unattended falls by {} %, from {from} to {to}.",
            100 - percent
        ),
        _ => format!("From {than} to {name} the time left unattended grows from {from} to {to}."),
    }
}

/// In a hundred, rounded.
fn share(part: Span, whole: Span) -> u64 {
    let (part, whole) = (u128::from(part.as_millis()), u128::from(whole.as_millis()));
    u64::try_from((part * 200 + whole).checked_div(whole * 2).unwrap_or(100)).unwrap_or(u64::MAX)
}

/// In lines of a terminal.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}

pub(super) fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_rounded_to_what_matters() {
        let text = |millis| rough(Span::from_millis(millis));
        for (millis, expected) in [
            (0, "0s"),
            (400, "400ms"),
            (59_400, "59s"),
            (95_000, "1m35s"),
            (900_000, "15m"),
            (5_400_000, "1h30m"),
            (86_400_000, "24h"),
            (3_600_000 * 123 + 59_000 * 60, "124h"),
        ] {
            assert_eq!(text(millis), expected);
        }
    }

    #[test]
    fn a_change_says_what_the_stricter_policy_gains() {
        let leaves = |minutes: u64| {
            let mut tally = Tally::default();
            tally.unattended.total = Span::from_secs(minutes * 60);
            tally
        };
        let told = |ours, theirs| change("15m", &leaves(ours), "30m", &leaves(theirs));
        assert!(told(30, 60).contains("halves, from 1h to 30m"), "{}", told(30, 60));
        assert!(told(20, 100).contains("falls by 80 %"), "{}", told(20, 100));
        assert!(told(10, 10).contains("Both leave 10m"), "{}", told(10, 10));
        assert!(told(0, 0).contains("Both leave 0s"), "{}", told(0, 0));
        assert!(told(20, 10).contains("grows"), "{}", told(20, 10));
    }
}
