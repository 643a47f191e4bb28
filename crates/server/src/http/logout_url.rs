//! Where an application wants people to arrive after they signed out.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::origin::parsed;

/// An address in the form in which browsers write it; plain HTTP on loopback alone, no user, no fragment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct LogoutUrl(Box<str>);

impl LogoutUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<LogoutUrl> for Box<str> {
    fn from(LogoutUrl(url): LogoutUrl) -> Self {
        url
    }
}

impl TryFrom<String> for LogoutUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let url = parsed(&text)?;
        if url.fragment().is_some() {
            return Err(format!(
                "`{text}` has a fragment, which no server ever sees; leave it out"
            ));
        }
        Ok(Self(String::from(url).into()))
    }
}

impl JsonSchema for LogoutUrl {
    fn schema_name() -> Cow<'static, str> {
        "LogoutUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An address without user and fragment; plain HTTP on loopback alone.",
            "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\\\s#]+$",
            "examples": ["https://app.example/bye"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_one_form() {
        for (written, kept) in [
            ("https://app.example", "https://app.example/"),
            ("HTTPS://App.Example:443/Bye?a=b", "https://app.example/Bye?a=b"),
            ("https://app.example/a/../bye", "https://app.example/bye"),
            ("http://localhost:3000/bye", "http://localhost:3000/bye"),
        ] {
            let url = LogoutUrl::try_from(written.to_owned());
            assert_eq!(url.map(Box::<str>::from).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for written in [
            "",
            "/bye",
            "//app.example/bye",
            "https:/app.example/bye",
            "https:app.example",
            "https://app.example/bye#now",
            "https://good@app.example/",
            "https://app.example\\@evil.example/",
            "https://app.example/\r\nLocation: x",
            "http://app.example/bye",
            "javascript:alert(1)",
            "data:text/html,x",
        ] {
            assert!(LogoutUrl::try_from(written.to_owned()).is_err(), "{written:?}");
        }
    }
}
