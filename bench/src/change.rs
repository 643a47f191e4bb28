//! A change of policy over very many sessions in the embedded store: how long does the plan take, does it promise exactly
//! what happens, how soon are the ends visible, and do checks of others suffer meanwhile?

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nightlatch_bench::population::{SEED, policy, subject};
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::Policy;
use nightlatch_core::session::Session;
use nightlatch_core::time::{Instant as Moment, Span};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Engine, Options, PolicyChange};
use nightlatch_store::token::{Digest, Handle, Token};
use nightlatch_store::{Filter, Page, Record, Revisions, Store};
use nightlatch_store_sqlite::SqliteStore;
use tokio::time::sleep_until;

use crate::checks::{self, Checks, Percentiles};
use crate::filling;
use crate::report::{self, millis, say};
use crate::stopwatch;

const GOAL_PLAN_MILLIS: f64 = 2000.0;
const GOAL_VISIBLE_SECONDS: f64 = 1.0;
const GOAL_RATIO: f64 = 3.0;
const GIVE_UP: Duration = Duration::from_mins(5);
const PAGE: usize = 5000;
/// The limits are multiples of this; nobody reaches one while the measurement runs, so what happens is the change's doing.
const STEP: u64 = 5 * 60 * 1000;

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// Live sessions, of three applications and many roles
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
    /// Checks per second of those who stay, sent whether or not the last is answered
    #[arg(long, default_value_t = 2000)]
    rate: u32,
    /// How long checks are measured before the change
    #[arg(long, default_value_t = 5)]
    quiet_seconds: u64,
    /// Leave the sessions in the store, as if nobody had used them since a restart
    #[arg(long)]
    cold: bool,
    /// Where the database is made; the directory of temporary files otherwise
    #[arg(long)]
    directory: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    report::heading(format_args!("change: another policy over {} sessions", args.sessions));
    let directory = filling::directory(args.directory.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&directory.path().join("change.db"))?);
        measure(args, store).await
    })
}

async fn measure(args: &Args, store: Arc<dyn Store>) -> anyhow::Result<()> {
    let clock = Clock::system(Moment::default());
    let mut created: Vec<_> = records(args.sessions, clock.now()).collect();
    created.sort_by_key(|record| record.created);
    let concerned: Vec<_> = created
        .iter()
        .map(|record| is_concerned(&record.session.facts))
        .collect();
    let crowd = filling::fill(&*store, created.into_iter(), args.sessions).await?;
    let engine = Engine::open(Arc::clone(&store), clock, before()?, Options::default()).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };
    if !args.cold {
        filling::read_in(&engine, &crowd.digests).await?;
    }
    // Those whom the change leaves alone.
    let staying = concerned.iter().zip(&crowd.digests);
    let staying: Vec<Digest> = staying
        .filter(|(concerned, _)| !**concerned)
        .map(|(_, digest)| *digest)
        .take(20_000)
        .collect();
    filling::read_in(&engine, &staying).await?;
    let checks = Checks::start(Arc::clone(&engine), staying, args.rate);
    let quiet_from = stopwatch::now();
    sleep_until((quiet_from + Duration::from_secs(args.quiet_seconds)).into()).await;
    let quiet_until = stopwatch::now();

    let candidate = after()?;
    let planned = engine.plan(&candidate).await?;
    let planning = millis(quiet_until.elapsed());
    let promised: HashSet<Handle> = planned.ending.iter().copied().collect();
    say(format_args!(
        "- of {} sessions {} would end, {} be shortened",
        planned.plan.all.sessions, planned.plan.all.ending, planned.plan.all.shortened
    ));

    let change = PolicyChange {
        policy: candidate,
        actor: "bench".into(),
        reason: None,
        restored: None,
        expected: None,
    };
    let swapped = stopwatch::now();
    engine.change_policy(change).await?;
    // One after the other costs the store next to nothing.
    let mut waiting = planned.ending.iter().peekable();
    let all_ended = async || {
        while let Some(handle) = waiting.peek() {
            let record = store.find(handle).await?.context("a session is forgotten")?;
            if record.ended().is_none() {
                return Ok(false);
            }
            waiting.next();
        }
        Ok(true)
    };
    let visible = wait_for(swapped, all_ended).await?;
    let reindexed = wait_for(swapped, async || Ok(engine.stats().outdated == 0)).await?;
    let samples = checks.stop()?;
    stop.send(()).ok().context("the background work has ended early")?;
    background.await?;

    let living = living(&*store).await?;
    let kept = crowd.handles.iter().filter(|handle| living.contains(*handle)).count();
    let wrong = crowd
        .handles
        .iter()
        .filter(|handle| promised.contains(*handle) == living.contains(*handle))
        .count();
    say(format_args!(
        "- {kept} sessions live on; {wrong} went another way than was promised"
    ));
    let quiet = Percentiles::of(&samples, quiet_from..quiet_until)?;
    let stormy = Percentiles::of(&samples, swapped..reindexed)?;
    checks::show(&[("before", &quiet), ("change", &stormy)]);
    report::goal("plan", planning, GOAL_PLAN_MILLIS, " ms");
    report::goal(
        "all ends visible after the change",
        (visible - swapped).as_secs_f64(),
        GOAL_VISIBLE_SECONDS,
        " s",
    );
    report::goal(
        "p99 of checks, change / before",
        stormy.p99.div_duration_f64(quiet.p99),
        GOAL_RATIO,
        "",
    );
    say(format_args!(
        "- all re-indexed after {:.2} s",
        (reindexed - swapped).as_secs_f64()
    ));
    Ok(())
}

fn records(sessions: usize, now: Moment) -> impl Iterator<Item = Record> {
    let mut random = fastrand::Rng::with_seed(SEED);
    (0..sessions).map(move |number| {
        let age = random.u64(..8) * STEP + random.u64(STEP / 5..STEP / 2);
        let seen = now - Span::from_millis(age);
        let facts = Facts {
            application: Some(["crm", "mail", "wiki"][random.usize(..3)].into()),
            device: Some(["desktop", "mobile"][random.usize(..2)].into()),
            roles: vec![
                ["admin", "staff", "staff", "staff"][random.usize(..4)].into(),
                format!("team-{}", random.usize(..10)).into(),
            ],
        };
        Record {
            digest: Token::random().digest(),
            handle: Handle::random(seen),
            subject: subject(number).into(),
            amr: ["pwd".into()].into(),
            created: seen,
            session: Session::sign_in(Arc::new(facts), None, seen, seen),
            revisions: Revisions { own: 1, today: 1 },
            due: Some(seen + Span::from_secs(3600)),
            version: 0,
            ledger: None,
        }
    })
}

fn is_concerned(facts: &Facts) -> bool {
    facts.application.as_deref() == Some("crm") || facts.roles.iter().any(|role| &**role == "admin")
}

fn before() -> anyhow::Result<Policy> {
    policy(serde_json::from_value(
        serde_json::json!({ "idle": "1h", "absolute": "8h" }),
    )?)
}

fn after() -> anyhow::Result<Policy> {
    policy(serde_json::from_value(serde_json::json!({
        "idle": "1h",
        "absolute": "8h",
        "applications": { "crm": { "idle": "30m" } },
        "rules": [{ "name": "admins", "match": { "role": "admin" }, "idle": "15m" }],
    }))?)
}

async fn wait_for(since: Instant, mut happened: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<Instant> {
    loop {
        let over = happened().await?;
        let now = stopwatch::now();
        if over {
            return Ok(now);
        }
        ensure!(
            now - since < GIVE_UP,
            "it does not happen within {} s",
            GIVE_UP.as_secs()
        );
        sleep_until((now + Duration::from_millis(20)).into()).await;
    }
}

async fn living(store: &dyn Store) -> anyhow::Result<HashSet<Handle>> {
    let (mut after, mut living) = (None, HashSet::new());
    loop {
        let page = store.list(&Filter::default(), Page { after, limit: PAGE }).await?;
        let Some(last) = page.last() else { return Ok(living) };
        after = Some(last.handle);
        living.extend(page.iter().map(|record| record.handle));
    }
}
