//! How the store is reached, and what is expected of it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::connection::ANSWERS_WITHIN;

/// What keeps an acknowledged end where a server is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Synchronous replication: a commit is acknowledged when a standby has it, and only such a standby is promoted.
    Replicated,
    /// Whoever runs the service sees to it.
    Managed,
    /// Nothing but the disk of one server.
    Local,
}

/// Where the server is and how to work with it. Debug output shows neither the address, which may hold a password, nor the password.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) address: Zeroizing<String>,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) durability: Durability,
    pub(super) connections: usize,
    pub(super) prepared_statements: bool,
    pub(super) root_certificates: Option<PathBuf>,
    pub(super) beats_answered_within: Duration,
}

/// So many connections serve everything but beats and hints, which have one each.
const CONNECTIONS: usize = 16;

impl PostgresOptions {
    /// An address as libpq writes it: `postgresql://user@one,two:5433/database?application_name=x`, or
    /// `host=one,two port=5432,5433 user=u dbname=d`. Of several hosts the first that takes writes is used. `sslmode` is `verify-full`
    /// unless all hosts are this machine; nothing else is taken for others.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: Zeroizing::new(address.to_owned()),
            password: None,
            durability: Durability::Local,
            connections: CONNECTIONS,
            prepared_statements: true,
            root_certificates: None,
            beats_answered_within: ANSWERS_WITHIN,
        }
    }

    /// The password, where the address holds none.
    #[must_use]
    pub fn password(self, password: Zeroizing<String>) -> Self {
        Self {
            password: Some(password),
            ..self
        }
    }

    /// What is promised about acknowledged ends; [`Durability::Local`] unless said.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Self {
        Self { durability, ..self }
    }

    /// How many connections may be open, besides those of the beats and the hints; 16 unless said, at least 1.
    #[must_use]
    pub fn connections(self, connections: usize) -> Self {
        Self {
            connections: connections.max(1),
            ..self
        }
    }

    /// How long a node goes by a beat after it was sent; 3 s unless said, and no longer. A statement of a beat that takes longer is given
    /// up, with its connection: its answer would come too late.
    #[must_use]
    pub fn end_bound(self, end_bound: Duration) -> Self {
        Self {
            beats_answered_within: end_bound.min(ANSWERS_WITHIN),
            ..self
        }
    }

    /// Whether sessions are ours alone, so that the server keeps statements ready in them and our limits of time; true unless said.
    /// It must be false behind PgBouncer in transaction mode, which shares sessions: every transaction then brings the limits itself, and
    /// there are no hints: what others have changed is heard of at the next beat.
    #[must_use]
    pub fn prepared_statements(self, prepared_statements: bool) -> Self {
        Self {
            prepared_statements,
            ..self
        }
    }

    /// A PEM file with the certificates that the server is known by; those that the system trusts unless said. With it a server on
    /// this machine is asked for TLS as well.
    #[must_use]
    pub fn root_certificates(self, file: PathBuf) -> Self {
        Self {
            root_certificates: Some(file),
            ..self
        }
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("durability", &self.durability)
            .field("connections", &self.connections)
            .field("prepared_statements", &self.prepared_statements)
            .field("root_certificates", &self.root_certificates)
            .finish_non_exhaustive()
    }
}
