//! What goes wrong in PostgreSQL, in the words of the store.

use std::error::Error as _;
use std::fmt::Write as _;

use nightlatch_store::StoreError;
use nightlatch_store::portable::CopyError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why a statement was not answered as hoped.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the server named as the cause.
    pub(super) code: Option<SqlState>,
    /// The same for whoever called.
    pub(super) error: StoreError,
    /// Whether the connection can go on. Else it is closed: it leads to a server that does not answer, stops, or is a standby now.
    pub(super) spares_connection: bool,
}

/// What may be done when the answer to a statement is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfLost {
    /// Nothing: it reads, or its transaction was not committed yet and is rolled back.
    Nothing,
    /// All that was asked for.
    Unknown,
}

impl IfLost {
    pub(super) fn error(self, why: String) -> StoreError {
        match self {
            Self::Nothing => StoreError::Unavailable(why),
            Self::Unknown => StoreError::Unconfirmed(why),
        }
    }
}

impl Failure {
    /// Of a statement that was sent.
    pub(super) fn of(error: &Error, if_lost: IfLost) -> Self {
        let code = error.code().cloned();
        let why = describe(error);
        let (told, spares_connection) = match &code {
            Some(code) if is_contention(code) => (StoreError::Contended(why), true),
            // The server stops, or this session of it, and it may have committed before.
            Some(code) if loses_connection(code) || is_fatal(error) => (if_lost.error(why), false),
            // It rolls back what it refuses. One that takes no writes is a standby by now.
            Some(code) => (
                StoreError::Unavailable(why),
                *code != SqlState::READ_ONLY_SQL_TRANSACTION && *code != SqlState::QUERY_CANCELED,
            ),
            None => (if_lost.error(why), false),
        };
        Self {
            code,
            error: told,
            spares_connection,
        }
    }

    /// Of a statement that is not answered in time.
    pub(super) fn timeout(if_lost: IfLost) -> Self {
        Self {
            code: None,
            error: if_lost.error("the server does not answer in time".to_owned()),
            spares_connection: false,
        }
    }

    /// Of a statement that was done on the server's own disk, and may be unknown to a standby that takes over. The connection is sound.
    pub(super) fn of_a_cancelled_wait(if_lost: IfLost) -> Self {
        Self {
            code: None,
            error: if_lost.error("somebody has cancelled the wait for the standbys".to_owned()),
            spares_connection: true,
        }
    }

    pub(super) fn has(&self, code: &SqlState) -> bool {
        self.code.as_ref() == Some(code)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Failure> for CopyError {
    fn from(failure: Failure) -> Self {
        failure.error.into()
    }
}

fn is_contention(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
}

fn is_fatal(error: &Error) -> bool {
    let severity = error.as_db_error().and_then(DbError::parsed_severity);
    matches!(severity, Some(Severity::Fatal | Severity::Panic))
}

/// The classes of lost connections (08), of a server that stops (57P0x), and of a commit that nobody knows of (40003).
fn loses_connection(code: &SqlState) -> bool {
    let code = code.code();
    code.starts_with("08") || code.starts_with("57P") || code == "40003"
}

/// An error with its causes. The driver puts neither the password nor the address into any of them, apart from those of reading an
/// address, which are never told.
pub(super) fn describe(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return format!("{} ({})", told.message(), told.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

/// Something that nightlatch did not write.
pub(super) fn damaged(why: impl Into<String>) -> StoreError {
    StoreError::Damaged(why.into())
}
