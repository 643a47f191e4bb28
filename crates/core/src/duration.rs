//! Durations as people write them: `30m`, `1h30m`, `off` (LIFETIME section 1).

use std::fmt;
use std::str::FromStr;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Span;

/// Larger units first: the order in which a compound must name them.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number without a unit: nobody can tell seconds from minutes.
    #[error("`{0}` has no unit{units}", units = units_of(.0))]
    NoUnit(String),
    /// Nothing.
    #[error("an empty text is not a duration")]
    Empty,
    /// Not numbers with units, the larger unit first, each unit once.
    #[error("`{0}` is not a duration: whole numbers with the units d, h, m, s, ms, larger units first, as in `1h30m`")]
    Malformed(String),
    /// More milliseconds than an instant can hold.
    #[error("`{0}` is longer than nightlatch can count")]
    TooLong(String),
    /// `off` where a limit is required.
    #[error("`off` is only possible for idle and absolute values")]
    OffNotPossible,
}

/// What a number would be with each unit. Zero is no limit with any of them, so nobody is told to write that.
fn units_of(number: &str) -> String {
    if number.bytes().all(|digit| digit == b'0') {
        return String::new();
    }
    format!(": `{number}s` are seconds, `{number}m` minutes, `{number}h` hours")
}

impl FromStr for Span {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let malformed = || DurationError::Malformed(text.to_owned());
        let too_long = || DurationError::TooLong(text.to_owned());
        match text {
            "off" => return Err(DurationError::OffNotPossible),
            "" => return Err(DurationError::Empty),
            _ => {}
        }
        let mut total: u64 = 0;
        let mut rest = text;
        let mut allowed = UNITS.as_slice();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            if number.is_empty() {
                return Err(malformed());
            }
            if unit.is_empty() {
                return Err(if number == text {
                    DurationError::NoUnit(text.to_owned())
                } else {
                    malformed()
                });
            }
            let position = allowed
                .iter()
                .position(|(name, _)| *name == unit)
                .ok_or_else(malformed)?;
            let number: u64 = number.parse().map_err(|_| too_long())?;
            total = number
                .checked_mul(allowed[position].1)
                .and_then(|part| total.checked_add(part))
                .filter(|total| i64::try_from(*total).is_ok())
                .ok_or_else(too_long)?;
            allowed = &allowed[position + 1..];
            rest = tail;
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, millis) in UNITS {
            if rest >= millis {
                write!(f, "{}{unit}", rest / millis)?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

/// An idle or absolute value: a duration, or `off` for no limit. Ordered by strictness: `off` is the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit(u64);

impl Limit {
    /// No limit.
    pub const OFF: Self = Self(u64::MAX);

    /// The limit is reached after `span`.
    #[must_use]
    pub const fn after(span: Span) -> Self {
        Self(span.0)
    }

    /// The duration, or `None` when there is no limit.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        (self != Self::OFF).then_some(Span(self.0))
    }
}

impl FromStr for Limit {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        if text == "off" {
            Ok(Self::OFF)
        } else {
            text.parse().map(Self::after)
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span() {
            Some(span) => span.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(DurationText("a duration such as \"30m\""))
            .and_then(|text| text.parse().map_err(D::Error::custom))
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(DurationText("a duration such as \"30m\", or \"off\""))?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Takes text alone, and answers a bare number with the remedy: quote it and give it a unit.
struct DurationText(&'static str);

impl Visitor<'_> for DurationText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<String, E> {
        Err(self.bare(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<String, E> {
        Err(self.bare(number))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<String, E> {
        Err(self.bare(number))
    }
}

impl DurationText {
    fn bare<E: serde::de::Error>(&self, number: impl fmt::Display) -> E {
        E::custom(format_args!(
            "{number} is a bare number; write {} in quotes, with its unit",
            self.0
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Result<u64, DurationError> {
        text.parse::<Span>().map(Span::as_millis)
    }

    #[test]
    fn compounds_name_larger_units_first() {
        assert_eq!(millis("1h30m"), Ok(5_400_000));
        assert_eq!(millis("60m"), millis("1h"));
        assert_eq!(millis("1d2h3m4s5ms"), Ok(93_784_005));
        assert_eq!(millis("0s"), Ok(0));
        assert_eq!(millis("250ms"), Ok(250));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "", "m", "30", "1.5h", "-1m", "1 h", " 1h", "30m1h", "1h1h", "1w", "1H", "+1s", "1h30", "off", "１s",
        ] {
            assert!(millis(text).is_err(), "{text:?}");
        }
        assert_eq!(millis("30"), Err(DurationError::NoUnit("30".to_owned())));
        assert_eq!(
            millis("18446744073709551615s"),
            Err(DurationError::TooLong("18446744073709551615s".to_owned()))
        );
        assert_eq!(
            millis("99999999999999999999d"),
            Err(DurationError::TooLong("99999999999999999999d".to_owned()))
        );
    }

    #[test]
    fn text_is_the_shortest_compound() {
        for text in ["1h30m", "1d", "5ms", "0s", "3d4h"] {
            assert_eq!(text.parse::<Span>().map(|span| span.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(
            "90m".parse::<Limit>().map(|limit| limit.to_string()).as_deref(),
            Ok("1h30m")
        );
        assert_eq!(Limit::OFF.to_string(), "off");
    }

    #[test]
    fn off_is_the_longest_limit() {
        assert!(Limit::after(Span(i64::MAX as u64)) < Limit::OFF);
    }
}
