//! Instants of recordings: text with an offset, or a number since the epoch in the unit that its size tells.

use std::ops::Range;

use jiff::Timestamp;
use nightlatch_core::time::Instant;

use super::rows::{BadRow, bad, shortened};

/// Signs of people lie between 1990 and 2100. In these years no number of one unit is a number of another.
const YEARS: Range<u64> = 631_152_000..4_102_444_800;
/// How many of each unit a second has.
const UNITS: [u64; 4] = [1, 1_000, 1_000_000, 1_000_000_000];

/// The instant that a text means.
pub(super) fn instant(column: &'static str, text: &str) -> Result<Instant, BadRow> {
    let refused = |problem: String| Err(bad(column, format!("`{}` {problem}", shortened(text))));
    if let Some(number) = Number::of(text) {
        return match number.instant() {
            Some(at) => Ok(at),
            None => refused(
                "lies between 1990 and 2100 neither as seconds nor as milliseconds, microseconds or nanoseconds since the \
                 epoch; write one of these, or RFC 3339 with an offset such as 2026-03-02T09:00:00Z"
                    .to_owned(),
            ),
        };
    }
    match text.parse::<Timestamp>() {
        Ok(timestamp) => Ok(Instant::from_millis(timestamp.as_millisecond())),
        Err(_) => refused(format!("is no instant; {}", remedy(text))),
    }
}

/// A number as it was written: digits, and a fraction where there is one.
struct Number<'a> {
    whole: u64,
    fraction: &'a str,
}

impl<'a> Number<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        (digits(whole) && digits(fraction)).then_some(())?;
        let whole = whole.parse().ok()?;
        Some(Self { whole, fraction })
    }

    /// What it means in the unit in which it lies in these years.
    fn instant(&self) -> Option<Instant> {
        let unit = UNITS.into_iter().find(|unit| YEARS.contains(&(self.whole / unit)))?;
        let millis = match unit {
            // Three digits of the fraction, whether it has as many or not.
            1 => self.whole * 1000 + format!("{:0<3.3}", self.fraction).parse::<u64>().ok()?,
            unit => self.whole / (unit / 1000),
        };
        i64::try_from(millis).ok().map(Instant::from_millis)
    }
}

fn remedy(text: &str) -> String {
    if text.parse::<f64>().is_ok_and(f64::is_finite) && text.contains(['e', 'E']) {
        return "it was rounded by a spreadsheet; give the column the format of a text, and export it again".to_owned();
    }
    let local = text.trim().replace(' ', "T");
    if local.parse::<jiff::civil::DateTime>().is_ok() && local.len() > "2026-03-02".len() {
        return format!("it has no offset; write for example {local}Z or {local}+01:00");
    }
    "write RFC 3339 with an offset such as 2026-03-02T09:00:00Z, or seconds, milliseconds, microseconds or nanoseconds since \
     the epoch"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_is_recognised_however_it_is_written() {
        for text in [
            "2026-03-02T09:00:00Z",
            "2026-03-02T09:00:00.000Z",
            "2026-03-02t09:00:00z",
            "2026-03-02 09:00:00Z",
            "2026-03-02 09:00:00+00:00",
            "2026-03-02T10:00:00+01:00",
            "2026-03-02T10:00:00+0100",
            "2026-03-02T10:00:00+01",
            "2026-03-02T03:30:00-05:30",
            "2026-03-02T10:00:00+01:00[Europe/Berlin]",
            "20260302T090000Z",
            "1772442000",
            "1772442000.0",
            "1772442000000",
            "1772442000000.5",
            "1772442000000000",
            "1772442000000000000",
        ] {
            let at = instant("at", text).map(Instant::as_millis);
            assert_eq!(at, Ok(1_772_442_000_000), "{text}");
        }
    }

    #[test]
    fn fractions_are_kept_to_the_millisecond() {
        for (text, millis) in [
            ("1772442000.25", 1_772_442_000_250),
            ("1772442000250", 1_772_442_000_250),
            ("1772442000250999", 1_772_442_000_250),
            ("1772442000250999999", 1_772_442_000_250),
            ("2026-03-02T09:00:00.25Z", 1_772_442_000_250),
        ] {
            assert_eq!(instant("at", text).map(Instant::as_millis), Ok(millis), "{text}");
        }
    }

    #[test]
    fn what_means_nothing_for_certain_is_refused_with_a_remedy() {
        for (text, words) in [
            ("", "RFC 3339"),
            ("yesterday", "RFC 3339"),
            ("02/03/2026 09:00", "RFC 3339"),
            ("2026-03-02", "RFC 3339"),
            ("2026-03-02T09:00:00", "no offset"),
            ("2026-03-02 09:00:00", "2026-03-02T09:00:00Z"),
            ("0", "neither as seconds"),
            ("5", "neither as seconds"),
            ("60000", "neither as seconds"),
            ("2026", "neither as seconds"),
            ("20260302", "neither as seconds"),
            ("46083.375", "neither as seconds"),
            ("-1772442000", "RFC 3339"),
            ("17724420000", "neither as seconds"),
            ("1.77244E+12", "rounded"),
            ("NaN", "RFC 3339"),
            ("inf", "RFC 3339"),
            ("99999999999999999999999", "RFC 3339"),
            ("1,772,442,000", "RFC 3339"),
        ] {
            let refused = instant("at", text).expect_err(text);
            assert_eq!(refused.column, "at");
            assert!(refused.problem.contains(words), "{text}: {}", refused.problem);
        }
    }
}
