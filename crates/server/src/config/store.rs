//! Where sessions are kept, and how a store on PostgreSQL is reached.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use nightlatch_core::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;

use super::file_path::FilePath;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreSection {
    /// How sessions are stored.
    pub(crate) kind: StoreKind,
    /// The database file of the kind `sqlite`. The first start creates it; its directory has to exist.
    pub(crate) path: FilePath,
    /// How long activity may wait until it is stored. A crash loses no more activity than this.
    pub(crate) touch_interval: Span,
    /// How long live sessions go on while the store fails. After that every answer is 503 until the store works again. Not of the
    /// kind `postgres`, where `end_bound` says it.
    pub(crate) grace: Span,
    /// The address of the kind `postgres`, as libpq writes it; several hosts are separated by commas.
    #[serde(deserialize_with = "present_url")]
    #[schemars(schema_with = "url_schema")]
    pub(crate) url: Option<Url>,
    /// A file with the password of the kind `postgres`, and nothing else.
    pub(crate) password_file: Option<FilePath>,
    /// A file with the certificates that the servers of the kind `postgres` are known by. Left out: those that the system trusts.
    pub(crate) root_certificates: Option<FilePath>,
    /// What keeps an acknowledged sign-out when a server of the kind `postgres` is lost.
    pub(crate) durability: Durability,
    /// How many connections one node has open at most, besides those of its beats and its hints.
    pub(crate) connections: NonZeroU16,
    /// Whether the servers keep statements ready. PgBouncer in transaction mode needs `false`, or version 1.21.
    pub(crate) prepared_statements: bool,
    /// Within what time a sign-out that one node has acknowledged acts on all nodes, and for how long a node goes on when the store
    /// does not answer.
    pub(crate) end_bound: Span,
    /// How long entries of the audit are kept at least; of the kind `postgres` whole months go at once. Left out: for good.
    pub(crate) keep_audit: Option<Span>,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            kind: StoreKind::Sqlite,
            path: FilePath::new("nightlatch.db"),
            touch_interval: Span::from_secs(30),
            grace: Span::from_secs(10),
            url: None,
            password_file: None,
            root_certificates: None,
            durability: Durability::Local,
            connections: const { NonZeroU16::new(16).unwrap() },
            prepared_statements: true,
            end_bound: Span::from_secs(1),
            keep_audit: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StoreKind {
    /// In one SQLite file, for one process.
    Sqlite,
    /// In a PostgreSQL database, for any number of nodes.
    Postgres,
    /// In memory; nothing survives a restart.
    Memory,
}

/// An address as libpq writes it. It may hold a password, so debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url(Zeroizing<String>);

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_url = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if is_url || text.contains("host=") {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(format!("it is no address of PostgreSQL; write for example `{EXAMPLE}`"))
        }
    }
}

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
    text.parse().map(Some).map_err(D::Error::custom)
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

/// Whoever looks for what happened may come the next day.
const SHORTEST_AUDIT: Span = Span::from_secs(24 * 3600);

pub(super) fn too_short_audit(kept: Option<Span>) -> Option<(String, String)> {
    kept.filter(|kept| *kept < SHORTEST_AUDIT)?;
    let problem =
        format!("nobody could read what happened; write at least `{SHORTEST_AUDIT}`, or leave it out to keep all");
    Some(("store.keep_audit".to_owned(), problem))
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
