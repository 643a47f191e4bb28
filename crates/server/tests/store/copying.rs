//! `nightlatch store copy` moves a server from SQLite to PostgreSQL.

use axum::http::Method;
use nightlatch_programs::postgres::shared;
use serde_json::Value;

use crate::client::{Answer, send};
use crate::room::config;
use crate::server::Server;

async fn asked(server: &Server, method: Method, path: &str, body: &str) -> Answer {
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    send(
        method,
        &format!("{}{path}", server.management),
        &headers,
        body.to_owned(),
    )
    .await
}

async fn sign_in(server: &Server, subject: &str) -> (String, String) {
    let made = asked(
        server,
        Method::POST,
        "sessions",
        &format!(r#"{{"subject": "{subject}"}}"#),
    )
    .await;
    let made = made.ok(201);
    let word = |key: &str| made[key].as_str().expect("a word").to_owned();
    (word("token"), word("handle"))
}

async fn session(server: &Server, token: &str) -> Answer {
    let credential = format!("Bearer {token}");
    let url = format!("{}session", server.browser);
    send(Method::GET, &url, &[("authorization", credential.as_str())], "").await
}

async fn audit(server: &Server) -> Vec<Value> {
    let page = asked(server, Method::GET, "audit?limit=500", "").await.ok(200);
    page["records"].as_array().expect("records").clone()
}

#[tokio::test]
async fn people_stay_signed_in_when_their_server_moves() {
    const POLICY: &str = "[policy]\nidle = \"20m\"\n";
    let mut server = Server::start(POLICY);
    let (ada, _) = sign_in(&server, "ada").await;
    let (ben, handle) = sign_in(&server, "ben").await;
    asked(&server, Method::DELETE, &format!("sessions/{handle}"), "")
        .await
        .ok(200);
    let told = audit(&server).await;

    let postgres = shared();
    let database = postgres.database();
    let file = server.config_file();
    let old = file.with_file_name("nightlatch.db").display().to_string();
    let new = file.display().to_string();
    server.rewrite_config(&(config(&postgres, &database) + POLICY));
    let copy = ["store", "copy", old.as_str(), "--config", new.as_str()];
    let refused = server.command(&copy);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("stop the server"), "{error}");

    server.stop();
    let copied = server.command(&copy);
    let (out, error) = (
        String::from_utf8_lossy(&copied.stdout),
        String::from_utf8_lossy(&copied.stderr),
    );
    assert!(copied.status.success(), "{error}");
    assert!(out.contains("2 sessions") && out.contains("counted"), "{out}");
    server.restart();
    session(&server, &ada).await.ok(200);
    // What was over stays over.
    session(&server, &ben).await.problem(401);
    let moved = audit(&server).await;
    assert_eq!(moved[..told.len()], told[..], "every record under its number");

    let again = server.command(&copy);
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(1), "{error}");
    assert!(error.contains("servers work with the database"), "{error}");
}
