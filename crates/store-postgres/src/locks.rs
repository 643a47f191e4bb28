//! Advisory locks. A transaction has them until it ends, so none is left behind by a node that vanishes.

/// All locks of nightlatch but those of subjects, which have numbers of one part ("nlat").
const NIGHTLATCH: i32 = 0x6e6c_6174;

/// One at a time looks at the tables and migrates them.
pub(super) const MIGRATE: i32 = 1;
/// One at a time numbers the audit.
pub(super) const AUDIT: i32 = 2;
/// One at a time forgets changes.
pub(super) const FORGET: i32 = 3;

/// The statement that waits for a lock.
pub(super) fn take(lock: i32) -> String {
    format!("SELECT pg_advisory_xact_lock({NIGHTLATCH}, {lock})")
}

/// The statement that waits for the lock of the subject `$1`. Two subjects may share one: then they wait for each other.
pub(super) const OF_SUBJECT: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
