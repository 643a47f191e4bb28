//! The commands that call the management API.

use std::process::{Command, Output};

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::{Api, handles_of};

const UNKNOWN: &str = "0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10";

#[track_caller]
fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", err(output));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    serde_json::from_str(&out(output)).expect("one JSON document")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(err(output).contains(word), "{word:?} is missing: {}", err(output));
    }
}

#[tokio::test]
async fn sessions_are_listed_as_a_table_and_as_json() {
    let api = Api::start();
    let empty = api.server.command(&["sessions", "list"]);
    assert_eq!(out(&empty), "No live session matches.\n");
    let (first, _) = api
        .sign_in_as(&json!({ "subject": "ada", "application": "shop" }))
        .await;
    let (second, _) = api
        .sign_in_as(&json!({ "subject": "b&b ü", "device": "mobile", "roles": ["admin"] }))
        .await;

    let table = out(&api.server.command(&["sessions", "list"]));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(!table.contains('\u{1b}'), "no colour without a terminal");
    let column = |line: &str, word: &str| line.find(word).map(|at| line[..at].chars().count());
    assert!(lines[1].starts_with(&first) && lines[2].starts_with(&second));
    assert_eq!(column(lines[0], "SUBJECT"), column(lines[1], "ada"));
    assert_eq!(column(lines[0], "SUBJECT"), column(lines[2], "b&b ü"));
    assert_eq!(column(lines[0], "PHASE"), column(lines[2], "active"));

    let list = |arguments: &[&str]| {
        let arguments = [&["sessions", "list", "--json"], arguments].concat();
        json_of(&api.server.command(&arguments))
    };
    assert_eq!(handles_of(&list(&[])), [first.as_str(), second.as_str()]);
    assert_eq!(
        handles_of(&list(&["--subject", "b&b ü", "--role", "admin"])),
        [second.as_str()]
    );
    assert_eq!(
        handles_of(&list(&["--application", "shop", "--device", "mobile"])),
        Vec::<String>::new()
    );
    let one = list(&["--limit", "1"]);
    assert_eq!(
        (handles_of(&one), &one["next_after"]),
        (vec![first.clone()], &json!(first))
    );
    assert!(out(&api.server.command(&["sessions", "list", "--limit", "1"])).contains("--limit"));
}

#[tokio::test]
async fn single_sessions_end_by_handle() {
    let api = Api::start();
    let (handle, _) = api.sign_in("ada").await;
    let end = |arguments: &[&str]| api.server.command(&[&["sessions", "end", &handle], arguments].concat());
    assert_eq!(out(&end(&["--dry-run"])), format!("{handle}  would end (admin)\n"));
    assert_eq!(
        out(&end(&["--reason", "account"])),
        format!("{handle}  ended (account)\n")
    );
    assert!(out(&end(&[])).starts_with(&format!("{handle}  had ended already (account, 2")));
    let again = json_of(&end(&["--json"]));
    assert_eq!(
        (&again["sessions"][0]["ended"], &again["sessions"][0]["reason"]),
        (&json!(0), &json!("account"))
    );
    refused(&api.server.command(&["sessions", "end", UNKNOWN]), &[UNKNOWN]);
    refused(&api.server.command(&["sessions", "end", "../policy"]), &["../policy"]);
}

#[tokio::test]
async fn many_sessions_end_only_on_purpose() {
    let api = Api::start();
    for subject in ["ada", "ada", "ben"] {
        api.sign_in(subject).await;
    }
    refused(
        &api.server.command(&["sessions", "end", "--subject", "ada"]),
        &["--dry-run", "--yes"],
    );
    refused(&api.server.command(&["sessions", "end", "--all"]), &["--yes"]);
    refused(
        &api.server.command(&["sessions", "end", "--yes"]),
        &["--subject", "--all"],
    );
    refused(
        &api.server
            .command(&["sessions", "end", "--all", "--subject", "ada", "--yes"]),
        &["--all"],
    );
    refused(
        &api.server
            .command(&["sessions", "end", UNKNOWN, "--subject", "ada", "--yes"]),
        &["--subject"],
    );
    refused(
        &api.server
            .command(&["sessions", "end", "--all", "--yes", "--reason", "idle"]),
        &["idle", "account"],
    );
    assert_eq!(api.handles("").await.len(), 3);

    let dry = api
        .server
        .command(&["sessions", "end", "--subject", "ada", "--dry-run"]);
    assert_eq!(out(&dry), "2 sessions would end.\n");
    let ended = api
        .server
        .command(&["sessions", "end", "--subject", "ada", "--reason", "upstream", "--yes"]);
    assert_eq!(out(&ended), "2 sessions ended (upstream).\n");
    let all = json_of(&api.server.command(&["sessions", "end", "--all", "--yes", "--json"]));
    assert_eq!(all, json!({ "matched": 1, "ended": 1, "dry_run": false }));
}

#[tokio::test]
async fn the_audit_is_shown() {
    let api = Api::start();
    let (handle, _) = api.sign_in("ada").await;
    api.delete(&format!("sessions/{handle}?reason=account")).await.ok(200);
    let table = out(&api.server.command(&["audit", "show", "--handle", &handle]));
    let lines: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        lines[0],
        [
            "SEQ",
            "AT",
            "KIND",
            "REASON",
            "SUBJECT",
            "APPLICATION",
            "ACTOR",
            "HANDLE",
            "DETAIL"
        ]
    );
    assert_eq!(
        lines[2][2..],
        ["ended", "account", "ada", "-", "api:first", handle.as_str(), "-"]
    );
    assert_eq!(lines.len(), 3);

    let one = json_of(
        &api.server
            .command(&["audit", "show", "--json", "--kind", "ended", "--subject", "ada"]),
    );
    assert_eq!(
        (one["records"].as_array().map(Vec::len), &one["next_after"]),
        (Some(1), &json!(null))
    );
    let first = json_of(
        &api.server
            .command(&["audit", "show", "--json", "--subject", "ada", "--limit", "1"]),
    );
    let after = first["next_after"].as_u64().expect("another page").to_string();
    let rest = api
        .server
        .command(&["audit", "show", "--json", "--subject", "ada", "--after", &after]);
    assert_eq!(json_of(&rest), one);
    assert_eq!(
        out(&api.server.command(&["audit", "show", "--subject", "eve"])),
        "No record matches.\n"
    );
    refused(&api.server.command(&["audit", "show", "--kind", "login"]), &["sign-in"]);
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let mut api = Api::start();
    let run = |arguments: &[&str], url: &str, key: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
        command
            .args(arguments)
            .env_remove("NIGHTLATCH_API_KEY")
            .env("NIGHTLATCH_URL", url);
        command.envs(key.map(|key| ("NIGHTLATCH_API_KEY", key)));
        command.output().expect("the binary runs")
    };
    let origin = api.origin().to_owned();
    let list = ["sessions", "list"];
    refused(&run(&list, &origin, None), &["NIGHTLATCH_API_KEY", "--key"]);
    refused(
        &run(&list, &origin, Some("nlk_wrong")),
        &["NIGHTLATCH_API_KEY", "nightlatch keys"],
    );
    refused(
        &run(&list, "https://latch.example", Some("k")),
        &["https", "loopback", "tunnel"],
    );
    refused(&run(&list, "latch.example", Some("k")), &["http://127.0.0.1:8701"]);
    let browser_side = api.server.browser.trim_end_matches("/nightlatch/").to_owned();
    refused(&run(&list, &browser_side, Some("k")), &[&browser_side, "--url"]);
    let key = api.server.key.clone();
    assert!(!String::from_utf8_lossy(&run(&["sessions", "list", "--help"], &origin, Some(&key)).stdout).contains(&key));
    api.server.kill();
    refused(&run(&list, &origin, Some(&key)), &[&origin, "refused", "running"]);
}

#[test]
fn keys_of_a_store_that_does_not_last_cannot_be_made() {
    let api = Api::start();
    api.server.rewrite_config("[store]\nkind = \"memory\"\n");
    let config = api.server.config_file();
    let config = config.to_str().expect("text");
    refused(
        &api.server.command(&["keys", "create", "x", "--config", config]),
        &["memory"],
    );
    api.server.rewrite_config("");
    refused(
        &api.server.command(&["keys", "create", "a b", "--config", config]),
        &["letters"],
    );
    refused(
        &api.server.command(&["keys", "list", "--config", "/nonexistent.toml"]),
        &["/nonexistent.toml"],
    );
}

/// The document says what such a key reaches; this is the command that it tells to run.
#[tokio::test]
async fn a_key_is_bound_to_an_application_on_the_command_line() {
    let api = Api::start();
    let config = api.server.config_file();
    let config = config.to_str().expect("text");
    let made = api
        .server
        .command(&["keys", "create", "wiki", "--application", "wiki", "--config", config]);
    assert!(made.status.success(), "{made:?}");
    let told = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(told.contains("sessions:read") && told.contains("in wiki"), "{told}");
    let key = format!("Bearer {}", String::from_utf8_lossy(&made.stdout).trim());
    let bound = [("authorization", key.as_str())];
    let sign_in = |application: &str| format!(r#"{{"subject":"ada","application":"{application}"}}"#);
    for (application, status) in [("wiki", 201), ("billing", 403)] {
        let made = api
            .call_with(&bound, Method::POST, "sessions", &sign_in(application))
            .await;
        assert_eq!(made.status.as_u16(), status, "{application}: {}", made.text());
    }
    api.call_with(&bound, Method::GET, "policy", "").await.problem(403);
    let listed = api.server.command(&["keys", "list", "--config", config]);
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("in wiki"),
        "{listed:?}"
    );
    let audit = String::from_utf8_lossy(&api.server.command(&["audit", "show"]).stdout).into_owned();
    assert!(audit.contains("in wiki"), "{audit}");
    for (option, value, told) in [
        ("--application", " wiki", "space"),
        ("--scope", "policy:read", "policy:read"),
    ] {
        let arguments = [
            "keys",
            "create",
            "x",
            "--application",
            "crm",
            "--config",
            config,
            option,
            value,
        ];
        refused(&api.server.command(&arguments), &[told]);
    }
}

#[tokio::test]
async fn an_exported_audit_can_be_replayed() {
    let api = Api::start();
    for subject in ["ada", "ben", "eve"] {
        let (handle, _) = api.sign_in(subject).await;
        api.delete(&format!("sessions/{handle}")).await.ok(200);
    }
    let exported = api.server.command(&["audit", "export"]);
    assert!(exported.status.success(), "{exported:?}");
    let lines = String::from_utf8(exported.stdout).expect("text");
    let ended = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ended: Vec<_> = ended.filter(|record| record["kind"] == "ended").collect();
    assert_eq!(ended.len(), 3);
    assert!(
        ended.iter().all(|record| record["last_activity"].is_string()),
        "{lines}"
    );

    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("audit.jsonl");
    std::fs::write(&file, &lines).expect("the file");
    let path = file.to_str().expect("a path");
    let replayed = api
        .server
        .command(&["policy", "replay", path, "--idle", "15m", "--json"]);
    assert!(replayed.status.success(), "{replayed:?}");
    let report: Value = serde_json::from_slice(&replayed.stdout).expect("JSON");
    assert!(report.to_string().contains("15m"), "{report}");
}
