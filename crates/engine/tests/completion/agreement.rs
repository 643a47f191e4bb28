//! Whether the engine and its store say the same of every session, by every token that it has ever had, and whether the audit
//! tells of every end once.

use std::collections::BTreeSet;
use std::sync::Arc;

use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, RequestKind, State, Verdict};
use nightlatch_engine::{Engine, Standing};
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Filter, Page, Record, Store};

const ALL: usize = 1000;

/// Checks invariants 3, 5 and 6. `tokens` are those that people have had; what they have now is found in the store.
pub(crate) async fn agree(engine: &Arc<Engine>, store: &dyn Store, tokens: &[Digest]) -> Result<(), String> {
    let revision = store
        .policies()
        .await
        .expect("a store")
        .last()
        .map(|last| last.revision);
    if revision != Some(engine.policy().0) {
        return Err(format!(
            "the store is at policy {revision:?}, in force is {}",
            engine.policy().0
        ));
    }
    let mut tokens = tokens.to_vec();
    for handle in handles(store).await {
        let record = store
            .find(&handle)
            .await
            .expect("a store")
            .expect("a session that began");
        tokens.push(record.digest);
        // Asked for by name first: that is how whoever ends it would look.
        let found = engine
            .find(&handle)
            .await
            .expect("a store")
            .map(|(_, standing)| reason(&standing));
        let record = store
            .find(&handle)
            .await
            .expect("a store")
            .expect("a session that began");
        let kept = record.ended().map(|(_, reason)| reason);
        if found != Some(kept) {
            return Err(format!("the store says {kept:?} of {handle}, the engine {found:?}"));
        }
        let told = told_ends(store, handle).await;
        if told != kept.into_iter().collect::<Vec<_>>() {
            return Err(format!("{handle} ended {kept:?}, and the audit tells {told:?}"));
        }
    }
    for token in tokens {
        let passed = engine
            .request(&token, &Path::canonical("/home"), RequestKind::Fetch)
            .await;
        let passed = passed.expect("a store");
        let kept = store.get(&token).await.expect("a store");
        if passed.answer != expected(kept.as_ref()) {
            let kept = kept.map(|record| record.session.state);
            return Err(format!(
                "the store says {kept:?} of {token:?}, whose request met {:?}",
                passed.answer
            ));
        }
    }
    let listed = Page {
        after: None,
        limit: ALL,
    };
    let listed = engine.list(&Filter::default(), listed).await.expect("a store");
    match listed.iter().find(|record| record.ended().is_some()) {
        Some(over) => Err(format!("{} is over and listed", over.handle)),
        None => Ok(()),
    }
}

fn expected(kept: Option<&Record>) -> Option<Answer> {
    Some(Answer::Verdict(match kept?.session.state {
        State::Active => Verdict::Allow,
        State::Locked { .. } => Verdict::Locked,
        State::Ended { at, reason } => Verdict::Ended { at, reason },
    }))
}

fn reason(standing: &Standing) -> Option<EndReason> {
    match standing {
        Standing::Ended { reason, .. } => Some(*reason),
        Standing::Live(_) | Standing::Unknown => None,
    }
}

async fn handles(store: &dyn Store) -> BTreeSet<Handle> {
    let filter = AuditFilter {
        kind: Some(AuditKind::SignIn),
        limit: ALL,
        ..AuditFilter::default()
    };
    let began = store.audit(&filter).await.expect("a store");
    began.into_iter().filter_map(|record| record.entry.handle).collect()
}

async fn told_ends(store: &dyn Store, handle: Handle) -> Vec<EndReason> {
    let filter = AuditFilter {
        handle: Some(handle),
        kind: Some(AuditKind::Ended),
        limit: ALL,
        ..AuditFilter::default()
    };
    let told = store.audit(&filter).await.expect("a store");
    told.into_iter().filter_map(|record| record.entry.reason).collect()
}
