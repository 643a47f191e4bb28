//! `auth_time`: when somebody authenticated, by the clock of whoever says so.
//!
//! That clock is never exactly ours. One that is a little ahead must not keep anybody out, and one that is far ahead is a
//! mistake, most often in the unit.

use std::borrow::Cow;
use std::fmt;

use nightlatch_core::time::{Instant, Span};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::impossible;
use crate::http::problem::Problem;

/// Seconds since the epoch, as in an ID token (RFC 7519: a fraction is possible).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::management) struct AuthTime {
    /// The whole seconds, as they were sent.
    seconds: u64,
    at: Instant,
}

const EXPECTED: &str = "seconds since the epoch, as `auth_time` of an ID token has them";

impl AuthTime {
    /// The instant in the past that is meant, or none: ahead of our clock by at most `leeway` means the moment of the change.
    pub(in crate::management) fn by(self, now: Instant, leeway: Span) -> Result<Option<Instant>, Problem> {
        let Self { seconds, at } = self;
        if at <= now + leeway {
            return Ok((at < now).then_some(at));
        }
        let remedy = match finer_unit(seconds, now) {
            Some(unit) => format!("it is {unit} since the epoch, by its size; send seconds"),
            None => format!(
                "the leeway for another clock is {leeway}; set the clocks by NTP, send {EXPECTED}, or raise \
                 management.auth_time_leeway"
            ),
        };
        let ahead = at.since(now);
        Err(impossible(format!(
            "auth_time: it lies {ahead} in the future by the clock of this server; {remedy}"
        )))
    }
}

/// The unit in which the number would be an instant of the last century or the next.
fn finer_unit(number: u64, now: Instant) -> Option<&'static str> {
    let near = now.since(Instant::default()).as_millis() / 1000;
    [
        (1_000, "milliseconds"),
        (1_000_000, "microseconds"),
        (1_000_000_000, "nanoseconds"),
    ]
    .into_iter()
    .find(|(of_a_second, _)| (near / 4..=near.saturating_mul(2)).contains(&(number / of_a_second)))
    .map(|(_, unit)| unit)
}

impl<'de> Deserialize<'de> for AuthTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Seconds)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = AuthTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<AuthTime, E> {
        Ok(AuthTime {
            seconds,
            at: Instant::default() + Span::from_secs(seconds),
        })
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<AuthTime, E> {
        let seconds = u64::try_from(seconds).map_err(|_| E::invalid_value(Unexpected::Signed(seconds), &self))?;
        self.visit_u64(seconds)
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<AuthTime, E> {
        let span = std::time::Duration::try_from_secs_f64(seconds);
        let span = span.map_err(|_| E::invalid_value(Unexpected::Float(seconds), &self))?;
        // A fraction of a second has no exact form in binary.
        let millis = u64::try_from((span.as_micros() + 500) / 1000).unwrap_or(u64::MAX);
        Ok(AuthTime {
            seconds: span.as_secs(),
            at: Instant::default() + Span::from_millis(millis),
        })
    }
}

impl JsonSchema for AuthTime {
    fn schema_name() -> Cow<'static, str> {
        "AuthTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "minimum": 0,
            "description": "Seconds since the epoch, as in an ID token.",
            "examples": [1_767_225_600],
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use http_body_util::BodyExt as _;

    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn auth_time(text: &str) -> AuthTime {
        serde_json::from_str(text).expect("a number of seconds")
    }

    fn told(text: &str, leeway: u64) -> Result<Option<i64>, Problem> {
        let told = auth_time(text).by(Instant::from_millis(NOW), Span::from_secs(leeway))?;
        Ok(told.map(Instant::as_millis))
    }

    #[test]
    fn a_clock_that_is_ahead_within_the_leeway_means_now() {
        for (text, leeway, expected) in [
            ("1767225600", 60, None),
            ("1767225599", 60, Some(NOW - 1000)),
            ("1767225599.25", 60, Some(NOW - 750)),
            ("1767225602", 60, None),
            ("1767225660", 60, None),
            ("1767225600", 0, None),
            ("0", 0, Some(0)),
        ] {
            assert_eq!(told(text, leeway).ok(), Some(expected), "{text} {leeway}");
        }
    }

    #[tokio::test]
    async fn what_is_further_ahead_is_refused_with_the_remedy() {
        for (text, leeway, words) in [
            ("1767225661", 60, "NTP"),
            ("1767225601", 0, "NTP"),
            ("1767225600.001", 0, "1ms in the future"),
            ("1767225600000", 60, "it is milliseconds"),
            ("1735689600000", 60, "it is milliseconds"),
            ("1767225600000000", 60, "it is microseconds"),
            ("1767225600000000000", 60, "it is nanoseconds"),
            ("18446744073709551615", 60, "in the future"),
        ] {
            let response = told(text, leeway).expect_err(text).into_response();
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains("auth_time: ") && body.contains(words), "{text}: {body}");
        }
    }

    #[test]
    fn what_is_no_number_of_seconds_is_refused() {
        for text in ["-1", "-0.5", "1e400", "\"1767225600\"", "\"now\"", "true", "[1]"] {
            assert!(serde_json::from_str::<AuthTime>(text).is_err(), "{text}");
        }
    }
}
