//! Where in a TOML text a key stands: errors name file, line, column and key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    let document = DeTable::parse(text).ok()?;
    let mut offset = None;
    let mut table = Some(document.get_ref());
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for step in steps(key) {
        match step {
            Step::Name(name) => {
                let within = value.map_or(table, |value| value.get_ref().as_table());
                let Some((found, next)) = within.and_then(|table| table.get_key_value(name)) else {
                    break;
                };
                offset = Some(found.span().start);
                (table, value) = (None, Some(next));
            }
            Step::Index(index) => {
                let Some(next) = value
                    .and_then(|value| value.get_ref().as_array())
                    .and_then(|array| array.get(index))
                else {
                    break;
                };
                offset = Some(next.span().start);
                value = Some(next);
            }
        }
    }
    offset.map(|offset| of_offset(text, offset))
}

enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

fn steps(key: &str) -> impl Iterator<Item = Step<'_>> {
    key.split('.').flat_map(|part| {
        let (name, indexes) = part.split_once('[').unwrap_or((part, ""));
        let indexes = indexes
            .split(['[', ']'])
            .filter_map(|index| index.parse().ok())
            .map(Step::Index);
        std::iter::once(Step::Name(name)).chain(indexes)
    })
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
