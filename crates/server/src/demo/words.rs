//! Durations as the pages say them.

use nightlatch_core::duration::Limit;
use nightlatch_core::time::Span;

const UNITS: [(&str, u64); 4] = [
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
    ("second", 1000),
];

/// `1 minute 30 seconds`.
pub(super) fn of_span(span: Span) -> String {
    let mut rest = span.as_millis();
    let mut words = Vec::new();
    for (unit, millis) in UNITS {
        match rest / millis {
            0 => {}
            1 => words.push(format!("1 {unit}")),
            many => words.push(format!("{many} {unit}s")),
        }
        rest %= millis;
    }
    if rest > 0 || words.is_empty() {
        words.push(format!("{rest} ms"));
    }
    words.join(" ")
}

pub(super) fn of_limit(limit: Limit) -> String {
    limit.span().map_or_else(|| "no limit".to_owned(), of_span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        for (text, words) in [
            ("45s", "45 seconds"),
            ("1m", "1 minute"),
            ("1m30s", "1 minute 30 seconds"),
            ("1h1s", "1 hour 1 second"),
            ("250ms", "250 ms"),
            ("0s", "0 ms"),
            ("2d", "2 days"),
        ] {
            assert_eq!(of_span(text.parse().expect("a duration")), words);
        }
        assert_eq!(of_limit(Limit::OFF), "no limit");
    }
}
