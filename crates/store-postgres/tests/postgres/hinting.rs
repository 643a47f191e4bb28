//! Hints come from whoever changes something to everybody else, and from nowhere else. No test here beats by a clock: what is heard is
//! heard by a hint.

use std::future::ready;
use std::sync::Arc;

use nightlatch_programs::postgres::url;
use nightlatch_store::audit::AuditKind;
use nightlatch_store::nodes::{Beat, NodeId, Nodes};
use nightlatch_store::{Application, Change, Changes as _, Documents as _, Sessions as _};
use nightlatch_store_postgres::{PostgresOptions, PostgresStore};
use tokio_postgres::Client;

use nightlatch_store::conformance::fixture::*;

use crate::bouncer::bouncer;
use crate::fresh::{Fresh, connect};
use crate::server::ServerExt as _;

fn nodes(store: &PostgresStore) -> &dyn Nodes {
    store.nodes().expect("nodes share it")
}

/// Who listens in the database.
async fn listeners(client: &Client) -> Vec<i32> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
        AND (query IN ('LISTEN nightlatch', 'NOTIFY nightlatch')) ORDER BY pid";
    let rows = client.query(sql, &[]).await.expect("activity");
    rows.iter().map(|row| row.get(0)).collect()
}

async fn wait_for_listeners(client: &Client, are_right: impl Fn(&[i32]) -> bool) -> Vec<i32> {
    loop {
        let listeners = listeners(client).await;
        if are_right(&listeners) {
            return listeners;
        }
        tokio::task::yield_now().await;
    }
}

/// Two stores on one database, which both listen.
async fn two() -> (Fresh, Arc<PostgresStore>, PostgresStore, Client) {
    let fresh = Fresh::new().await;
    let other = connect(&fresh.server.options(&fresh.database)).await;
    let client = fresh.client().await;
    wait_for_listeners(&client, |listeners| listeners.len() == 2).await;
    let one = Arc::clone(&fresh.store);
    (fresh, one, other, client)
}

async fn has_a_hint(store: &PostgresStore) -> bool {
    tokio::select! {
        biased;
        () = nodes(store).hinted() => true,
        () = ready(()) => false,
    }
}

#[tokio::test]
async fn an_end_is_heard_by_the_hint_that_it_gives_and_by_none_of_its_own() {
    const ENDS: u32 = 20;
    let (_fresh, one, other, _client) = two().await;
    let mut beat = Beat {
        node: NodeId::new(7),
        name: "one".into(),
        version: "1.2.3".into(),
        now: None,
        position: None,
    };
    let heard = nodes(&other).beat(&beat).await.expect("store");
    beat.position = Some(heard.position);
    for number in 0..ENDS {
        add(one.as_ref(), &record(number, "a")).await;
        assert!(!has_a_hint(&other).await, "nobody has to hear of that");
        assert!(end_one(one.as_ref(), number).await);
        nodes(&other).hinted().await;
        let heard = nodes(&other).beat(&beat).await.expect("store");
        beat.position = Some(heard.position);
        let changes = heard.changes.expect("its position is known");
        assert!(
            matches!(&*changes, [Change::Ended { handle: ended, .. }] if *ended == handle(number)),
            "{changes:?}"
        );
        // The hints before this one have been told to whoever gave them.
        assert!(!has_a_hint(&one).await, "it knows what it does itself");
    }
}

#[tokio::test]
async fn every_change_that_is_to_be_heard_of_gives_a_hint() {
    let (_fresh, one, other, _client) = two().await;
    let store = one.as_ref();
    for number in 1..=3 {
        add(store, &record(number, "a")).await;
    }
    assert!(store.amend(&amendment(&record(1, "a"))).await.expect("store"));
    nodes(&other).hinted().await;
    assert_eq!(store.expire(&[expiry(&record(2, "a"))]).await.expect("store").len(), 1);
    nodes(&other).hinted().await;
    let entry = entry(&record(3, "a"), AuditKind::ApiKey, at(1000));
    let removed = store.remove_application("shop", None, entry.clone()).await;
    assert!(!removed.expect("store"), "there is none");
    assert!(!has_a_hint(&other).await);
    let application = Application {
        id: "shop".into(),
        name: "Shop".into(),
        origins: Vec::new(),
        logout_urls: Vec::new(),
        version: 0,
    };
    assert!(
        store
            .put_application(&application, None, entry.clone())
            .await
            .expect("store")
    );
    nodes(&other).hinted().await;
    assert!(store.remove_application("shop", None, entry).await.expect("store"));
    nodes(&other).hinted().await;
}

#[tokio::test]
async fn whoever_loses_the_connection_listens_again() {
    let (_fresh, one, other, client) = two().await;
    let before = listeners(&client).await;
    for pid in &before {
        client
            .execute("SELECT pg_terminate_backend($1)", &[pid])
            .await
            .expect("an end");
    }
    wait_for_listeners(&client, |now| {
        now.len() == 2 && !now.iter().any(|pid| before.contains(pid))
    })
    .await;
    add(one.as_ref(), &record(1, "a")).await;
    assert!(end_one(one.as_ref(), 1).await);
    nodes(&other).hinted().await;
}

/// What it has asked to hear of would be told to whoever has the session next.
#[tokio::test]
async fn behind_a_bouncer_nobody_listens_and_all_goes_on() {
    let bouncer = bouncer();
    let database = bouncer.server().database();
    let address = url(bouncer.address(), &database);
    let behind = connect(&PostgresOptions::new(&address).prepared_statements(false)).await;
    let other = connect(&bouncer.server().options(&database)).await;
    let client = bouncer.server().client(&database).await;
    wait_for_listeners(&client, |listeners| listeners.len() == 1).await;
    for number in 1..=2 {
        add(&behind, &record(number, "a")).await;
    }
    assert!(end_one(&behind, 1).await);
    assert!(end_one(&other, 2).await);
    assert_eq!(listeners(&client).await.len(), 1);
    assert!(!has_a_hint(&behind).await);
    assert!(!has_a_hint(&other).await, "a beat tells it");
}
