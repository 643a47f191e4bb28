//! From what people do to what that asks of the machines.

use serde::Serialize;

use super::costs::{self, Cost};

const DAY: f64 = 86_400.0;
/// A node beats so often in a second when it hears nothing (`EVERY` in `engine/beat.rs`), and at most so often when it is told that
/// something has changed (`LEAST_BETWEEN`).
const BEATS: f64 = 4.0;
const MOST_BEATS: f64 = 20.0;
/// How long the log of changes is kept (`LOG_KEPT` in `store/nodes.rs`).
const CHANGES_KEPT: f64 = 600.0;
/// The audit is numbered once a second, by the node whose turn it is.
const SEALS: f64 = 1.0;
/// The connections of a node besides those of its calls: one for its beats, one for its hints.
const OTHER_CONNECTIONS: f64 = 2.0;

/// What people do. Rates are those of a second, times are seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Workload {
    /// Sessions that live.
    pub(crate) sessions: f64,
    /// Those of them that are in use.
    pub(crate) active: f64,
    pub(crate) nodes: f64,
    /// How many nodes a session meets within a touch interval; 1 where the balancer keeps it on one.
    pub(crate) nodes_per_session: f64,
    pub(crate) touch_interval: f64,
    /// As many sessions end.
    pub(crate) sign_ins: f64,
    pub(crate) requests: f64,
    /// Open tabs of a session in use.
    pub(crate) tabs: f64,
    /// Tabs that open, go to another page or close.
    pub(crate) tab_changes: f64,
    pub(crate) audit_days: f64,
    /// How long ended sessions are kept.
    pub(crate) ended_kept: f64,
    /// Whether a node is told that something has changed, or hears of it with its next beat.
    pub(crate) hints: bool,
    /// The connections of a node for its calls.
    pub(crate) connections: f64,
    /// How long PostgreSQL goes on from one checkpoint to the next.
    pub(crate) checkpoint: f64,
}

impl Workload {
    /// The part of one of so many clusters. Each has as many nodes as all of it had.
    pub(super) fn split(self, clusters: f64) -> Self {
        Self {
            sessions: self.sessions / clusters,
            active: self.active / clusters,
            sign_ins: self.sign_ins / clusters,
            requests: self.requests / clusters,
            tab_changes: self.tab_changes / clusters,
            ..self
        }
    }
}

/// What PostgreSQL is asked again and again.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Write {
    pub(crate) what: &'static str,
    pub(crate) per_second: f64,
    pub(crate) each: Cost,
}

/// What that asks.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Demand {
    pub(crate) writes: [Write; 7],
    /// Of a second.
    pub(crate) touches_of_a_node: f64,
    /// Rows of the log of changes, of a second.
    pub(crate) changes: f64,
    pub(crate) commits: f64,
    /// Bytes of the write-ahead log of a second: records, and pages that are whole in it.
    pub(crate) wal_records: f64,
    pub(crate) wal_pages: f64,
    /// Processors that PostgreSQL keeps busy.
    pub(crate) processors: f64,
    pub(crate) change_rows: f64,
    pub(crate) change_bytes: f64,
    pub(crate) audit_records_of_a_day: f64,
    pub(crate) audit_bytes_of_a_day: f64,
    pub(crate) audit_bytes: f64,
    /// Rows of sessions, those that have ended and are kept included.
    pub(crate) session_rows: f64,
    pub(crate) session_bytes: f64,
    /// What of them is in use.
    pub(crate) hot_bytes: f64,
    pub(crate) sessions_of_a_node: f64,
    pub(crate) bytes_of_a_node: f64,
    pub(crate) requests_of_a_node: f64,
    pub(crate) connections: f64,
    /// Sessions that are read again when another server has taken over, by all nodes.
    pub(crate) reads_after_failover: f64,
}

impl Demand {
    pub(crate) fn of(work: &Workload) -> Self {
        let touches = work.active * work.nodes_per_session / work.touch_interval;
        let (sign_ins, ends, tab_changes) = (work.sign_ins, work.sign_ins, work.tab_changes);
        // Signing in and touching change nothing that another node has.
        let changes = ends + tab_changes;
        // What a node is told of makes its next beat come at once; what comes within 50 ms shares one.
        let sooner = if work.hints { changes } else { 0.0 };
        let beats = work.nodes * (BEATS + sooner).min(MOST_BEATS);
        let audit_records = sign_ins + ends;
        let session_rows = work.sessions + ends * work.ended_kept;
        let writes = [
            ("touches", touches, costs::TOUCH),
            ("sign-ins", sign_ins, costs::SIGN_IN),
            ("ends", ends, costs::END),
            ("tab changes", tab_changes, costs::TAB_CHANGE),
            ("beats", beats, costs::BEAT),
            ("audit records numbered", audit_records, costs::AUDIT_RECORD),
            ("ended sessions forgotten", ends, costs::FORGOTTEN),
        ]
        .map(|(what, per_second, each)| Write { what, per_second, each });
        let sum = |of: fn(&Cost) -> f64| -> f64 { writes.iter().map(|write| write.per_second * of(&write.each)).sum() };
        // A node keeps what was in use within a quarter of an hour. Without sticky routing each of them meets each session by then.
        let sessions_of_a_node = if work.nodes_per_session > 1.0 {
            work.active
        } else {
            work.active / work.nodes
        };
        // What changed elsewhere is read again where it is in use.
        let read_again = tab_changes * (work.nodes_per_session - 1.0);
        let audit_bytes_of_a_day = audit_records * DAY * costs::AUDIT_RECORD_BYTES;
        Self {
            writes,
            touches_of_a_node: touches / work.nodes,
            changes,
            commits: sign_ins + ends + tab_changes + beats + SEALS,
            wal_records: sum(|cost| cost.wal),
            wal_pages: whole_pages(work, session_rows) * costs::WHOLE_PAGE / work.checkpoint,
            processors: sum(|cost| cost.processor) + read_again * costs::READ,
            change_rows: changes * CHANGES_KEPT,
            change_bytes: changes * CHANGES_KEPT * costs::CHANGE_BYTES,
            audit_records_of_a_day: audit_records * DAY,
            audit_bytes_of_a_day,
            audit_bytes: audit_bytes_of_a_day * work.audit_days,
            session_rows,
            session_bytes: session_rows * costs::session_bytes(),
            hot_bytes: [costs::ROWS, costs::BY_DIGEST]
                .map(|bytes| met(work.active, pages(session_rows, bytes)) * costs::PAGE)
                .iter()
                .sum(),
            sessions_of_a_node,
            bytes_of_a_node: sessions_of_a_node * (costs::LIVE_SESSION + work.tabs * costs::OPEN_TAB),
            requests_of_a_node: work.requests / work.nodes,
            connections: work.nodes * (work.connections + OTHER_CONNECTIONS),
            reads_after_failover: sessions_of_a_node * work.nodes,
        }
    }
}

/// How many pages PostgreSQL writes whole from one checkpoint to the next: each that changes, once. Sessions in use lie anywhere.
fn whole_pages(work: &Workload, session_rows: f64) -> f64 {
    let meanwhile = |rate: f64| rate * work.checkpoint;
    let (began, ended) = (meanwhile(work.sign_ins), meanwhile(work.sign_ins));
    // Each session in use is touched once in an interval, and then again and again.
    let touched = work.active * (work.checkpoint / work.touch_interval).min(1.0);
    let changed = [
        // Touches and tabs change rows alone. Ended ones get another row beside the old one, and are forgotten a week later.
        (
            costs::ROWS,
            touched + meanwhile(work.tab_changes) + ended + meanwhile(work.sign_ins),
        ),
        // A row that was written anew has its place in every index that has ended sessions as well.
        (costs::BY_ID, ended),
        (costs::BY_HANDLE, ended),
        (costs::BY_DIGEST, began + ended),
        (costs::BY_SUBJECT, began),
    ];
    changed
        .iter()
        .map(|(bytes, rows)| met(*rows, pages(session_rows, *bytes)))
        .sum()
}

fn pages(rows: f64, bytes: f64) -> f64 {
    (rows * bytes / costs::PAGE).max(1.0)
}

/// How many of so many pages have at least one of so many rows that lie anywhere.
fn met(rows: f64, pages: f64) -> f64 {
    pages * -(-rows / pages).exp_m1()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::capacity) fn work() -> Workload {
        Workload {
            sessions: 1e6,
            active: 1e5,
            nodes: 2.0,
            nodes_per_session: 1.0,
            touch_interval: 30.0,
            sign_ins: 20.0,
            requests: 1000.0,
            tabs: 1.0,
            tab_changes: 0.0,
            audit_days: 365.0,
            ended_kept: 7.0 * DAY,
            hints: true,
            connections: 16.0,
            checkpoint: 300.0,
        }
    }

    fn rate(demand: &Demand, what: &str) -> f64 {
        let write = demand.writes.iter().find(|write| write.what == what);
        write.expect("one of them").per_second
    }

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() <= 1e-9 * right.abs()
    }

    #[test]
    fn touches_follow_the_active_sessions_the_interval_and_the_nodes_that_each_meets() {
        let one = Demand::of(&work());
        assert!(near(rate(&one, "touches"), 1e5 / 30.0), "{one:?}");
        assert!(near(one.touches_of_a_node * 2.0, rate(&one, "touches")));
        let both = Demand::of(&Workload {
            nodes_per_session: 2.0,
            ..work()
        });
        assert!(near(rate(&both, "touches"), 2.0 * rate(&one, "touches")));
        let seldom = Demand::of(&Workload {
            touch_interval: 60.0,
            ..work()
        });
        assert!(near(rate(&seldom, "touches"), rate(&one, "touches") / 2.0));
    }

    #[test]
    fn sessions_that_nobody_uses_cost_room_alone() {
        let few = Demand::of(&work());
        let many = Demand::of(&Workload {
            sessions: 1e8,
            ..work()
        });
        assert!(near(many.wal_records, few.wal_records));
        assert!(near(many.processors, few.processors));
        assert!(near(many.bytes_of_a_node, few.bytes_of_a_node));
        assert!(many.session_bytes > 8.0 * few.session_bytes);
    }

    #[test]
    fn a_session_that_ended_is_kept_for_a_week() {
        let demand = Demand::of(&work());
        assert!(near(demand.session_rows, 1e6 + 20.0 * 7.0 * 86_400.0));
    }

    #[test]
    fn beats_come_sooner_where_something_changes_but_not_without_bound() {
        let beats = |sign_ins, tab_changes| {
            let work = Workload {
                sign_ins,
                tab_changes,
                ..work()
            };
            rate(&Demand::of(&work), "beats")
        };
        assert!(near(beats(0.0, 0.0), 2.0 * 4.0));
        assert!(near(beats(1.0, 2.0), 2.0 * 7.0));
        assert!(near(beats(1000.0, 0.0), 2.0 * 20.0));
    }

    #[test]
    fn the_log_of_changes_has_ten_minutes_of_ends_and_tabs() {
        let demand = Demand::of(&Workload {
            tab_changes: 30.0,
            ..work()
        });
        assert!(near(demand.change_rows, 50.0 * 600.0));
    }

    #[test]
    fn a_page_is_whole_in_the_log_once_until_the_next_checkpoint() {
        assert!(near(met(1.0, 1e9), 1.0), "each row has a page to itself");
        assert!(near(met(1e9, 100.0), 100.0), "all pages, and no more");
        let often = Demand::of(&work());
        let seldom = Demand::of(&Workload {
            checkpoint: 3000.0,
            ..work()
        });
        assert!(seldom.wal_pages < often.wal_pages / 3.0);
    }

    #[test]
    fn a_node_keeps_its_part_of_the_sessions_where_routing_is_sticky_and_all_of_them_where_it_is_not() {
        let sticky = Demand::of(&work());
        let spread = Demand::of(&Workload {
            nodes_per_session: 2.0,
            ..work()
        });
        assert!(near(sticky.sessions_of_a_node, 5e4));
        assert!(near(spread.sessions_of_a_node, 1e5));
    }

    #[test]
    fn a_cluster_of_two_has_half_of_it() {
        let (all, half) = (Demand::of(&work()), Demand::of(&work().split(2.0)));
        assert!(near(rate(&half, "touches"), rate(&all, "touches") / 2.0));
        assert!(near(half.session_bytes, all.session_bytes / 2.0));
        assert!(near(half.connections, all.connections));
    }

    /// Two minutes of real use (`docs/capacity.md`): sessions, then bytes of records, bytes of whole pages and seconds of a processor.
    /// The costs are those of one kind of call at a time with a million sessions, so that this is a prediction.
    #[test]
    fn the_two_measured_minutes_are_predicted_to_a_fifth() {
        for (sessions, records, whole, processor) in [
            (1e5, 9_075_426.0, 33_144_984.0, 2.75),
            (1e6, 42_221_309.0, 256_507_728.0, 9.06),
        ] {
            let demand = Demand::of(&Workload {
                sessions,
                active: sessions / 10.0,
                tab_changes: 20.0,
                checkpoint: 60.0,
                ended_kept: 0.0,
                hints: false,
                ..work()
            });
            for (what, predicted, measured) in [
                ("records", demand.wal_records, records),
                ("whole pages", demand.wal_pages, whole),
                ("processor", demand.processors, processor),
            ] {
                let off = predicted * 60.0 / measured - 1.0;
                assert!(off.abs() < 0.2, "{sessions} sessions, {what}: {off}");
            }
        }
    }
}
