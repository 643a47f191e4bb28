//! `not_after`: until when a session may last, as whoever authenticated the person says.

use nightlatch_core::time::Instant;
use schemars::JsonSchema;
use serde::Deserialize;

use super::epoch_seconds::{EXPECTED, EpochSeconds};
use super::impossible;
use crate::http::problem::Problem;

/// Until when a session may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::management) struct NotAfter(EpochSeconds);

impl NotAfter {
    /// The instant that is meant. One in milliseconds would lie tens of thousands of years ahead, and bound nothing.
    pub(in crate::management) fn by(self, now: Instant) -> Result<Instant, Problem> {
        match self.0.finer_unit(now) {
            Some(unit) => Err(impossible(format!(
                "not_after: it is {unit} since the epoch, by its size; send {EXPECTED}"
            ))),
            None if self.0.is_beyond_dates() => Err(impossible(
                "not_after: it is later than the year 9999; send null where nothing bounds the session".to_owned(),
            )),
            None => Ok(self.0.at),
        }
    }
}

/// What a session is to be told. It has to be said: a body without it is a mistake, and must not lift a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected seconds since the epoch, as in an ID token, or null")]
pub(in crate::management) enum Bound {
    /// Until when it may last.
    NotAfter(NotAfter),
    /// Nobody says so any more.
    Lifted(()),
}

impl Bound {
    /// See [`NotAfter::by`].
    pub(in crate::management) fn by(self, now: Instant) -> Result<Option<Instant>, Problem> {
        match self {
            Self::NotAfter(not_after) => not_after.by(now).map(Some),
            Self::Lifted(()) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    #[derive(Debug, Deserialize)]
    struct Body {
        not_after: Bound,
    }

    /// An error where it is refused.
    fn told(body: &str) -> Result<Option<i64>, ()> {
        let body: Body = serde_json::from_str(body).map_err(drop)?;
        let at = body.not_after.by(Instant::from_millis(NOW)).map_err(drop)?;
        Ok(at.map(Instant::as_millis))
    }

    #[test]
    fn an_instant_is_in_seconds_and_null_lifts_the_bound() {
        for (body, expected) in [
            (r#"{"not_after": 1767225601}"#, Ok(Some(NOW + 1000))),
            (r#"{"not_after": 1767225601.5}"#, Ok(Some(NOW + 1500))),
            (r#"{"not_after": 1767225599}"#, Ok(Some(NOW - 1000))),
            (r#"{"not_after": null}"#, Ok(None)),
            (r#"{"not_after": 253402300799}"#, Ok(Some(253_402_300_799_000))),
            (r#"{"not_after": 253402300800}"#, Err(())),
            (r#"{"not_after": 1767225601000}"#, Err(())),
            (r#"{"not_after": 1e18}"#, Err(())),
            (r#"{"not_after": 1e307}"#, Err(())),
            (r#"{"not_after": "off"}"#, Err(())),
            (r#"{"not_after": -1}"#, Err(())),
            ("{}", Err(())),
        ] {
            assert_eq!(told(body), expected, "{body}");
        }
    }
}
