//! Where in a TOML text a key stands: errors name file, line, column and key.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table};

use super::key::{Key, Step};

/// A place in a text, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The place of a byte.
pub(crate) fn of_offset(text: &str, offset: usize) -> Position {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// The place of a key such as `policy.rules[1].idle`; of the nearest one around it where it is left out.
pub(crate) fn of_key(text: &str, key: &str) -> Option<Position> {
    let table: Table = toml::from_str(text).ok()?;
    Some(of_offset(text, spans(text, &Key::parse(key, &table))?.name.start))
}

/// The bytes of the nearest thing around a key: its name and its value.
pub(super) struct Spans {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether it is the key itself.
    pub(super) whole: bool,
}

pub(super) fn spans(text: &str, key: &Key) -> Option<Spans> {
    let document = DeTable::parse(text).ok()?;
    let mut found = None;
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for (at, step) in key.0.iter().enumerate() {
        let next = match step {
            Step::Name(name) => {
                let within = match value {
                    Some(value) => value.get_ref().as_table(),
                    None => Some(document.get_ref()),
                };
                within
                    .and_then(|table| table.get_key_value(name.as_str()))
                    .map(|(name, next)| (name.span(), next))
            }
            Step::Index(index) => value
                .and_then(|value| value.get_ref().as_array())
                .and_then(|array| array.get(*index))
                .map(|next| (next.span(), next)),
        };
        let Some((name, next)) = next else { break };
        found = Some(Spans {
            name,
            value: next.span(),
            whole: at + 1 == key.0.len(),
        });
        value = Some(next);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[policy]\nidle = \"30m\"\n\n[[policy.rules]]\nidle = \"5m\"\n\n[[policy.rules]]\n  idle = \"1m\"\n";

    #[test]
    fn keys_have_lines_and_columns() {
        let at = |key| of_key(TEXT, key).map(|position| (position.line, position.column));
        assert_eq!(at("policy.idle"), Some((2, 1)));
        assert_eq!(at("policy.rules[0].idle"), Some((5, 1)));
        assert_eq!(at("policy.rules[1].idle"), Some((8, 3)));
        assert_eq!(at("server.listen"), None);
    }

    #[test]
    fn a_key_that_is_left_out_is_looked_for_around() {
        assert_eq!(
            of_key(TEXT, "policy.warn_before").map(|position| position.line),
            Some(1)
        );
    }
}
