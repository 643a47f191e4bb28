//! What things cost, as measured with PostgreSQL 15 and a million sessions in it: `crates/store-postgres/tests/postgres/capacity.rs` is the
//! program, and `docs/capacity.md` says how to run it. Time of a processor is that of all processes of the server, so that what else the
//! machine did counts little; where it did count, this says so.

use serde::Serialize;

/// What one of something costs PostgreSQL.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Cost {
    /// Seconds of a processor.
    pub(crate) processor: f64,
    /// Bytes of the write-ahead log, without whole pages.
    pub(crate) wal: f64,
}

const fn cost(micros: f64, wal: f64) -> Cost {
    Cost {
        processor: micros / 1e6,
        wal,
    }
}

/// 100 000 sessions anywhere among a million, a thousand in a call: the median of rounds 2 to 4.
pub(super) const TOUCH: Cost = cost(27.7, 191.0);
/// 3 x 3000, eight at once: the median round, with its record for the audit.
pub(super) const SIGN_IN: Cost = cost(463.3, 1126.0);
/// 3 x 3000, eight at once, one in a call: the median round, with its record for the audit and its row in the log of changes.
pub(super) const END: Cost = cost(396.7, 988.0);
/// 3 x 3000, eight at once: the median round of reading a session and opening a tab in it, with its row in the log of changes.
pub(super) const TAB_CHANGE: Cost = cost(550.0, 324.0);
/// 8 x 400, of eight nodes at once, each as fast as it could.
pub(super) const BEAT: Cost = cost(965.6, 281.0);
/// 18 000 that waited, two thousand in a transaction.
pub(super) const AUDIT_RECORD: Cost = cost(16.1, 732.0);
/// 10 200, five hundred in a call. What a vacuum has to do afterwards comes on top and was not measured.
pub(super) const FORGOTTEN: Cost = cost(15.7, 109.0);
/// Seconds of a processor: 10 000 sessions anywhere, each in a call of its own, eight at once.
pub(crate) const READ: f64 = 313.0 / 1e6;

/// The best of four rounds over one connection, in a second. The machine had other work: its load average was 20, with two processors.
pub(super) const TOUCHES_PER_CONNECTION: f64 = 8491.0;
/// 64 connections that each add a row of four bytes 200 times, in a second; the better of two runs, beside the same other work.
pub(super) const COMMITS_PER_SECOND: f64 = 2543.0;
/// Rows of 8 kB from one statement, bytes in a second; the better of two runs, beside the same other work.
pub(super) const WAL_PER_SECOND: f64 = 59e6;

/// A page has free room, which the log leaves out: the 227 MB of whole pages in the first round of touches behind a checkpoint, over the
/// 36 700 of 40 000 pages that 100 000 rows anywhere are expected to lie in.
pub(crate) const WHOLE_PAGE: f64 = 6200.0;
/// `block_size` of PostgreSQL.
pub(super) const PAGE: f64 = 8192.0;

/// Bytes of a row and of its place in each index, `pg_relation_size` over a million sessions: names of 26 letters, a page, no tab. The
/// larger of what they were before and after a minute of use.
pub(super) const ROWS: f64 = 328.1;
pub(super) const BY_ID: f64 = 22.5;
pub(super) const BY_HANDLE: f64 = 38.5;
pub(super) const BY_DIGEST: f64 = 77.3;
pub(super) const BY_SUBJECT: f64 = 82.4;
/// The indexes by facts and by deadline.
const BY_FACTS_AND_DEADLINE: f64 = 55.4 + 41.8;

pub(crate) const fn session_bytes() -> f64 {
    ROWS + BY_ID + BY_HANDLE + BY_DIGEST + BY_SUBJECT + BY_FACTS_AND_DEADLINE
}

/// `pg_total_relation_size` of the audit and its months over 20 460 records, half of them sign-ins and half ends.
pub(crate) const AUDIT_RECORD_BYTES: f64 = 382.4;
/// `pg_total_relation_size` of the log of changes over 20 360 rows.
pub(crate) const CHANGE_BYTES: f64 = 145.7;

/// Resident bytes of a node for a session just signed in, with 100 000 of them: `nightlatch-bench resident 100000 --after sign-in`, which is
/// what the measurement `memory` asks. After a request it was less.
pub(crate) const LIVE_SESSION: f64 = 462.0;
/// The same `--after tab`, less those `--after request`.
pub(crate) const OPEN_TAB: f64 = 279.0;
/// Seconds of a processor. Not measured itself: a handler that looks at no session took 7.1 to 10.2 us in twelve runs on a machine with two
/// processors, and the measurement `http` holds a node to 1.15 times that. This is the product of the largest.
pub(super) const REQUEST: f64 = 10.2 * 1.15 / 1e6;
