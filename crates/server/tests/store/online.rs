//! `nightlatch check --online` asks the store what a start would ask it.

use nightlatch_programs::postgres::{Server, shared};
use serde_json::json;

use crate::room::{Room, config, tables};

const CHECK: &str = "nightlatch check latch.toml --online";
const JSON: &str = "nightlatch check latch.toml --online --json";

#[test]
fn a_server_is_looked_at_and_left_as_it_is() {
    let server = shared();
    let database = server.database();
    let room = Room::new(&config(&server, &database));
    let told = room.run(CHECK);
    for words in [
        "round trip",
        "connections",
        "durability",
        "no tables yet",
        "latch.toml: valid",
    ] {
        assert!(told.out.contains(words), "{told:?}");
    }
    assert!(!told.ended(0).contains("hunter2"), "{told:?}");
    assert_eq!(tables(&server, &database), "0");
    let answer = room.run(JSON).json();
    assert_eq!(answer["valid"], true);
    assert_eq!(answer["online"]["server"]["database"], database);
    assert_eq!(answer["online"]["warnings"], json!([]), "{answer}");
}

#[test]
fn what_keeps_a_server_from_starting_is_an_error_with_its_place() {
    let server = Server::start(&["fsync=off"]);
    let room = Room::new(&(config(&server, "postgres") + "durability = \"replicated\"\n"));
    let told = room.run(CHECK).ended(78);
    assert!(told.contains("latch.toml:3:1: store.url: fsync is off"), "{told}");
    assert!(told.contains("latch.toml:4:1: store.durability: "), "{told}");
    let answer = room.run(JSON).json();
    assert_eq!(answer["valid"], false);
    let keys: Vec<_> = answer["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["key"].clone())
        .collect();
    assert_eq!(keys, ["store.url", "store.durability"]);
    assert_eq!(answer["errors"][1]["line"], 4);
}

#[test]
fn what_is_hardly_meant_is_a_warning() {
    let server = Server::start(&["max_connections=20"]);
    let room = Room::new(&(config(&server, "postgres") + "connections = 40\n"));
    let told = room.run(CHECK).ended(0);
    assert!(
        told.contains("warning: latch.toml:4:1: store.connections: a node opens up to 41"),
        "{told}"
    );
    room.run("nightlatch check latch.toml --online --strict").ended(78);
    assert_eq!(room.run(JSON).json()["online"]["warnings"][0]["line"], 4);
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let port = nightlatch_programs::Port::reserve();
    let room = Room::new(&format!(
        "[store]\nkind = \"postgres\"\nurl = \"postgresql://test:hunter2@{}/x\"\n",
        port.address()
    ));
    let told = room.run(CHECK).ended(78);
    assert!(
        told.contains("latch.toml:3:1: store.url: ") && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn a_file_is_not_made() {
    let room = Room::new("[store]\npath = \"there/nightlatch.db\"\n");
    let told = room.run(CHECK).ended(78);
    assert!(told.contains("latch.toml:2:1: store.path: "), "{told}");
    let room = Room::new("");
    assert!(room.run(CHECK).ended(0).contains("there is no file yet"));
    assert!(!room.file("nightlatch.db").exists());
}
