//! The path corpus: a data file, and how it is read.

/// Ways to write a path.
const CORPUS: &str = include_str!("corpus.txt");
/// What the data file is about.
const GATE: &str = "/admin";

/// Every target, as bytes to be sent, about `gate` in place of `/admin`.
pub(super) fn targets(authority: &str, gate: &str) -> Vec<Vec<u8>> {
    let lines = CORPUS.lines().filter_map(|line| line.strip_prefix('|'));
    let targets = lines.map(|line| {
        let line = line.replace("{host}", authority);
        bytes(&if gate == GATE { line } else { line.replace(GATE, gate) })
    });
    targets.collect()
}

/// A line with its escapes as bytes.
fn bytes(line: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.strip_prefix("\\x").and_then(|digits| digits.get(..2));
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[first.len_utf8()..];
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_enough_and_each_is_there_once() {
        let targets = targets("h:1", GATE);
        assert!(targets.len() >= 300, "{}", targets.len());
        let once: HashSet<_> = targets.iter().collect();
        assert_eq!(once.len(), targets.len());
        assert!(once.contains(&b"http://h:1/admin".to_vec()));
        assert!(once.contains(&b"/admin\x00".to_vec()));
    }

    #[test]
    fn bytes_are_escaped_and_backslashes_are_not() {
        assert_eq!(bytes("/\\admin\\x00\\xfF\\u"), b"/\\admin\x00\xff\\u");
    }

    #[test]
    fn it_is_about_any_gate() {
        assert!(targets("h", "/secret/area").contains(&b"/x/../secret/area".to_vec()));
    }
}
