//! What goes wrong in SQLite, in the words of the store.

use rusqlite::ErrorCode;

use nightlatch_store::StoreError;

/// Why a statement or the reading of its rows failed.
#[derive(Debug)]
pub(super) enum Failure {
    Sql(rusqlite::Error),
    /// While the transaction was committed: it may be on the disk.
    Commit(rusqlite::Error),
    /// A value that nightlatch did not write.
    Damaged(String),
    /// A file that is not for this nightlatch.
    Refused(String),
}

impl Failure {
    /// Whether what the file holds is at fault, not that it cannot be reached or written.
    pub(super) fn is_damage(&self) -> bool {
        use rusqlite::Error as E;
        match self {
            Self::Damaged(_) => true,
            Self::Refused(_) => false,
            Self::Sql(E::SqliteFailure(..)) | Self::Commit(_) => {
                matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Sql(error) => matches!(
                error,
                E::FromSqlConversionFailure(..)
                    | E::IntegralValueOutOfRange(..)
                    | E::InvalidColumnType(..)
                    | E::Utf8Error(..)
            ),
        }
    }

    /// Whether another process kept the file to itself.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Whether the connection can go on once the cause is gone. Any other is opened anew: after an I/O error, or when
    /// the file turned read-only, it would not notice that the cause is gone.
    pub(super) fn spares_connection(&self) -> bool {
        self.is_busy() || self.code().is_none_or(|code| code == ErrorCode::DiskFull)
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sql(error) | Self::Commit(error) => error.sqlite_error_code(),
            Self::Damaged(_) | Self::Refused(_) => None,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let (damaged, busy) = (failure.is_damage(), failure.is_busy());
        match failure {
            Failure::Damaged(text) => Self::Damaged(text),
            Failure::Refused(text) => Self::Unavailable(text),
            Failure::Sql(error) | Failure::Commit(error) if damaged => Self::Damaged(error.to_string()),
            // Who does not get the lock has written nothing.
            Failure::Commit(error) if !busy => Self::Unconfirmed(error.to_string()),
            Failure::Sql(error) | Failure::Commit(error) => Self::Unavailable(error.to_string()),
        }
    }
}
