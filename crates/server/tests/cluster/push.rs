//! How soon an open tab hears of a sign-out on another node.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::client::Clients;
use crate::client::Session;
use crate::history::{Got, History};
use crate::run::is_long;
use crate::servers::{Cluster, NODES};

const WITHIN: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_on_one_node_reaches_an_open_tab_on_another_within_a_second() {
    let cluster = Cluster::start("policy = \"server\"\n", Duration::from_secs(30)).await;
    let clients = Clients::new(cluster.places(), &cluster.key);
    let clock = History::begin();
    let mut took = Vec::new();
    let tabs = if is_long() { 100 } else { 20 };
    for number in 0..tabs {
        let body = json!({ "subject": format!("tab-{number}") });
        let (_, made) = clients
            .manage(0, Method::POST, "sessions", &body)
            .await
            .expect("an answer");
        let text = |key: &str| made[key].as_str().expect(key).to_owned();
        let session = Session {
            number,
            token: text("token"),
            handle: text("handle"),
        };
        let [there, here] = [number as usize % NODES, (number as usize + 1) % NODES];
        let mut stream = clients.events(there, &session).await;
        stream.hears("event: lifetime").await;
        let ended = clients.sign_out(here, &session).await;
        assert_eq!(ended, Got::Ended { reason: None });
        let acknowledged = clock.now();
        stream.hears("event: ended").await;
        // Where the push is faster than the answer it took no time.
        took.push(clock.now().saturating_sub(acknowledged));
    }
    took.sort_unstable();
    let at = |part: usize| took[part * took.len() / 100];
    println!(
        "| sign-out to a tab on another node: half within {:?}, 99 of 100 within {:?}, all within {:?} |",
        at(50),
        at(98),
        at(99)
    );
    assert!(took.iter().all(|took| *took < WITHIN), "{took:?}");
}
