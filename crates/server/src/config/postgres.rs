//! How the store on PostgreSQL is reached.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::{StoreKind, StoreSection};

/// An address as libpq writes it. It may hold a password, so debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url(Zeroizing<String>);

impl Url {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(…)")
    }
}

const EXAMPLE: &str = "postgresql://nightlatch@db.internal/nightlatch";

pub(super) fn present_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    let is_url = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    if is_url || text.contains("host=") {
        Ok(Some(Url(text)))
    } else {
        Err(D::Error::custom(format!(
            "it is no address of PostgreSQL; write for example `{EXAMPLE}`"
        )))
    }
}

pub(super) fn url_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "examples": [EXAMPLE] })
}

/// What keeps an acknowledged sign-out when a server is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Durability {
    /// Synchronous standbys, of which one is promoted.
    Replicated,
    /// Whoever runs the database as a service.
    Managed,
    /// The disk of one server.
    Local,
}

impl StoreSection {
    /// Where the store is, for people.
    pub(crate) fn place(&self) -> String {
        match self.kind {
            StoreKind::Postgres => "the database of store.url".to_owned(),
            StoreKind::Sqlite => self.path.display().to_string(),
            StoreKind::Memory => "memory".to_owned(),
        }
    }
}

/// What does not go together.
pub(super) fn problems(store: &StoreSection) -> Option<(String, String)> {
    let (key, problem) = match (store.kind, &store.url) {
        (StoreKind::Postgres, None) => (
            "store.url",
            format!("the kind `postgres` needs an address; write for example url = \"{EXAMPLE}\""),
        ),
        (StoreKind::Sqlite | StoreKind::Memory, Some(_)) => (
            "store.kind",
            "store.url is the address of a PostgreSQL, which this kind does not use; write kind = \"postgres\", or leave store.url out"
                .to_owned(),
        ),
        _ => return None,
    };
    Some((key.to_owned(), problem))
}
