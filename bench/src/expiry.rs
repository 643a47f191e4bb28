//! A wave: very many sessions fall due in the same second, in the embedded store on disk. How long until all are ended,
//! audited and announced, and do checks of others suffer meanwhile?

mod announcements;
mod audited;
mod crowd;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use nightlatch_bench::population::policy;
use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::time::{Instant as Moment, Span};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Engine, Options};
use nightlatch_store::Store;
use nightlatch_store_sqlite::SqliteStore;
use tokio::time::{interval, sleep_until};

use self::announcements::Announcements;
use crate::checks::{self, Checks, Percentiles};
use crate::filling;
use crate::report::{self, float, progress, progress_over, say};
use crate::stopwatch;

/// Those of the wave idle for so long, which is too short for the live table to have forgotten them.
const IDLE: Span = Span::from_secs(10 * 60);
/// All of them fall due within it.
const WAVE: Span = Span::from_secs(1);
const GOAL_SECONDS: f64 = 60.0;
const GOAL_RATIO: f64 = 3.0;
const GIVE_UP: Duration = Duration::from_mins(10);

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// Sessions that fall due in the same second
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
    /// Sessions that live on, and are checked
    #[arg(long, default_value_t = 20_000)]
    others: usize,
    /// Checks per second, sent whether or not the last is answered
    #[arg(long, default_value_t = 2000)]
    rate: u32,
    /// How long checks are measured before the wave
    #[arg(long, default_value_t = 10)]
    quiet_seconds: u64,
    /// Read those of the wave into the live table first, as if they had been used a moment ago
    #[arg(long)]
    in_table: bool,
    /// Where the database is made; the directory of temporary files otherwise
    #[arg(long)]
    directory: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    report::heading(format_args!(
        "expiry: {} sessions fall due in the same second",
        args.sessions
    ));
    let directory = filling::directory(args.directory.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&directory.path().join("wave.db"))?);
        measure(args, store).await
    })
}

async fn measure(args: &Args, store: Arc<dyn Store>) -> anyhow::Result<()> {
    // An hour ahead of the wall clock, by which everything is prepared; the engine's clock is started short of it.
    let due = Clock::system(Moment::default()).now() + Span::from_secs(3600);
    let start = stopwatch::now();
    let crowd = crowd::fill(&*store, args.sessions, due - IDLE, WAVE).await?;
    let others = crowd::fill_lasting(&*store, args.others, due - IDLE).await?;
    say(format_args!(
        "- the store is filled in {:.0} s",
        start.elapsed().as_secs_f64()
    ));

    let preparation = Duration::from_secs(5) + Duration::from_micros(100) * u32::try_from(warm(args))?;
    let ahead = preparation + Duration::from_secs(args.quiet_seconds);
    let clock = Clock::system(due - Span::from_millis(u64::try_from(ahead.as_millis())?));
    let wave_at = stopwatch::now() + ahead;
    let policy = policy(policy_document()?)?;
    let engine = Engine::open(Arc::clone(&store), clock, policy, Options::default()).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };

    filling::read_in(&engine, &others).await?;
    if args.in_table {
        filling::read_in(&engine, &crowd.digests).await?;
    }
    let announcements = Announcements::await_all(&engine, &crowd);
    let quiet_from = wave_at - Duration::from_secs(args.quiet_seconds);
    ensure!(
        stopwatch::now() < quiet_from,
        "preparing took longer than was left for it; run again on a quieter machine"
    );
    let checks = Checks::start(Arc::clone(&engine), others, args.rate);

    sleep_until(wave_at.into()).await;
    let wave_over = wave_at + WAVE.to_std();
    let ended = wait_for_the_end((&engine, &*store), &announcements, wave_over).await?;
    let announced = announcements.all().await?;
    let samples = checks.stop()?;
    stop.send(()).ok().context("the background work has ended early")?;
    background.await?;

    let quiet = Percentiles::of(&samples, quiet_from..wave_at)?;
    let stormy = Percentiles::of(&samples, wave_at..ended.max(announced))?;
    checks::show(&[("quiet", &quiet), ("wave", &stormy)]);
    let audited = audited::count(&engine, &crowd).await?;
    say(format_args!(
        "- {} sessions ended, {} audited, each once; {} of {} watchers heard",
        crowd.digests.len(),
        audited,
        announcements::WATCHED.min(args.sessions),
        announcements::WATCHED.min(args.sessions)
    ));
    let seconds = |at: Instant| at.saturating_duration_since(wave_over).as_secs_f64();
    say(format_args!(
        "- {:.0} sessions/s",
        float(args.sessions) / (ended - wave_at).as_secs_f64()
    ));
    report::goal(
        "all ended and audited after the last deadline",
        seconds(ended),
        GOAL_SECONDS,
        " s",
    );
    report::goal(
        "all announced after the last deadline",
        seconds(announced),
        GOAL_SECONDS,
        " s",
    );
    report::goal(
        "p99 of checks, wave / quiet",
        stormy.p99.div_duration_f64(quiet.p99),
        GOAL_RATIO,
        "",
    );
    Ok(())
}

fn warm(args: &Args) -> usize {
    args.others + if args.in_table { args.sessions } else { 0 }
}

fn policy_document() -> anyhow::Result<PolicyDocument> {
    Ok(serde_json::from_value(serde_json::json!({
        "idle": IDLE.to_string(),
        "absolute": "off",
        "applications": { crowd::LASTING: { "idle": "8h" } },
    }))?)
}

/// Until nothing is due any more. Asking for one due record is all this costs the store.
async fn wait_for_the_end(
    (engine, store): (&Engine, &dyn Store),
    announced: &Announcements,
    wave_over: Instant,
) -> anyhow::Result<Instant> {
    sleep_until(wave_over.into()).await;
    let mut ticks = interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        let left = store.due(engine.clock().now(), 1).await?;
        let now = stopwatch::now();
        progress(format_args!(
            "{:.1} s: {} of the watched have heard",
            (now - wave_over).as_secs_f64(),
            announced.heard()
        ));
        if left.is_empty() {
            progress_over();
            return Ok(now);
        }
        ensure!(
            now - wave_over < GIVE_UP,
            "the wave is not over after {} s",
            GIVE_UP.as_secs()
        );
    }
}
