//! Numbers as people write them: `1M` is a million.

const SUFFIXES: [(&str, f64); 3] = [("k", 1e3), ("M", 1e6), ("G", 1e9)];
/// What is more than that nobody has, and arithmetic is no longer exact.
const MOST: f64 = 1e15;

pub(super) fn amount(text: &str) -> Result<f64, String> {
    let (digits, times) = SUFFIXES
        .iter()
        .find_map(|(suffix, times)| Some((text.strip_suffix(suffix)?, *times)))
        .unwrap_or((text, 1.0));
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits
        .parse()
        .ok()
        .filter(|_| is_decimal)
        .ok_or("not a number; write for example 250000, 250k, 1.5M or 2G")?;
    let number = number * times;
    if number > MOST {
        return Err("more than anybody has; at most 1000000G".to_owned());
    }
    Ok(number)
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    match amount(text)? {
        number if number >= 1.0 => Ok(number),
        _ => Err("at least 1".to_owned()),
    }
}

/// Three digits that count.
pub(super) fn short(number: f64) -> String {
    let (divided, suffix) = SUFFIXES
        .iter()
        .rev()
        .find(|(_, times)| number >= *times)
        .map_or((number, ""), |(suffix, times)| (number / times, *suffix));
    let decimals = match divided {
        divided if divided >= 100.0 || divided.fract() == 0.0 => 0,
        divided if divided >= 10.0 => 1,
        _ => 2,
    };
    let separator = if suffix.is_empty() { "" } else { " " };
    format!("{divided:.decimals$}{separator}{suffix}")
}

/// Bytes, in powers of ten.
pub(super) fn bytes(number: f64) -> String {
    let short = short(number);
    match short.strip_suffix('k').or_else(|| short.strip_suffix(['M', 'G'])) {
        Some(_) => format!("{short}B"),
        None => format!("{short} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_multiply() {
        let same = |text, number: f64| assert_eq!(amount(text), Ok(number), "{text}");
        same("250000", 250_000.0);
        same("250k", 250_000.0);
        same("1.5M", 1_500_000.0);
        same("2G", 2e9);
    }

    #[test]
    fn what_is_no_number_is_refused_with_an_example() {
        for text in ["", "k", "-1", "1e9", "inf", "NaN", "1 M", "1T", "1.2.3"] {
            assert!(amount(text).is_err_and(|error| error.contains("1.5M")), "{text}");
        }
        assert!(amount("9999999G").is_err());
        assert!(positive("0").is_err() && positive("0.5").is_err());
    }

    #[test]
    fn three_digits_count() {
        for (number, told) in [
            (0.0, "0"),
            (3.0, "3"),
            (3333.3, "3.33 k"),
            (100e6, "100 M"),
            (27.4e6, "27.4 M"),
        ] {
            assert_eq!(short(number), told);
        }
        assert_eq!(bytes(12.0), "12 B");
        assert_eq!(bytes(12_345.0), "12.3 kB");
        assert_eq!(bytes(3.2e12), "3200 GB");
    }
}
