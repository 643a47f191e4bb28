//! Where people authenticate: a page of this site, or an address of its own.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::origin::parsed;
use super::percent::escape;

/// A path on the site of the page that names it, or a whole address; plain HTTP on loopback alone. Kept as it is written:
/// a fragment may be a route of the application.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub(crate) struct SignInUrl(Box<str>);

impl SignInUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As it stands in a header: letters that are not ASCII are escaped, as browsers do.
    pub(crate) fn as_sent(&self) -> String {
        let mut sent = String::with_capacity(self.0.len());
        escape(&mut sent, &self.0, |letter| letter.is_ascii());
        sent
    }
}

impl JsonSchema for SignInUrl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SignInUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["/sign-in", "https://id.example/sign-in"] })
    }
}

impl TryFrom<String> for SignInUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if !text.starts_with('/') {
            parsed(&text).map_err(|problem| format!("{problem}, or a path such as `/sign-in`"))?;
        } else if !is_path(&text) {
            return Err(format!(
                "`{text}` may lead to another site; write a path such as `/sign-in`"
            ));
        }
        Ok(Self(text.into()))
    }
}

/// Browsers read a backslash as a slash, drop tabs and line ends, and take what follows two slashes for a host.
fn is_path(text: &str) -> bool {
    let plain = |character: char| !(character.is_control() || character.is_whitespace() || character == '\\');
    !text.starts_with("//") && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_addresses_are_kept_as_they_are_written() {
        for written in [
            "/",
            "/sign-in",
            "/in?a=1&b=2#/door",
            "/in?next=https://app.example/",
            "https://id.example/sign-in",
            "HTTPS://id.example",
            "http://localhost:3000/in",
        ] {
            let url = SignInUrl::try_from(written.to_owned());
            assert_eq!(url.as_ref().map(SignInUrl::as_str), Ok(written));
        }
    }

    #[test]
    fn what_leads_nowhere_or_elsewhere_is_refused() {
        for written in [
            "",
            "sign-in",
            "//id.example/in",
            "/\\id.example",
            "/\t/id.example",
            "/in here",
            "/go?to=https://id.example in",
            "https:/id.example",
            "https://",
            "https://user@id.example/",
            "http://id.example/in",
            "ftp://id.example/in",
            "javascript:alert(1)",
            "javascript://id.example/%0aalert(1)",
            "data:text/html,x",
        ] {
            assert!(SignInUrl::try_from(written.to_owned()).is_err(), "{written:?}");
        }
    }
}
