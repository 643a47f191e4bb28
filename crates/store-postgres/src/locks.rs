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

/// The statement that waits for the lock of a subject. Two subjects may share one: then they wait for each other.
pub(super) fn of_subject(subject: &str) -> String {
    // FNV-1a: every version of nightlatch has to find the same number.
    let hash = subject.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("SELECT pg_advisory_xact_lock({})", hash.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes of two versions must not add sessions of one subject at the same time.
    #[test]
    fn a_subject_has_one_lock_for_good() {
        // 0xaf63dc4c8601ec8c, the published value for "a".
        assert_eq!(of_subject("a"), "SELECT pg_advisory_xact_lock(-5808556873153909620)");
    }
}
