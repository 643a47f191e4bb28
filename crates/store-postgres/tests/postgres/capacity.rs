//! What the store costs the server: the figures of `docs/capacity.md`, and two minutes to hold them against. Run on a machine that does
//! nothing else with
//! `cargo test --release -p nightlatch-store-postgres --test postgres -- --ignored --nocapture capacity`.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures and tells")]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use nightlatch_core::path::Path;
use nightlatch_core::session::{EndReason, OpenTab, Presence};
use nightlatch_core::time::Instant;
use nightlatch_programs::postgres::Server;
use nightlatch_store::nodes::{Beat, NodeId, Position};
use nightlatch_store::{Changes as _, Selector, Sessions as _, Touch, Touched};
use nightlatch_store_postgres::PostgresStore;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use nightlatch_store::conformance::fixture::*;

use crate::fresh::connect;
use crate::server::ServerExt as _;

/// As the engine tells them.
const BATCH: u32 = 1000;
const AT_ONCE: u32 = 8;
/// The first session that is signed in while it is measured.
const NEW: u32 = 100_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, asserts little"]
async fn capacity() {
    for sessions in [100_000, 1_000_000] {
        println!("\n{sessions} sessions");
        let bed = Bed::make(sessions).await;
        bed.sizes().await;
        bed.minute().await;
        bed.sizes().await;
        bed.touches().await;
        bed.reads().await;
        bed.sign_ins().await;
        bed.tabs().await;
        bed.ends().await;
        bed.audit().await;
        bed.changes().await;
        bed.beats().await;
        bed.forgetting().await;
        bed.commits().await;
        bed.write_ahead().await;
    }
}

/// A server with sessions in it.
struct Bed {
    sessions: u32,
    store: Arc<PostgresStore>,
    client: Client,
    server: Server,
}

/// What a run took.
struct Taken {
    calls: u32,
    seconds: f64,
    /// Of the processes of the server.
    processor: f64,
    /// Bytes of records, and of the pages that are whole in them because they had not changed since the checkpoint.
    records: f64,
    pages: f64,
}

impl Taken {
    fn tell(&self, what: &str) {
        let calls = f64::from(self.calls);
        println!(
            "{what:<36} each: {:>7.1} us of processor, {:>6.0} bytes of WAL and {:>6.0} of whole pages; {:>7.0} a second",
            self.processor * 1e6 / calls,
            self.records / calls,
            self.pages / calls,
            calls / self.seconds
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn wide(number: i64) -> f64 {
    number as f64
}

impl Bed {
    async fn make(sessions: u32) -> Self {
        let server = Server::start(&[
            "autovacuum=on",
            "shared_buffers=512MB",
            "max_wal_size=16GB",
            // The measurement says when.
            "checkpoint_timeout=1h",
        ]);
        let store = Arc::new(connect(&server.options("postgres").connections(16)).await);
        let client = server.client("postgres").await;
        client
            .batch_execute("CREATE EXTENSION pg_walinspect")
            .await
            .expect("PostgreSQL 15");
        let bed = Self {
            sessions,
            store,
            client,
            server,
        };
        bed.fill().await;
        bed
    }

    /// Some facts in use; the rest is copied by the server.
    async fn fill(&self) {
        const MODELS: u32 = 60;
        for number in 0..MODELS {
            let application = ["crm", "mail", "wiki"][number as usize % 3];
            let roles: &[&str] = if number % 10 == 0 {
                &["admin", "staff"]
            } else {
                &["staff"]
            };
            let mut model = record_with(number, &person(number), Some(application), Some("desktop"), roles);
            model.session.last_page = Some(page());
            add(&*self.store, &model).await;
        }
        for first in (MODELS..self.sessions).step_by(50_000) {
            let last = (first + 50_000).min(self.sessions) - 1;
            let copy = format!(
                "INSERT INTO sessions (digest, handle, subject, facts, amr, created, authenticated, seen, longest_absence, own,
                    today, due, version, last_page)
                 SELECT decode(lpad(to_hex(number * 2654435761 % 4294967296), 8, '0') || repeat('0', 48)
                        || lpad(to_hex(number), 8, '0'), 'hex'),
                    (lpad(to_hex(number), 8, '0') || repeat('0', 24))::uuid,
                    'person-' || lpad((number % 300000)::text, 7, '0') || '@example.com',
                    facts, amr, created, authenticated, seen, longest_absence, own, today, due + number, version, last_page
                 FROM generate_series({first}::bigint, {last}) AS number
                 JOIN sessions AS model ON model.id = 1 + number % {MODELS}"
            );
            self.client.batch_execute(&copy).await.expect("sessions");
        }
        for settle in ["VACUUM (ANALYZE, FREEZE) sessions", "ANALYZE facts"] {
            self.client.batch_execute(settle).await.expect("statistics");
        }
        self.checkpoint().await;
    }

    async fn checkpoint(&self) {
        self.client.batch_execute("CHECKPOINT").await.expect("a checkpoint");
    }

    async fn number(&self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).await.expect("a number").get(0)
    }

    /// How far the log has been written, to the disk.
    async fn written(&self) -> String {
        let flush = "SELECT pg_logical_emit_message(true, '', '')";
        self.client.batch_execute(flush).await.expect("a record");
        let sql = "SELECT pg_current_wal_flush_lsn()::text";
        self.client.query_one(sql, &[]).await.expect("a position").get(0)
    }

    /// Seconds that the server has had a processor, in all its processes, those that are gone included.
    async fn processor(&self) -> f64 {
        const TICKS_PER_SECOND: f64 = 100.0;
        let backend = self.number("SELECT pg_backend_pid()::bigint").await;
        let postmaster = stat(backend)[1];
        let mut ticks: i64 = stat(postmaster)[11..15].iter().sum();
        for entry in std::fs::read_dir("/proc").expect("processes").flatten() {
            let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let fields = stat(process);
            if fields.get(1) == Some(&postmaster) {
                ticks += fields[11] + fields[12];
            }
        }
        wide(ticks) / TICKS_PER_SECOND
    }

    async fn taken(&self, calls: u32, work: impl Future<Output = ()>) -> Taken {
        let from = self.written().await;
        let (processor, started) = (self.processor().await, Stopwatch::now());
        work.await;
        let seconds = started.elapsed().as_secs_f64();
        let processor = self.processor().await - processor;
        let to = self.written().await;
        let sql = format!(
            "SELECT sum(record_size)::float8, sum(fpi_size)::float8 FROM pg_get_wal_stats('{from}', '{to}', false)"
        );
        let row = self.client.query_one(&sql, &[]).await.expect("what is in the log");
        Taken {
            calls,
            seconds,
            processor,
            records: row.get(0),
            pages: row.get(1),
        }
    }

    /// The sessions and their indexes.
    async fn sizes(&self) {
        let sql =
            "SELECT relname::text, pg_relation_size(oid) FROM pg_class WHERE oid = 'sessions'::regclass OR oid IN (
            SELECT indexrelid FROM pg_index WHERE indrelid = 'sessions'::regclass) ORDER BY 1";
        let per_session = |bytes: i64| wide(bytes) / f64::from(self.sessions);
        let mut total = 0;
        for part in self.client.query(sql, &[]).await.expect("sizes") {
            let (name, bytes): (String, i64) = (part.get(0), part.get(1));
            total += bytes;
            println!("{name:<24} {bytes:>12} bytes, {:>7.1} a session", per_session(bytes));
        }
        println!(
            "{:<24} {total:>12} bytes, {:>7.1} a session",
            "in all",
            per_session(total)
        );
    }

    async fn touch(&self, store: &PostgresStore, numbers: impl Iterator<Item = u32>, instant: i64) {
        let touches: Vec<Touch> = numbers
            .map(|number| Touch {
                page: Some(page()),
                ..touch(number, instant)
            })
            .collect();
        let answers = store.touch(&touches).await.expect("store");
        // Somebody may be opening a tab, or have signed out.
        let busy = answers.iter().filter(|answer| **answer == Touched::Busy);
        assert!(busy.count() < answers.len() / 10, "the store takes what it is told");
    }

    /// A tenth of the sessions, right behind a checkpoint, and then again; by one node and by two.
    async fn touches(&self) {
        let active = self.sessions / 10;
        self.checkpoint().await;
        let store = connect(&self.server.options("postgres").connections(1)).await;
        for round in 1..=4_u32 {
            let work = async {
                for first in (0..active).step_by(BATCH as usize) {
                    let numbers = (first..first + BATCH).map(|number| spread(number, self.sessions));
                    self.touch(&store, numbers, 1_000_000 + i64::from(round)).await;
                }
            };
            self.taken(active, work)
                .await
                .tell(&format!("touch, round {round} behind a checkpoint"));
        }
        let other = connect(&self.server.options("postgres").connections(1)).await;
        let half = |store, from: u32| async move {
            for first in (from..from + active / 2).step_by(BATCH as usize) {
                let numbers = (first..first + BATCH).map(|number| spread(number, self.sessions));
                self.touch(store, numbers, 2_000_000).await;
            }
        };
        let work = async {
            tokio::join!(half(&store, 0), half(&other, active / 2));
        };
        self.taken(active, work).await.tell("touch, over two connections");
    }

    /// The same for each of some numbers, eight at once.
    async fn each<F: Future<Output = ()> + Send + 'static>(
        &self,
        what: &str,
        numbers: std::ops::Range<u32>,
        call: impl Fn(Arc<PostgresStore>, u32) -> F + Copy + Send + 'static,
    ) {
        let calls = numbers.end - numbers.start;
        let next = Arc::new(AtomicU32::new(numbers.start));
        let work = async {
            let mut tasks = JoinSet::new();
            for _ in 0..AT_ONCE {
                let (store, next) = (Arc::clone(&self.store), Arc::clone(&next));
                tasks.spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= numbers.end {
                            return;
                        }
                        call(Arc::clone(&store), number).await;
                    }
                });
            }
            tasks.join_all().await;
        };
        self.taken(calls, work).await.tell(what);
    }

    async fn reads(&self) {
        let sessions = self.sessions;
        self.each("read", 0..10_000, move |store, number| async move {
            get(&*store, spread(number, sessions)).await;
        })
        .await;
    }

    async fn sign_ins(&self) {
        self.checkpoint().await;
        for round in 0..3 {
            let from = NEW + 10_000 + round * 3000;
            self.each(
                &format!("sign-in, round {} behind a checkpoint", round + 1),
                from..from + 3000,
                sign_in,
            )
            .await;
        }
    }

    async fn tabs(&self) {
        self.checkpoint().await;
        let sessions = self.sessions;
        for round in 0..3 {
            let from = round * 3000;
            self.each(
                &format!("tab, round {} behind a checkpoint", round + 1),
                from..from + 3000,
                move |store, number| open_tab(store, spread(number, sessions)),
            )
            .await;
        }
    }

    async fn ends(&self) {
        self.checkpoint().await;
        let sessions = self.sessions;
        for round in 0..3 {
            let from = 20_000 + round * 3000;
            self.each(
                &format!("end, round {} behind a checkpoint", round + 1),
                from..from + 3000,
                move |store, number| end_of(store, spread(number, sessions)),
            )
            .await;
        }
    }

    /// What was told is numbered, in batches as large as they come.
    async fn audit(&self) {
        self.checkpoint().await;
        let waiting = self.number("SELECT count(*) FROM audit_new").await;
        let records = u32::try_from(waiting).expect("few");
        let nodes = self.store.nodes().expect("nodes share it");
        let work = async { nodes.seal().await.expect("store") };
        self.taken(records, work).await.tell("audit record numbered");
        let rows = self.number("SELECT count(*) FROM audit").await;
        let bytes = self
            .number(
                "SELECT (pg_total_relation_size('audit') + coalesce(sum(pg_total_relation_size(inhrelid)), 0))::bigint
                 FROM pg_inherits WHERE inhparent = 'audit'::regclass",
            )
            .await;
        println!(
            "audit: {rows} records, {:.1} bytes each with indexes",
            wide(bytes) / wide(rows)
        );
    }

    async fn changes(&self) {
        let rows = self.number("SELECT count(*) FROM changes").await;
        let bytes = self.number("SELECT pg_total_relation_size('changes')").await;
        println!(
            "changes: {rows} rows, {:.1} bytes each with indexes",
            wide(bytes) / wide(rows)
        );
    }

    /// Eight nodes at once, each as fast as it can.
    async fn beats(&self) {
        const EACH: u32 = 400;
        let mut nodes = Vec::new();
        for node in 0..AT_ONCE {
            let store = connect(&self.server.options("postgres").connections(1)).await;
            let position = beat(&store, 100 + u64::from(node), None).await;
            nodes.push((store, 100 + u64::from(node), position));
        }
        let work = async {
            let mut tasks = JoinSet::new();
            for (store, node, mut position) in nodes {
                tasks.spawn(async move {
                    for _ in 0..EACH {
                        position = beat(&store, node, Some(position.clone())).await;
                    }
                });
            }
            tasks.join_all().await;
        };
        self.taken(EACH * AT_ONCE, work).await.tell("beat, of eight nodes");
    }

    /// The least that can be durable, from many connections: how often the disk lets the server commit.
    async fn commits(&self) {
        const CONNECTIONS: u32 = 64;
        const EACH: u32 = 200;
        self.client
            .batch_execute("CREATE TABLE least (number integer)")
            .await
            .expect("a table");
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(self.server.client("postgres").await);
        }
        let work = async {
            let mut tasks = JoinSet::new();
            for client in clients {
                tasks.spawn(async move {
                    for _ in 0..EACH {
                        client
                            .execute("INSERT INTO least VALUES (1)", &[])
                            .await
                            .expect("a row");
                    }
                });
            }
            tasks.join_all().await;
        };
        self.taken(CONNECTIONS * EACH, work)
            .await
            .tell("durable commit, over 64 connections");
    }

    async fn forgetting(&self) {
        self.checkpoint().await;
        let rows = u32::try_from(
            self.number("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL")
                .await,
        )
        .expect("few");
        let work = async { while self.store.forget_ended(at(i64::MAX / 2), 500).await.expect("store") > 0 {} };
        self.taken(rows, work).await.tell("ended session forgotten");
    }

    /// How fast the server writes its log ahead when nothing else holds it up.
    async fn write_ahead(&self) {
        let work = async {
            let sql = "CREATE TABLE wide AS SELECT 0 AS number, ''::bytea AS bytes WHERE false;
                ALTER TABLE wide ALTER bytes SET STORAGE PLAIN;
                INSERT INTO wide SELECT number, decode(repeat(md5(number::text), 240), 'hex') FROM generate_series(1, 100000) AS number;
                DROP TABLE wide";
            self.client.batch_execute(sql).await.expect("a table");
        };
        let taken = self.taken(1, work).await;
        println!(
            "write-ahead log: {:.0} MB a second",
            (taken.records + taken.pages) / taken.seconds / 1e6
        );
    }

    /// A minute behind a checkpoint, as two nodes make it: a tenth of the sessions is active and is touched every 30 seconds, and each
    /// second 20 people sign in, 20 sign out, and 20 tabs open.
    async fn minute(&self) {
        const SECONDS: u32 = 60;
        const INTERVAL: u32 = 30;
        const EACH: u32 = 20;
        let active = self.sessions / 10;
        let stores = [
            connect(&self.server.options("postgres").connections(1)).await,
            connect(&self.server.options("postgres").connections(1)).await,
        ];
        self.checkpoint().await;
        let told = AtomicU32::new(0);
        let started = Stopwatch::now();
        let second = |number: u32| tokio::time::sleep_until((started + Duration::from_secs(number.into())).into()); // tidy: sleeps because it takes the time that it measures
        let work = async {
            let touches = async {
                for number in 0..SECONDS {
                    second(number).await;
                    let from = active / INTERVAL * (number % INTERVAL);
                    let to = from + active / INTERVAL;
                    for first in (from..to).step_by(BATCH as usize) {
                        let last = (first + BATCH).min(to);
                        let numbers = (first..last).map(|number| spread(number, self.sessions));
                        let store = &stores[(first / BATCH) as usize % 2];
                        self.touch(store, numbers, 10_000 + i64::from(number)).await;
                        told.fetch_add(last - first, Ordering::Relaxed);
                    }
                }
            };
            let calls = async {
                let mut tasks = JoinSet::new();
                for number in 0..SECONDS {
                    second(number).await;
                    for call in number * EACH..(number + 1) * EACH {
                        let store = Arc::clone(&self.store);
                        let sessions = self.sessions;
                        tasks.spawn(async move {
                            sign_in(Arc::clone(&store), NEW + call).await;
                            open_tab(Arc::clone(&store), spread(50_000 + call, sessions)).await;
                            end_of(store, spread(60_000 + call, sessions)).await;
                        });
                    }
                }
                tasks.join_all().await;
            };
            let beats = async |store: &PostgresStore, node: u64| {
                let mut position = None;
                for number in 0..SECONDS * 4 {
                    tokio::time::sleep_until((started + Duration::from_millis(250) * number).into()).await; // tidy: sleeps because it beats as a node does
                    position = Some(beat(store, node, position).await);
                    if number % 4 == 0 {
                        store.nodes().expect("nodes share it").seal().await.expect("store");
                    }
                }
            };
            tokio::join!(touches, calls, beats(&stores[0], 1), beats(&stores[1], 2));
        };
        let taken = self.taken(1, work).await;
        println!(
            "a minute: {} touches, {} calls of each kind, {:.1} s, {:.2} s of processor, {:.0} bytes of WAL and {:.0} of whole pages, {:.0} a second",
            told.load(Ordering::Relaxed),
            SECONDS * EACH,
            taken.seconds,
            taken.processor,
            taken.records,
            taken.pages,
            (taken.records + taken.pages) / taken.seconds
        );
    }
}

/// What `/proc` tells of a process behind its name; nothing of one that is gone.
fn stat(process: i64) -> Vec<i64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = text
        .rsplit_once(") ")
        .map_or("", |(_, fields)| fields)
        .split_whitespace();
    fields.map(|field| field.parse().unwrap_or_default()).collect()
}

/// A session far from that of the last number.
fn spread(number: u32, sessions: u32) -> u32 {
    u32::try_from(u64::from(number) * 611_953 % u64::from(sessions)).expect("below the number of sessions")
}

/// 26 letters.
fn person(number: u32) -> String {
    format!("person-{number:07}@example.com")
}

fn page() -> Path<'static> {
    Path::canonical("/accounts/transfer").into_owned()
}

async fn sign_in(store: Arc<PostgresStore>, number: u32) {
    let mut record = record_with(
        number,
        &person(number % 300_000),
        Some("wiki"),
        Some("desktop"),
        &["staff"],
    );
    record.due = Some(Instant::from_millis(2000 + i64::from(number)));
    add(&*store, &record).await;
}

async fn open_tab(store: Arc<PostgresStore>, number: u32) {
    let record = get(&*store, number).await;
    let mut change = amendment(&record);
    let tab = OpenTab {
        page: page(),
        attended: None,
    };
    change.session.presence = Some(Box::new(Presence {
        tabs: FromIterator::from_iter([("b3c1f5a0e2d94b7c".into(), tab)]),
        ..Presence::default()
    }));
    store.amend(&change).await.expect("store");
}

async fn end_of(store: Arc<PostgresStore>, number: u32) {
    let selector = Selector::Digest(digest(number));
    store
        .end(&selector, &end(EndReason::User, 3000), 1)
        .await
        .expect("store");
}

async fn beat(store: &PostgresStore, node: u64, position: Option<Position>) -> Position {
    let beat = Beat {
        node: NodeId::new(node),
        name: "node-1.internal:8700".into(),
        version: "1.0.0".into(),
        now: None,
        position,
    };
    store
        .nodes()
        .expect("nodes share it")
        .beat(&beat)
        .await
        .expect("store")
        .position
}
