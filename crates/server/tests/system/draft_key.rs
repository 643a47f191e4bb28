//! The key to what pages keep for a person: over the whole path, and over a restart.

use axum::http::Method;

use crate::client::{self, Answer};
use crate::server::Server;

async fn sign_in(server: &Server, subject: &str) -> String {
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let body = format!(r#"{{"subject": "{subject}", "application": "bank"}}"#);
    let created = client::send(Method::POST, &format!("{}sessions", server.management), &headers, body)
        .await
        .ok(201);
    created["token"].as_str().expect("a token").to_owned()
}

async fn ask(server: &Server, token: &str) -> Answer {
    let cookie = format!("nightlatch={token}");
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("nightlatch", "1"),
    ];
    client::send(Method::GET, &format!("{}draft-key", server.browser), &headers, "").await
}

#[tokio::test]
async fn a_draft_key_survives_a_restart_and_is_written_nowhere() {
    let mut server = Server::start("[log]\nlevel = \"trace\"\n[policy]\nidle = \"10m\"\n");
    let (ada, ben) = (sign_in(&server, "ada").await, sign_in(&server, "ben").await);
    let key = ask(&server, &ada).await.ok(200)["key"].clone();
    assert_ne!(ask(&server, &ben).await.ok(200)["key"], key);
    assert_eq!(ask(&server, "none").await.status.as_u16(), 401);
    server.restart();
    assert_eq!(ask(&server, &ada).await.ok(200)["key"], key, "the same session");
    let later = sign_in(&server, "ada").await;
    assert_eq!(ask(&server, &later).await.ok(200)["key"], key, "another session");
    assert!(server.stop().success());

    let key = key.as_str().expect("a key").as_bytes();
    let directory = server.config_file().parent().expect("a directory").to_owned();
    let files = std::fs::read_dir(directory).expect("the directory");
    let files = files.map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"));
    let log = server.log().into_bytes();
    assert!(!log.is_empty(), "the log is on");
    for bytes in files.chain([log]) {
        assert!(!bytes.windows(key.len()).any(|window| window == key));
    }
}
