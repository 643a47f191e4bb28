//! The sessions of the wave and those that live on, put into the store directly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use nightlatch_bench::population::{APPLICATION, SEED, subject};
use nightlatch_core::facts::Facts;
use nightlatch_core::session::Session;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::audit::{AuditEntry, AuditKind};
use nightlatch_engine::store::{Created, Creation, Record, Revisions, Store};
use nightlatch_engine::token::{Digest, Handle, Token};

use super::IDLE;
use crate::report::{progress, progress_over};

/// The application of those who live on.
pub(super) const LASTING: &str = "lasting";

/// Writes under way at once; they share transactions.
const CONCURRENT: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Crowd {
    pub(super) digests: Vec<Digest>,
    pub(super) handles: Vec<Handle>,
}

/// Sessions last seen within `spread` from `seen` on, which is one idle limit before they fall due.
pub(super) async fn fill(store: &dyn Store, count: usize, seen: Instant, spread: Span) -> anyhow::Result<Crowd> {
    let spread = usize::try_from(spread.as_millis())?;
    let at = |number: usize| seen + Span::from_millis(u64::try_from(number * spread / count).unwrap_or(0));
    let records = records(APPLICATION, count, at, IDLE);
    create(store, records, count).await
}

/// Sessions of the application that idles after hours.
pub(super) async fn fill_lasting(store: &dyn Store, count: usize, seen: Instant) -> anyhow::Result<Vec<Digest>> {
    let mut digests = create(
        store,
        records(LASTING, count, |_| seen, Span::from_secs(8 * 3600)),
        count,
    )
    .await?
    .digests;
    fastrand::Rng::with_seed(SEED).shuffle(&mut digests);
    Ok(digests)
}

fn records(
    application: &str,
    count: usize,
    seen: impl Fn(usize) -> Instant,
    idle: Span,
) -> impl Iterator<Item = Record> {
    let facts = Arc::new(Facts {
        application: Some(application.into()),
        ..Facts::default()
    });
    // The first policy of a new store.
    let revisions = Revisions { own: 1, today: 1 };
    (0..count).map(move |number| {
        let seen = seen(number);
        Record {
            digest: Token::random().digest(),
            handle: Handle::random(seen),
            subject: subject(number).into(),
            amr: Vec::new(),
            created: seen,
            session: Session::sign_in(Arc::clone(&facts), None, seen, seen),
            revisions,
            due: Some(seen + idle),
            version: 0,
        }
    })
}

async fn create(store: &dyn Store, records: impl Iterator<Item = Record>, count: usize) -> anyhow::Result<Crowd> {
    let done = AtomicUsize::new(0);
    let created = stream::iter(records)
        .map(|record| create_one(store, record))
        .buffered(CONCURRENT);
    let told = created.inspect_ok(|_| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(1000) {
            progress(format_args!("filling the store: {done} of {count}"));
        }
    });
    let crowd = told.try_fold(Crowd::default(), |mut crowd, (digest, handle)| async move {
        crowd.digests.push(digest);
        crowd.handles.push(handle);
        Ok(crowd)
    });
    let crowd = crowd.await?;
    progress_over();
    Ok(crowd)
}

async fn create_one(store: &dyn Store, record: Record) -> anyhow::Result<(Digest, Handle)> {
    let audit = AuditEntry {
        handle: Some(record.handle),
        subject: Some(record.subject.as_ref().into()),
        application: record.session.facts.application.clone(),
        ..AuditEntry::new(record.created, AuditKind::SignIn, "bench")
    };
    let names = (record.digest, record.handle);
    let creation = Creation {
        record,
        audit,
        room: None,
        claim: None,
    };
    let created = store.create(&creation).await?;
    ensure!(created == Created::Added(Vec::new()), "a random token exists already");
    Ok(names)
}
