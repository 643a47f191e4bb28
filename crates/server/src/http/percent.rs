//! Percent-encoding.

use std::fmt::Write as _;

/// Appends the text. Every character but the plain ones is percent-encoded, byte by byte.
pub(crate) fn escape(into: &mut String, text: &str, plain: impl Fn(char) -> bool) {
    if text.chars().all(&plain) {
        into.push_str(text);
        return;
    }
    for character in text.chars() {
        if plain(character) {
            into.push(character);
        } else {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string does not fail.
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_written_byte_by_byte() {
        for (text, escaped) in [
            ("", ""),
            ("abc", "abc"),
            ("a b", "a%20b"),
            ("\n", "%0A"),
            ("zoë", "zo%C3%AB"),
            ("a🌙", "a%F0%9F%8C%99"),
            ("a%20b", "a%2520b"),
        ] {
            let mut into = String::from("before ");
            escape(&mut into, text, |character| character.is_ascii_alphanumeric());
            assert_eq!(into, format!("before {escaped}"));
        }
    }

    #[test]
    fn a_plain_character_stays_whole() {
        let mut into = String::new();
        escape(&mut into, "é é", |character| character != ' ');
        assert_eq!(into, "é%20é");
    }
}
