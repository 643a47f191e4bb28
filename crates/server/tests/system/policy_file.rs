//! The file that owns the policy, edited while the server runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use crate::client;
use crate::server::Server;

const CONFIG: &str = "[policy]\nidle = \"10m\"\nabsolute = \"1h\"\n[log]\nlevel = \"info\"\n";
const WITHIN: Duration = Duration::from_secs(20);

/// Each with the line, the column and the key that are to be named.
const NONSENSE: [(&str, u64, u64, &str); 10] = [
    ("[policy]\nidle = 10\n", 2, 8, "policy.idle"),
    ("[policy]\n\nidel = \"10m\"\n", 3, 1, "policy.idel"),
    ("[policy]\nidle = \"10\"\n", 2, 8, "policy.idle"),
    ("[policy\n", 1, 8, ""),
    ("# a\n[policy]\nidle = \"30s\"\n", 3, 1, "policy.idle"),
    (
        "[[policy.rules]]\nmatch = { path = \"/a\" }\nidle = \"5m\"\nabsolute = \"1h\"\n",
        4,
        1,
        "policy.rules[0].absolute",
    ),
    ("[policy]\non_idle = \"sleep\"\n", 2, 11, "policy.on_idle"),
    ("[policy]\nabsolute = \"1h1h\"\n", 2, 12, "policy.absolute"),
    ("[[policy.gates]]\nname = \"x\"\n", 1, 1, "policy.gates[0]"),
    ("[policy]\npreset = \"pci-dss\"\nidle = \"1h\"\n", 3, 1, "policy.idle"),
];

async fn sign_in(server: &Server, subject: &str) -> String {
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let body = format!(r#"{{"subject": "{subject}"}}"#);
    let answer = client::send(Method::POST, &format!("{}sessions", server.management), &headers, body).await;
    answer.ok(201)["token"].as_str().expect("a token").to_owned()
}

async fn session(browser: &str, token: &str) -> client::Answer {
    let key = format!("Bearer {token}");
    client::send(
        Method::GET,
        &format!("{browser}session"),
        &[("authorization", &key)],
        "",
    )
    .await
}

async fn operations(server: &Server, path: &str) -> String {
    let base = server.management.trim_end_matches("api/v1/");
    let answer = client::send(Method::GET, &format!("{base}{path}"), &[], "").await;
    answer.text().to_owned()
}

/// Asks for the readiness until it is as it should be.
async fn ready_when(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    let asking = async {
        loop {
            let text = operations(server, "readyz").await;
            let body: Value = serde_json::from_str(&text).expect("JSON");
            if wanted(&body) {
                return body;
            }
        }
    };
    tokio::time::timeout(WITHIN, asking)
        .await
        .unwrap_or_else(|_| panic!("it never comes: {}", server.log()))
}

fn write(server: &Server, text: &str) {
    std::fs::write(server.config_file(), text).expect("the file");
}

/// As editors do it: a new file in the place of the old one.
fn replace(server: &Server, text: &str) {
    let next = server.config_file().with_extension("next");
    std::fs::write(&next, text).expect("the file");
    std::fs::rename(&next, server.config_file()).expect("in its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_files_of_nonsense_under_load_change_nothing_and_are_told_each() {
    let server = Server::start(CONFIG);
    let (over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut load = Vec::new();
    for person in 0..4 {
        let token = sign_in(&server, &format!("person {person}")).await;
        let (browser, over, asked) = (server.browser.clone(), Arc::clone(&over), Arc::clone(&asked));
        load.push(tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let body = session(&browser, &token).await.ok(200);
                assert_eq!(body["phase"], "active");
                assert!(
                    body["idle_remaining_ms"].as_u64().is_some_and(|left| left <= 600_000),
                    "{body}"
                );
                asked.fetch_add(1, Ordering::SeqCst);
            }
        }));
    }
    for (number, (text, line, column, key)) in NONSENSE.into_iter().enumerate() {
        if number % 2 == 0 {
            write(&server, text);
        } else {
            replace(&server, text);
        }
        let told = ready_when(&server, |body| {
            let problem = &body["policy"]["file"]["problems"][0];
            problem["line"] == line && problem["column"] == column && problem["key"].as_str().unwrap_or_default() == key
        });
        let told = told.await;
        assert_eq!(
            (&told["status"], &told["policy"]["revision"]),
            (&"ready".into(), &1.into())
        );
    }
    let metrics = operations(&server, "metrics").await;
    assert!(metrics.contains("nightlatch_policy_file_valid 0"), "{metrics}");
    assert!(
        metrics.contains("nightlatch_policy_file_reads_total{outcome=\"invalid\"} 10"),
        "{metrics}"
    );
    assert!(asked.load(Ordering::SeqCst) > 0);
    write(&server, CONFIG);
    ready_when(&server, |body| {
        body["policy"]["file"]["problems"] == serde_json::json!([])
    })
    .await;
    over.store(true, Ordering::SeqCst);
    for worker in load {
        worker.await.expect("no request fails for it");
    }
    for (_, line, column, _) in NONSENSE {
        let place = format!("line={line} column={column}");
        assert!(server.log().contains(&place), "{place} is not logged: {}", server.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_right_comes_into_force_and_an_empty_one_does_not() {
    let server = Server::start(CONFIG);
    let token = sign_in(&server, "ada").await;
    replace(&server, "[policy]\nidle = \"5m\"\nabsolute = \"1h\"\n");
    ready_when(&server, |body| body["policy"]["revision"] == 2).await;
    let body = session(&server.browser, &token).await.ok(200);
    assert!(
        body["idle_remaining_ms"].as_u64().is_some_and(|left| left <= 300_000),
        "{body}"
    );
    write(&server, "");
    ready_when(&server, |body| body["policy"]["status"] != "ok").await;
    assert!(session(&server.browser, &token).await.ok(200)["idle_remaining_ms"].as_u64() <= Some(300_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hangup_signal_reads_the_file_again() {
    let server = Server::start(CONFIG);
    server.process.as_ref().expect("it runs").signal("-HUP");
    let read = "nightlatch_policy_file_reads_total{outcome=\"valid\"} 1";
    let asking = async {
        while !operations(&server, "metrics").await.contains(read) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITHIN, asking).await.expect("the file is read");
}
