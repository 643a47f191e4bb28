//! Header names as the least careful application reads them.
//!
//! CGI, and what was built after it, turns a header into a variable: letters in upper case, and every other byte but a digit
//! becomes `_` (RFC 3875 section 4.1.18). There `Nightlatch+Subject` and `Nightlatch_Subject` are `Nightlatch-Subject`. So a
//! name that only we may send is kept from clients in each of these spellings, and names are compared here and nowhere else.

/// Whether an application may read `name` as the header `usual`, which is spelled in lower case with hyphens.
pub(crate) fn reads_as(name: &[u8], usual: &str) -> bool {
    name.len() == usual.len() && starts_as(name, usual)
}

/// The same for names that begin like this.
pub(crate) fn starts_as(name: &[u8], usual: &str) -> bool {
    name.len() >= usual.len()
        && name
            .iter()
            .zip(usual.bytes())
            .all(|(byte, usual)| folded(*byte) == usual)
}

/// Whether a name has bytes besides letters, digits and hyphens, so that it may be read as another one.
pub(crate) fn is_odd(name: &[u8]) -> bool {
    !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// Whether an application may read it as one of ours: who it is.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    starts_as(name, "nightlatch-")
}

/// Whether an application may read it as the word of a proxy on where the request came in.
pub(crate) fn is_forwarding(name: &[u8]) -> bool {
    FORWARDING.iter().any(|known| reads_as(name, known)) || FORWARDING_BEGINS.iter().any(|known| starts_as(name, known))
}

const FORWARDING: [&str; 5] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-rewrite-url",
    "true-client-ip",
];
const FORWARDING_BEGINS: [&str; 2] = ["x-forwarded", "x-original-"];

fn folded(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() {
        byte.to_ascii_lowercase()
    } else {
        b'-'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_is_no_letter_or_digit_is_read_as_a_hyphen() {
        for byte in u8::MIN..=u8::MAX {
            let name = [b"Nightlatch".as_slice(), &[byte], b"Subject"].concat();
            let is_separator = !byte.is_ascii_alphanumeric();
            assert_eq!(reads_as(&name, "nightlatch-subject"), is_separator, "{byte:#04x}");
            assert_eq!(starts_as(&name, "nightlatch-"), is_separator, "{byte:#04x}");
            assert_eq!(is_odd(&name), is_separator && byte != b'-', "{byte:#04x}");
        }
    }

    #[test]
    fn other_names_are_other_names() {
        for name in [
            "nightlatch",
            "nightlatch-subject-x",
            "nightlatchsubject",
            "x-nightlatch-subject",
            "",
        ] {
            assert!(!reads_as(name.as_bytes(), "nightlatch-subject"), "{name}");
        }
    }
}
