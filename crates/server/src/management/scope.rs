//! What a key may do. Each operation needs one of these; `operation` declares it, admission holds to it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// In the store it stands for every scope there is, those of later versions included.
const EVERYTHING: &str = "*";

/// One permission of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub(crate) enum Scope {
    SessionsRead,
    SessionsCreate,
    SessionsEnd,
    PolicyRead,
    PolicyWrite,
    ApplicationsRead,
    ApplicationsWrite,
    AuditRead,
    KeysRead,
    KeysWrite,
    NodesRead,
}

/// What a key may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Scopes(BTreeSet<Scope>);

impl Scope {
    pub(crate) const ALL: [Self; 11] = [
        Self::SessionsRead,
        Self::SessionsCreate,
        Self::SessionsEnd,
        Self::PolicyRead,
        Self::PolicyWrite,
        Self::ApplicationsRead,
        Self::ApplicationsWrite,
        Self::AuditRead,
        Self::KeysRead,
        Self::KeysWrite,
        Self::NodesRead,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SessionsRead => "sessions:read",
            Self::SessionsCreate => "sessions:create",
            Self::SessionsEnd => "sessions:end",
            Self::PolicyRead => "policy:read",
            Self::PolicyWrite => "policy:write",
            Self::ApplicationsRead => "applications:read",
            Self::ApplicationsWrite => "applications:write",
            Self::AuditRead => "audit:read",
            Self::KeysRead => "keys:read",
            Self::KeysWrite => "keys:write",
            Self::NodesRead => "nodes:read",
        }
    }

    /// The words with which a store keeps that a key has this scope.
    pub(super) const fn granted_by(self) -> [&'static str; 2] {
        [self.as_str(), EVERYTHING]
    }

    /// The scope a word stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

impl Scopes {
    pub(crate) fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// What the back end of an application needs.
    pub(crate) fn of_a_back_end() -> Self {
        let needed = [Scope::SessionsRead, Scope::SessionsCreate, Scope::SessionsEnd];
        needed.into_iter().collect()
    }

    /// As the store keeps them. A word that nobody knows grants nothing.
    pub(crate) fn of_words(words: &[Box<str>]) -> Self {
        if words.iter().any(|word| **word == *EVERYTHING) {
            return Self::all();
        }
        words.iter().filter_map(|word| Scope::from_word(word)).collect()
    }

    /// For the store.
    pub(super) fn words(&self) -> Vec<Box<str>> {
        if *self == Self::all() {
            return vec![EVERYTHING.into()];
        }
        self.0.iter().map(|scope| scope.as_str().into()).collect()
    }

    pub(super) fn contain(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// The first of others that is not among these.
    pub(super) fn first_missing(&self, others: &Self) -> Option<Scope> {
        others.0.difference(&self.0).next().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::from_word(word).ok_or_else(|| format!("`{word}` is no scope; there are {}", Scopes::all()))
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        word.parse()
    }
}

impl From<Scope> for &'static str {
    fn from(scope: Scope) -> Self {
        scope.as_str()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "One permission of a key.",
            "enum": Self::ALL.map(Self::as_str),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_a_word_of_its_own() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_word(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::from_word("sessions"), None);
    }

    #[test]
    fn words_that_nobody_knows_grant_nothing() {
        let scopes = |words: &[&str]| {
            let words: Vec<Box<str>> = words.iter().map(|word| Box::from(*word)).collect();
            Scopes::of_words(&words)
        };
        assert_eq!(scopes(&[]).to_string(), "");
        assert_eq!(
            scopes(&["audit:read", "sessions", "audit:*", ""]).to_string(),
            "audit:read"
        );
        assert_eq!(scopes(&["*"]), Scopes::all());
        for kept in [Scopes::all(), Scopes::of_a_back_end(), scopes(&["keys:write"])] {
            assert_eq!(Scopes::of_words(&kept.words()), kept);
        }
    }
}
