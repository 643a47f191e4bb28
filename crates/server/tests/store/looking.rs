//! `nightlatch store status` says how a store stands, and changes nothing.

use axum::http::Method;
use nightlatch_programs::postgres::shared;

use crate::client::send;
use crate::room::{Room, config, tables};
use crate::server::Server;

const STATUS: &str = "nightlatch store status --config latch.toml";
const JSON: &str = "nightlatch store status --config latch.toml --json";

#[test]
fn an_empty_database_stays_empty() {
    let server = shared();
    let database = server.database();
    let room = Room::new(&config(&server, &database));
    let told = room.run(STATUS).ended(0);
    assert!(told.contains(&format!("database {database}, schema public")), "{told}");
    assert!(told.contains("no tables yet"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(tables(&server, &database), "0");
}

#[tokio::test]
async fn the_store_of_a_running_server_is_shown() {
    let postgres = shared();
    let database = postgres.database();
    let server = Server::start(&config(&postgres, &database));
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let url = format!("{}sessions", server.management);
    for subject in ["ada", "ben"] {
        let body = format!(r#"{{"subject": "{subject}"}}"#);
        send(Method::POST, &url, &headers, body).await.ok(201);
    }
    let ended = format!("{url}?subject=ben");
    let page = send(Method::GET, &ended, &headers, "").await.ok(200);
    let handle = page["sessions"][0]["handle"].as_str().expect("a handle").to_owned();
    send(Method::DELETE, &format!("{url}/{handle}"), &headers, "")
        .await
        .ok(200);

    let room = Room::new(&config(&postgres, &database));
    let status = room.run(JSON);
    assert!(!status.ended(0).contains("hunter2"), "{status:?}");
    let status = status.json();
    assert_eq!(status["sessions"]["living"], 1, "{status}");
    assert_eq!(status["sessions"]["ended"], 1, "{status}");
    assert_eq!(status["schema"]["version"], status["schema"]["needed"], "{status}");
    assert_eq!(status["epoch"]["current"], true, "{status}");
    assert_eq!(status["server"]["durability"], "local", "{status}");
    let nodes = status["nodes"].as_array().expect("nodes");
    assert_eq!(nodes.len(), 1, "{status}");
    assert_eq!(nodes[0]["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        nodes[0]["silent_ms"].as_u64().is_some_and(|silent| silent < 60_000),
        "{status}"
    );
    let told = room.run(STATUS).ended(0);
    for words in [
        "1 living, 1 ended",
        "local: the server waits for no standby",
        "silent for",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn a_store_that_no_server_starts_with_is_told_of() {
    let server = shared();
    let database = server.database();
    let room = Room::new(&config(&server, &database));
    room.run("nightlatch store migrate --config latch.toml").ended(0);
    server.sql(&database, "UPDATE schema SET version = 99, oldest_reader = 99");
    let told = room.run(STATUS).ended(78);
    assert!(told.contains("run the newer nightlatch"), "{told}");
    let problems = room.run(JSON).json();
    assert_eq!(problems["problems"].as_array().map(Vec::len), Some(1), "{problems}");
}

#[test]
fn what_cannot_be_reached_is_an_error() {
    let port = nightlatch_programs::Port::reserve();
    let room = Room::new(&format!(
        "[store]\nkind = \"postgres\"\nurl = \"postgresql://test:hunter2@{}/x\"\n",
        port.address()
    ));
    let told = room.run(STATUS).ended(1);
    assert!(told.contains("store.url") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_file_is_shown_and_none_is_made() {
    let room = Room::new("");
    assert!(room.run(STATUS).ended(1).contains("there is no database at"));
    assert!(!room.file("nightlatch.db").exists());
    room.run("nightlatch keys create billing --new-database --config latch.toml")
        .ended(0);
    let told = room.run(STATUS).ended(0);
    assert!(told.contains("0 living, 0 ended") && told.contains("SQLite"), "{told}");
    assert_eq!(room.run(JSON).json()["audit"]["sealed"], 1);
}
