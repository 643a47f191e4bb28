//! Instants as an ID token has them: seconds since the epoch.

use std::borrow::Cow;
use std::fmt;

use nightlatch_core::time::{Instant, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// Seconds since the epoch (RFC 7519: a fraction is possible).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EpochSeconds {
    /// The whole seconds, as they were sent.
    seconds: u64,
    pub(super) at: Instant,
}

/// The last second of the year 9999. Nobody means a later one, and no date in our answers could tell it.
const LAST: u64 = 253_402_300_799;

pub(super) const EXPECTED: &str = "seconds since the epoch, as in an ID token";

impl EpochSeconds {
    /// The unit in which the number would be an instant of the last century or the next.
    pub(super) fn finer_unit(self, now: Instant) -> Option<&'static str> {
        let near = now.since(Instant::default()).as_millis() / 1000;
        [
            (1_000, "milliseconds"),
            (1_000_000, "microseconds"),
            (1_000_000_000, "nanoseconds"),
        ]
        .into_iter()
        .find(|(of_a_second, _)| (near / 4..=near.saturating_mul(2)).contains(&(self.seconds / of_a_second)))
        .map(|(_, unit)| unit)
    }

    /// Whether it lies so far ahead that no date tells it.
    pub(super) fn is_beyond_dates(self) -> bool {
        self.seconds > LAST
    }
}

impl<'de> Deserialize<'de> for EpochSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Seconds)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = EpochSeconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<EpochSeconds, E> {
        Ok(EpochSeconds {
            seconds,
            at: Instant::default() + Span::from_secs(seconds),
        })
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<EpochSeconds, E> {
        let seconds = u64::try_from(seconds).map_err(|_| E::invalid_value(Unexpected::Signed(seconds), &self))?;
        self.visit_u64(seconds)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<EpochSeconds, E> {
        let span = std::time::Duration::try_from_secs_f64(seconds);
        let span = span.map_err(|_| E::invalid_value(Unexpected::Float(seconds), &self))?;
        // A fraction of a second has no exact form in binary.
        let millis = u64::try_from((span.as_micros() + 500) / 1000).unwrap_or(u64::MAX);
        Ok(EpochSeconds {
            seconds: span.as_secs(),
            at: Instant::default() + Span::from_millis(millis),
        })
    }
}

impl JsonSchema for EpochSeconds {
    fn schema_name() -> Cow<'static, str> {
        "EpochSeconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "minimum": 0,
            "maximum": LAST,
            "description": "Seconds since the epoch, as in an ID token.",
            "examples": [1_767_225_600],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_seconds_is_refused() {
        for text in [
            "-1",
            "-0.5",
            "1e400",
            "\"1767225600\"",
            "\"now\"",
            "true",
            "[1]",
            "null",
        ] {
            assert!(serde_json::from_str::<EpochSeconds>(text).is_err(), "{text}");
        }
    }
}
