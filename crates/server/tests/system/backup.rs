//! `docs/backup.md` does what it says: a copy of a running server is whole, and can be served.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use axum::http::Method;
use serde_json::Value;

use crate::client::{Answer, send};
use crate::server::Server;

const DOCUMENT: &str = include_str!("../../../../docs/backup.md");

/// Runs a line of the document in the directory of the server.
fn run(server: &Server, line: &str) -> Output {
    assert!(
        DOCUMENT.contains(&format!("```sh\n{line}\n```")),
        "{line} is not in the document"
    );
    let words: Vec<_> = line.split_whitespace().skip(1).collect();
    beside(server, &words)
}

fn beside(server: &Server, arguments: &[&str]) -> Output {
    let mut command = server.binary();
    command
        .args(arguments)
        .current_dir(server.config_file().parent().expect("a directory"))
        .env("NIGHTLATCH_URL", server.management.trim_end_matches("/api/v1/"))
        .env("NIGHTLATCH_API_KEY", &server.key);
    command.output().expect("the binary runs")
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

async fn sign_in(server: &Server, subject: &str) -> String {
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let url = format!("{}sessions", server.management);
    let made = send(Method::POST, &url, &headers, format!(r#"{{"subject": "{subject}"}}"#)).await;
    made.ok(201)["token"].as_str().expect("a token").to_owned()
}

async fn session(server: &Server, token: &str) -> Answer {
    let credential = format!("Bearer {token}");
    let url = format!("{}session", server.browser);
    send(Method::GET, &url, &[("authorization", credential.as_str())], "").await
}

async fn audit(server: &Server) -> Vec<Value> {
    let key = format!("Bearer {}", server.key);
    let url = format!("{}audit?limit=500", server.management);
    let page = send(Method::GET, &url, &[("authorization", key.as_str())], "")
        .await
        .ok(200);
    page["records"].as_array().expect("records").clone()
}

const BACKUP: &str = "nightlatch backup nightlatch-backup.db --config latch.toml";

#[tokio::test]
async fn a_copy_of_a_running_server_can_be_served() {
    let mut server = Server::start("[policy]\nidle = \"20m\"\n");
    let ada = sign_in(&server, "ada").await;
    let output = run(&server, BACKUP);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("1 live sessions"), "{}", told(&output));
    let kept = audit(&server).await;
    let after = sign_in(&server, "ben").await;

    let directory = server.config_file().parent().expect("a directory").to_owned();
    let copy = directory.join("nightlatch-backup.db");
    let mode = copy.metadata().expect("the copy").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
    let left: Vec<_> = std::fs::read_dir(&directory)
        .expect("the directory")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.starts_with('.') || name.starts_with("nightlatch-backup.db-"))
        .collect();
    assert_eq!(left, [""; 0], "nothing is left beside it");

    let again = run(&server, BACKUP);
    assert_eq!(again.status.code(), Some(1));
    assert!(told(&again).contains("not overwritten"), "{}", told(&again));

    server.stop();
    let at_rest = beside(&server, &["backup", "at-rest.db", "--config", "latch.toml"]);
    assert!(told(&at_rest).contains("2 live sessions"), "{}", told(&at_rest));
    assert!(
        !directory.join("nightlatch.db-wal").exists(),
        "the database is left as it was"
    );
    for suffix in ["", "-wal", "-shm"] {
        let file = directory.join(format!("nightlatch.db{suffix}"));
        if file.exists() {
            std::fs::remove_file(file).expect("removed");
        }
    }
    std::fs::copy(&copy, directory.join("nightlatch.db")).expect("restored");
    server.restart();
    assert_eq!(session(&server, &ada).await.status, 200, "the token of the copy counts");
    assert_eq!(
        session(&server, &after).await.status,
        401,
        "the copy knows nothing later"
    );
    let restored = audit(&server).await;
    assert_eq!(
        restored.get(..kept.len()),
        Some(kept.as_slice()),
        "the audit is the one of the copy"
    );

    let ended = run(&server, "nightlatch sessions end --all --yes");
    assert!(ended.status.success(), "{}", told(&ended));
    assert_eq!(session(&server, &ada).await.status, 401);
    server.kill();
}

#[test]
fn what_cannot_be_copied_is_told_and_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = directory.path().join("latch.toml");
    let run = |text: &str, target: &str| {
        std::fs::write(&config, text).expect("the file");
        std::process::Command::new(env!("CARGO_BIN_EXE_nightlatch"))
            .args(["backup", target, "--config"])
            .arg(&config)
            .current_dir("/")
            .output()
            .expect("the binary runs")
    };
    let target = directory.path().join("copy.db");
    let target = target.to_str().expect("text");
    let missing = run("[store]\npath = \"none.db\"\n", target);
    let place = directory.path().join("none.db");
    assert!(
        told(&missing).contains(place.to_str().expect("text")),
        "{}",
        told(&missing)
    );
    assert!(told(&run("[store]\nkind = \"memory\"\n", target)).contains("memory"));
    std::fs::write(directory.path().join("empty.db"), "").expect("a file");
    assert!(told(&run("[store]\npath = \"empty.db\"\n", target)).contains("empty"));
    std::fs::write(
        directory.path().join("text.db"),
        "no database, whatever its name says ".repeat(50),
    )
    .expect("a file");
    let text = run("[store]\npath = \"text.db\"\n", target);
    assert_eq!(text.status.code(), Some(1), "{}", told(&text));
    assert!(!Path::new(target).exists());
    let nowhere = run("[store]\npath = \"empty.db\"\n", "/nonexistent/copy.db");
    assert!(told(&nowhere).contains("directory"), "{}", told(&nowhere));
    let left = std::fs::read_dir(directory.path()).expect("a directory").count();
    assert_eq!(left, 3, "the configuration and two files");
}
