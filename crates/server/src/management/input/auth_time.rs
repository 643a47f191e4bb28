//! `auth_time`: when somebody authenticated, by the clock of whoever says so.
//!
//! That clock is never exactly ours. One that is a little ahead must not keep anybody out, and one that is far ahead is a
//! mistake, most often in the unit.

use nightlatch_core::time::{Instant, Span};
use schemars::JsonSchema;
use serde::Deserialize;

use super::epoch_seconds::{EXPECTED, EpochSeconds};
use super::impossible;
use crate::http::problem::Problem;

/// When somebody authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::management) struct AuthTime(EpochSeconds);

impl AuthTime {
    /// The instant in the past that is meant, or none: ahead of our clock by at most `leeway` means the moment of the change.
    pub(in crate::management) fn by(self, now: Instant, leeway: Span) -> Result<Option<Instant>, Problem> {
        let at = self.0.at;
        if at <= now + leeway {
            return Ok((at < now).then_some(at));
        }
        let remedy = match self.0.finer_unit(now) {
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
}
