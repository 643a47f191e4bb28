//! Text that may stand in a list, an audit line or a terminal: bounded, and without characters that deceive a reader.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

const LONGEST: usize = 255;

/// One to 255 characters that can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text(Box<str>);

impl Text {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_inner(self) -> Box<str> {
        self.0
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if !(1..=LONGEST).contains(&length) {
            return Err(format!("{length} characters are not possible; 1 to {LONGEST} are"));
        }
        if let Some(deceptive) = text.chars().find(|character| deceives(*character)) {
            return Err(format!(
                "the character U+{:04X} is not possible in a name",
                u32::from(deceptive)
            ));
        }
        Ok(Self(text.into()))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Characters that can be seen: none that end a line, drive a terminal or turn the direction of text.",
            "minLength": 1,
            "maxLength": LONGEST,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$",
        })
    }
}

/// Characters that end a line, drive a terminal, or turn the direction of what stands around them.
pub(crate) fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_refused() {
        for text in [
            "",
            "a\r\nb",
            "a\u{1b}[2Jb",
            "a\u{2028}b",
            "a\u{202e}b",
            "a\u{85}b",
            "a\0",
            &"x".repeat(256),
        ] {
            assert!(Text::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["alice", "Zoë O'Brien <z@example.org>", "山田", "שרה", &"ä".repeat(255)] {
            assert!(Text::try_from(text.to_owned()).is_ok(), "{text:?}");
        }
    }
}
