//! Who somebody is, and what they sign in to, with and as: the names that decide. They are compared byte by byte here, and by
//! people and applications wherever they are shown, so two of them never look or arrive like one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::text::deceives;

const LONGEST: usize = 255;
const LONGEST_METHOD: usize = 64;

/// A subject, an application, a class of device or a role: one to 255 characters that can be seen, with single words between
/// plain spaces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(Box<str>);

/// How somebody authenticated, as RFC 8176 names it: applications get all methods as one list with spaces between them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Method(Box<str>);

impl Name {
    pub(crate) fn into_inner(self) -> Box<str> {
        self.0
    }
}

impl From<Name> for Box<str> {
    fn from(Name(name): Name) -> Self {
        name
    }
}

impl From<Method> for Box<str> {
    fn from(Method(method): Method) -> Self {
        method
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if !(1..=LONGEST).contains(&length) {
            return Err(format!("{length} characters are not possible; 1 to {LONGEST} are"));
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return Err("a name neither begins nor ends with a space; take the spaces away".to_owned());
        }
        if let Some(odd) = text.chars().find(|character| !is_seen(*character)) {
            return Err(format!(
                "the character U+{:04X} is not possible in a name: it cannot be seen, or not be told from a space",
                u32::from(odd)
            ));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        if (1..=LONGEST_METHOD).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text.into()));
        }
        Err(format!(
            "a method has 1 to {LONGEST_METHOD} visible ASCII characters, without spaces and commas; send several as several \
             entries, for example [\"pwd\", \"otp\"]"
        ))
    }
}

impl std::str::FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

/// Whether a character leaves something to see that is none but itself.
fn is_seen(character: char) -> bool {
    let is_blank = character.is_whitespace() && character != ' ';
    !is_blank && !deceives(character) && !UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// What takes no room, only changes what stands beside it, looks like a space, or is no character for good (Unicode:
/// `Default_Ignorable_Code_Point`, the invisible ones of `Cf`, blank letters, noncharacters of the first plane).
const UNSEEN: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Characters that can be seen, and spaces between them: nothing invisible, and no space at either end.",
            "minLength": 1,
            "maxLength": LONGEST,
            "pattern": "^(?! )(?!.* $)[^\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\
                        \\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufdd0-\\ufdef\
                        \\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff]+$",
        })
    }
}

impl JsonSchema for Method {
    fn schema_name() -> Cow<'static, str> {
        "AuthenticationMethod".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A name of RFC 8176, or one like it.",
            "pattern": format!("^[!-+.-~-]{{1,{LONGEST_METHOD}}}$"),
            "examples": ["pwd"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_is_seen_of_it() {
        for name in [
            "alice",
            "Zoë O'Brien <z@example.org>",
            "山田",
            "שרה",
            "Doe, Jane",
            "a  b",
            "100%",
            &"ä".repeat(255),
        ] {
            assert!(Name::try_from(name.to_owned()).is_ok(), "{name:?}");
        }
        for name in [
            "",
            " ",
            " admin",
            "admin ",
            "\tadmin",
            "ad\u{200b}min",
            "ad\u{200d}min",
            "admin\u{feff}",
            "ad\u{ad}min",
            "ad\u{2060}min",
            "ad\u{a0}min",
            "ad\u{3000}min",
            "ad\u{2003}min",
            "ad\u{202e}min",
            "ad\u{200f}min",
            "admin\u{fe0f}",
            "admin\u{e0041}",
            "admin\u{3164}",
            "\u{115f}admin",
            "a\r\nb",
            "a\u{85}b",
            "a\u{2028}b",
            "a\0",
            "a\u{ffff}",
            &"x".repeat(256),
        ] {
            assert!(Name::try_from(name.to_owned()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_method_is_one_entry_of_a_list() {
        for method in ["pwd", "hwk", "urn:example:sms", "phr+h", "a-b_c.d"] {
            assert!(Method::try_from(method.to_owned()).is_ok(), "{method:?}");
        }
        for method in [
            "",
            "pwd hwk",
            "pwd,hwk",
            " pwd",
            "pwd\u{200b}",
            "пароль",
            "a\tb",
            &"x".repeat(65),
        ] {
            assert!(Method::try_from(method.to_owned()).is_err(), "{method:?}");
        }
    }
}
