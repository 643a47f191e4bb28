//! Instants as text: RFC 3339 in UTC with milliseconds.

use jiff::Timestamp;
use nightlatch_core::time::Instant;

pub(crate) fn rfc3339(at: Instant) -> String {
    let end_of_time = if at.as_millis() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    let timestamp = Timestamp::from_millisecond(at.as_millis()).unwrap_or(end_of_time);
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_always_written() {
        assert_eq!(rfc3339(Instant::from_millis(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            rfc3339(Instant::from_millis(1_700_000_000_120)),
            "2023-11-14T22:13:20.120Z"
        );
        assert_eq!(&rfc3339(Instant::from_millis(i64::MAX))[..5], "9999-");
    }
}
