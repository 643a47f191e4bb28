//! A million sessions in the embedded store: how long do pages of filtered lists take, the first and one deep inside, and how
//! fast are all of them read, moved to another policy, and ended?

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use nightlatch_bench::population::{SEED, subject};
use nightlatch_core::facts::Facts;
use nightlatch_core::session::{EndReason, Session};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::{Handle, Token};
use nightlatch_store::{Expiry, Filter, Page, Record, Reindex, Revisions, Store};
use nightlatch_store_sqlite::SqliteStore;

use crate::filling;
use crate::report::{self, Table, float, median, millis, say};
use crate::stopwatch;

const GOAL_MILLIS: f64 = 50.0;
/// As many as the console shows.
const PAGE: usize = 50;
/// As many as the engine takes at once.
const PORTION: usize = 500;
const RUNS: usize = 9;
/// So many are read, re-indexed and ended.
const MOVED: usize = 100_000;

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// Live sessions
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
    /// Different roles beside `admin` and `staff`; each makes other facts
    #[arg(long, default_value_t = 10)]
    roles: usize,
    /// Where the database is made; the directory of temporary files otherwise
    #[arg(long)]
    directory: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    report::heading(format_args!("list: pages of {PAGE} of {} sessions", args.sessions));
    let directory = filling::directory(args.directory.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = SqliteStore::open(&directory.path().join("list.db"))?;
        let started = stopwatch::now();
        let crowd = filling::fill(&store, records(args), args.sessions).await?;
        told("create", args.sessions, started);
        pages(&store, &crowd.handles).await?;
        portions(&store).await
    })
}

fn records(args: &Args) -> impl Iterator<Item = Record> {
    let start = Instant::from_millis(1_700_000_000_000);
    let mut random = fastrand::Rng::with_seed(SEED);
    let (sessions, roles) = (args.sessions, args.roles.max(1));
    (0..sessions).map(move |number| {
        let seen = start + Span::from_millis(number as u64);
        let device = if random.u32(..1000) == 0 { "kiosk" } else { "desktop" };
        let first = if random.u32(..100) == 0 { "admin" } else { "staff" };
        let facts = Facts {
            application: Some(["crm", "mail", "wiki"][random.usize(..3)].into()),
            device: Some(device.into()),
            roles: vec![first.into(), format!("team-{}", random.usize(..roles)).into()],
        };
        Record {
            digest: Token::random().digest(),
            handle: Handle::random(seen),
            subject: subject(random.usize(..sessions.div_ceil(3))).into(),
            amr: ["pwd".into()].into(),
            created: seen,
            session: Session::sign_in(Arc::new(facts), None, seen, seen),
            revisions: Revisions { own: 1, today: 1 },
            due: Some(seen + Span::from_secs(1800)),
            version: 0,
            ledger: None,
        }
    })
}

/// First and deep pages of several filters.
async fn pages(store: &dyn Store, handles: &[Handle]) -> anyhow::Result<()> {
    let deep = handles[handles.len() / 10 * 9];
    let table = Table::new(&["filter", "sessions", "count ms", "first page ms", "deep page ms"]);
    let mut slowest = 0.0_f64;
    for (name, filter) in filters() {
        let started = stopwatch::now();
        let sessions = store.count(&filter).await?;
        let counted = millis(started.elapsed());
        let first = page_millis(store, &filter, None).await?;
        let deep = page_millis(store, &filter, Some(deep)).await?;
        slowest = slowest.max(first).max(deep);
        table.row([
            name.to_owned(),
            sessions.to_string(),
            format!("{counted:.1}"),
            format!("{first:.2}"),
            format!("{deep:.2}"),
        ]);
    }
    say("");
    report::goal("slowest page", slowest, GOAL_MILLIS, " ms");
    Ok(())
}

fn filters() -> Vec<(&'static str, Filter)> {
    let filter = |subject: &str, application: &str, device: &str, role: &str| {
        let given = |value: &str| (!value.is_empty()).then(|| value.into());
        Filter {
            subject: given(subject),
            application: given(application),
            within: None,
            device: given(device),
            role: given(role),
        }
    };
    let person = subject(77);
    vec![
        ("none", filter("", "", "", "")),
        ("subject", filter(&person, "", "", "")),
        ("application", filter("", "crm", "", "")),
        ("common device", filter("", "", "desktop", "")),
        ("rare device", filter("", "", "kiosk", "")),
        ("common role", filter("", "", "", "staff")),
        ("one team", filter("", "", "", "team-3")),
        ("application and device", filter("", "crm", "kiosk", "")),
        ("application, device and role", filter("", "mail", "desktop", "admin")),
        ("device that application has not", filter("", "crm", "tv", "")),
        ("application nobody uses", filter("", "erp", "desktop", "staff")),
        ("subject and another role", filter(&person, "", "", "nobody")),
    ]
}

async fn page_millis(store: &dyn Store, filter: &Filter, after: Option<Handle>) -> anyhow::Result<f64> {
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = stopwatch::now();
        store.list(filter, Page { after, limit: PAGE }).await?;
        runs.push(millis(started.elapsed()));
    }
    Ok(median(runs))
}

/// What goes through very many sessions in portions.
async fn portions(store: &dyn Store) -> anyhow::Result<()> {
    say("");
    let (mut after, mut outdated) = (None, Vec::new());
    let started = stopwatch::now();
    while outdated.len() < MOVED {
        let page = Page { after, limit: PORTION };
        let records = store.list(&Filter::default(), page).await?;
        let Some(last) = records.last() else { break };
        after = Some(last.handle);
        outdated.extend(records);
    }
    told("read", outdated.len(), started);

    let started = stopwatch::now();
    for portion in outdated.chunks(PORTION) {
        let reindex = |record: &Record| Reindex {
            digest: record.digest,
            version: record.version,
            today: 2,
            due: record.due.map(|due| due - Span::from_secs(900)),
        };
        let sessions: Vec<_> = portion.iter().map(reindex).collect();
        store.reindex(&sessions).await?;
    }
    told("re-index", outdated.len(), started);

    let started = stopwatch::now();
    for portion in outdated.chunks(PORTION) {
        let expiry = |record: &Record| Expiry {
            digest: record.digest,
            version: record.version,
            first: record.session.activity.seen,
            seen: record.session.activity.seen,
            today: record.revisions.today,
            at: record.session.activity.seen + Span::from_secs(900),
            reason: EndReason::Idle,
        };
        let expiries: Vec<_> = portion.iter().map(expiry).collect();
        ensure!(store.expire(&expiries).await?.len() == portion.len(), "all of them end");
    }
    told("expire", outdated.len(), started);
    Ok(())
}

fn told(what: &str, count: usize, started: std::time::Instant) {
    let seconds = started.elapsed().as_secs_f64();
    say(format_args!(
        "- {what}: {count} in {seconds:.2} s, {:.0} per second",
        float(count) / seconds
    ));
}
