//! Sessions put into a store directly, very many at once, and read into the live table from there.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use nightlatch_engine::{Engine, Standing};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Created, Creation, Record, Store};
use tempfile::TempDir;

use crate::report::{progress, progress_over};

/// Writes under way at once; they share transactions.
const CONCURRENT: usize = 1024;

/// The sessions of a filled store, in the order in which they were put into it.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    pub(crate) digests: Vec<Digest>,
    pub(crate) handles: Vec<Handle>,
}

/// Adds `count` records.
pub(crate) async fn fill(
    store: &dyn Store,
    records: impl Iterator<Item = Record>,
    count: usize,
) -> anyhow::Result<Crowd> {
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
        quota: None,
        claim: None,
    };
    let created = store.create(&creation).await?;
    ensure!(created == Created::Added(Vec::new()), "a random token exists already");
    Ok(names)
}

/// A directory for the database, taken away with all that is in it.
pub(crate) fn directory(within: Option<&Path>) -> anyhow::Result<TempDir> {
    let directory = within.map_or_else(tempfile::tempdir, tempfile::tempdir_in);
    directory.context("no directory for the database")
}

/// Reads sessions into the live table, as their first request does.
pub(crate) async fn read_in(engine: &Arc<Engine>, digests: &[Digest]) -> anyhow::Result<()> {
    for (number, digest) in digests.iter().enumerate() {
        let standing = engine.status(digest).await?;
        ensure!(
            matches!(standing, Standing::Live(_)),
            "a session is {standing:?} before its time"
        );
        if number % 1000 == 0 {
            progress(format_args!("reading sessions in: {number} of {}", digests.len()));
        }
    }
    progress_over();
    Ok(())
}
