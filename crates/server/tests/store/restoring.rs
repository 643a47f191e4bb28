//! A database that was put back is not served before somebody has said what becomes of its sessions.

use std::process::Output;

use axum::http::Method;
use nightlatch_programs::postgres::Server as Postgres;
use serde_json::Value;

use crate::client::send;
use crate::server::Server;

/// Limits that an hour does not reach.
const POLICY: &str = "[policy]\nidle = \"8h\"\nabsolute = \"24h\"\n";

fn config(postgres: &Postgres, database: &str) -> String {
    crate::room::config(postgres, database) + POLICY
}

/// As if an hour had passed since anybody used the database. No node is there any more.
fn an_hour_later(postgres: &Postgres, database: &str) {
    let hour = 3_600_000;
    postgres.sql(
        database,
        &format!(
            "UPDATE sessions SET created = created - {hour}, authenticated = authenticated - {hour}, seen = seen - {hour};
             UPDATE audit SET at = at - {hour}; UPDATE audit_new SET at = at - {hour};
             UPDATE policies SET since = since - {hour}; UPDATE clock SET latest = latest - {hour};
             UPDATE epoch SET latest = latest - {hour}; UPDATE nodes SET beaten = beaten - {hour}, told = told - {hour}"
        ),
    );
}

async fn sign_in(server: &Server) -> String {
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let url = format!("{}sessions", server.management);
    let made = send(Method::POST, &url, &headers, r#"{"subject": "ada"}"#)
        .await
        .ok(201);
    made["token"].as_str().expect("a token").to_owned()
}

async fn session(server: &Server, token: &str) -> u16 {
    let credential = format!("Bearer {token}");
    let url = format!("{}session", server.browser);
    send(Method::GET, &url, &[("authorization", credential.as_str())], "")
        .await
        .status
        .as_u16()
}

async fn last_record(server: &Server) -> Value {
    let key = format!("Bearer {}", server.key);
    let url = format!("{}audit?limit=500", server.management);
    let page = send(Method::GET, &url, &[("authorization", key.as_str())], "")
        .await
        .ok(200);
    page["records"]
        .as_array()
        .and_then(|records| records.last())
        .expect("a record")
        .clone()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A server on a database that is another one by now, and does not start there.
fn refused(server: &Server) {
    let file = server.config_file().display().to_string();
    let output = server.command(&["serve", "--config", &file]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(
        told(&output).contains("nightlatch store restored --sessions end"),
        "{}",
        told(&output)
    );
}

fn answer(server: &Server, sessions: &str) -> Output {
    let file = server.config_file().display().to_string();
    server.command(&["store", "restored", "--sessions", sessions, "--config", &file])
}

#[tokio::test]
async fn a_base_backup_that_was_opened_is_asked_about() {
    let postgres = Postgres::start(&[]);
    let mut server = Server::start(&config(&postgres, "postgres"));
    let ada = sign_in(&server).await;
    assert!(
        told(&answer(&server, "end")).contains("nodes work with the database"),
        "one is there"
    );
    server.stop();
    an_hour_later(&postgres, "postgres");

    // What pg_basebackup makes, opened for writing: another timeline.
    let restored = postgres.standby();
    restored.sql("postgres", "SELECT pg_promote()");
    server.rewrite_config(&config(&restored, "postgres"));
    refused(&server);
    refused(&server);
    let ended = answer(&server, "end");
    assert!(ended.status.success(), "{}", told(&ended));
    assert!(told(&ended).contains("1 session ended"), "{}", told(&ended));
    assert_eq!(restored.sql("postgres", "SELECT count(*) FROM changes"), "0");
    server.restart();
    assert_eq!(session(&server, &ada).await, 401);
    let record = last_record(&server).await;
    assert_eq!(record["reason"], "admin", "{record}");
    assert_eq!(record["actor"], "cli:store-restored", "{record}");
    // It was answered for good.
    server.restart();

    // The one that it was copied from stopped and started again; nobody is asked.
    let postgres = postgres.stop().start();
    server.stop();
    server.rewrite_config(&config(&postgres, "postgres"));
    server.restart();
    assert_eq!(session(&server, &ada).await, 200, "{}", server.log());
}

#[tokio::test]
async fn a_dump_that_was_read_in_is_asked_about_and_may_be_kept() {
    let postgres = Postgres::start(&[]);
    let database = postgres.database();
    let mut server = Server::start(&config(&postgres, &database));
    let ada = sign_in(&server).await;
    server.stop();
    an_hour_later(&postgres, &database);
    let copy = postgres.restored_dump(&database);
    server.rewrite_config(&config(&postgres, &copy));
    refused(&server);
    assert!(told(&answer(&server, "keep")).contains("the sessions stay as they are"));
    server.restart();
    assert_eq!(session(&server, &ada).await, 200, "{}", server.log());
}

/// What cannot be told: see the help of the command.
#[tokio::test]
async fn a_copy_of_the_disk_looks_like_a_server_that_stood_still() {
    let postgres = Postgres::start(&[]);
    let mut server = Server::start(&config(&postgres, "postgres"));
    let ada = sign_in(&server).await;
    server.stop();
    an_hour_later(&postgres, "postgres");
    let stopped = postgres.stop();
    let restored = Postgres::of_copy(&stopped.data(), &[], |_| {});
    server.rewrite_config(&config(&restored, "postgres"));
    server.restart();
    assert_eq!(
        session(&server, &ada).await,
        200,
        "nothing tells it from the one that it was"
    );
    server.stop();
    an_hour_later(&restored, "postgres");
    let ended = answer(&server, "end");
    assert!(told(&ended).contains("1 session ended"), "{}", told(&ended));
    server.restart();
    assert_eq!(session(&server, &ada).await, 401);
}
