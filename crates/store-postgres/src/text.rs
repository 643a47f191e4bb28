//! Text as PostgreSQL can keep it: it has no NUL. The control character `SUB` stands for one where a `0` follows, and for itself
//! where another `SUB` does. All other text is stored as it is, for people to read.

use std::borrow::Cow;

const ESCAPE: char = '\u{1a}';

/// As it is stored. Different text is stored differently, so equal text is found by what is stored.
pub(super) fn stored(text: &str) -> Cow<'_, str> {
    if !text.contains([ESCAPE, '\0']) {
        return Cow::Borrowed(text);
    }
    let mut stored = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        match letter {
            '\0' => stored.extend([ESCAPE, '0']),
            ESCAPE => stored.extend([ESCAPE, ESCAPE]),
            other => stored.push(other),
        }
    }
    Cow::Owned(stored)
}

/// What was stored; `None` where nobody stored it so.
pub(super) fn read(stored: &str) -> Option<Cow<'_, str>> {
    if !stored.contains(ESCAPE) {
        return Some(Cow::Borrowed(stored));
    }
    let mut text = String::with_capacity(stored.len());
    let mut letters = stored.chars();
    while let Some(letter) = letters.next() {
        text.push(match (letter, letter == ESCAPE) {
            (_, true) => match letters.next()? {
                '0' => '\0',
                ESCAPE => ESCAPE,
                _ => return None,
            },
            (other, false) => other,
        });
    }
    Some(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_was_and_stored_without_nul() {
        for text in [
            "",
            "Zoë",
            "a\0b",
            "\0",
            "\u{1a}",
            "\u{1a}0",
            "\0\u{1a}\u{1a}\0",
            "0\u{1a}\0",
        ] {
            let kept = stored(text);
            assert!(!kept.contains('\0'), "{text:?}");
            assert_eq!(read(&kept).as_deref(), Some(text));
        }
        assert_ne!(stored("\0"), stored("\u{1a}0"));
    }

    #[test]
    fn what_nobody_stored_is_not_read() {
        for text in ["\u{1a}", "a\u{1a}b", "\u{1a}\u{1a}\u{1a}"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
