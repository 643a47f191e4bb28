//! Durations and limits written as text.

use super::{Ms, text};
use serde_json::Value;

/// "No limit": longer than anything a scenario can say.
pub(crate) const OFF: Ms = Ms::MAX;

/// `90s`, `1h30m`, `0s`: parts of digits and a unit, larger units first, each once.
pub(crate) fn duration(value: &Value) -> Result<Ms, String> {
    let whole = text(value)?;
    let units: [(&str, Ms); 5] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut rest = whole;
    let mut total: Ms = 0;
    let mut smallest_so_far = Ms::MAX;
    while !rest.is_empty() {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        rest = &rest[digits.len()..];
        let letters: String = rest.chars().take_while(|letter| !letter.is_ascii_digit()).collect();
        rest = &rest[letters.len()..];
        let number: Ms = digits
            .parse::<i64>()
            .map_err(|_| format!("bad number in {whole:?}"))?
            .into();
        let (_, unit) = units
            .into_iter()
            .find(|(name, _)| *name == letters)
            .ok_or_else(|| format!("bad unit in {whole:?}"))?;
        if unit >= smallest_so_far {
            return Err(format!("units out of order in {whole:?}"));
        }
        smallest_so_far = unit;
        total += number * unit;
    }
    if smallest_so_far == Ms::MAX || total > i64::MAX.into() {
        return Err(format!("not a duration: {whole:?}"));
    }
    Ok(total)
}

/// A duration above zero.
pub(crate) fn positive(value: &Value) -> Result<Ms, String> {
    match duration(value)? {
        0 => Err("a duration of zero".to_owned()),
        length => Ok(length),
    }
}

/// A duration above zero, or `off`.
pub(crate) fn limit(value: &Value) -> Result<Ms, String> {
    if value == "off" { Ok(OFF) } else { positive(value) }
}

/// What a user asks for: any duration, or `off`.
pub(crate) fn wish(value: &Value) -> Result<Ms, String> {
    if value == "off" { Ok(OFF) } else { duration(value) }
}
