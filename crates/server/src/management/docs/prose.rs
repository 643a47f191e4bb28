//! Text of the document, with its code told apart.

/// Text in pieces: those that are code, and the rest.
pub(super) type Prose = Vec<(bool, String)>;

/// What stands between backticks is code.
pub(super) fn prose(text: &str) -> Prose {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(place, piece)| (place % 2 == 1, piece.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks() {
        let pieces = prose("send `a`, or `b`");
        let code: Vec<_> = pieces
            .iter()
            .filter(|(code, _)| *code)
            .map(|(_, text)| text.as_str())
            .collect();
        assert_eq!(code, ["a", "b"]);
    }
}
