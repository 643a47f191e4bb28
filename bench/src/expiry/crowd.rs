//! The sessions of the wave and those that live on, put into the store directly.

use std::sync::Arc;

use nightlatch_bench::population::{APPLICATION, SEED, subject};
use nightlatch_core::facts::Facts;
use nightlatch_core::session::Session;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::token::{Digest, Handle, Token};
use nightlatch_store::{Record, Revisions, Store};

use super::IDLE;
use crate::filling::{self, Crowd};

/// The application of those who live on.
pub(super) const LASTING: &str = "lasting";

/// Sessions last seen within `spread` from `seen` on, which is one idle limit before they fall due.
pub(super) async fn fill(store: &dyn Store, count: usize, seen: Instant, spread: Span) -> anyhow::Result<Crowd> {
    let spread = usize::try_from(spread.as_millis())?;
    let at = |number: usize| seen + Span::from_millis(u64::try_from(number * spread / count).unwrap_or(0));
    let records = records(APPLICATION, count, at, IDLE);
    filling::fill(store, records, count).await
}

/// Sessions of the application that idles after hours.
pub(super) async fn fill_lasting(store: &dyn Store, count: usize, seen: Instant) -> anyhow::Result<Vec<Digest>> {
    let mut digests = filling::fill(
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
            amr: Arc::default(),
            created: seen,
            session: Session::sign_in(Arc::clone(&facts), None, seen, seen),
            revisions,
            due: Some(seen + idle),
            version: 0,
            ledger: None,
        }
    })
}
