//! Commands that need no running server, as people and scripts call them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn nightlatch(arguments: &[&str], input: &str) -> Output {
    nightlatch_programs::run(Command::new(env!("CARGO_BIN_EXE_nightlatch")).args(arguments), input)
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn vectors() -> Vec<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the vectors")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let read = |file: PathBuf| {
        let vector = serde_json::from_slice(&std::fs::read(&file).expect("a vector")).expect("JSON");
        (file, vector)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn simulate_agrees_with_every_vector_line_by_line() {
    let vectors = vectors();
    assert!(vectors.len() >= 50, "{}", vectors.len());
    let lines: Vec<_> = vectors.iter().map(|(_, vector)| vector.to_string()).collect();
    let input = lines.join("\n");
    let output = nightlatch(&["simulate", "--json"], &input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), vectors.len());
    for ((file, vector), line) in vectors.iter().zip(lines) {
        let trace: Value = serde_json::from_str(line).expect("one JSON array a line");
        assert_eq!(trace, vector["expect"], "{}", file.display());
    }
}

#[test]
fn a_mistake_in_one_scenario_takes_nothing_from_the_others() {
    let good = r#"{"policy": {}, "timeline": [{"at": "0s", "event": "sign-in"}]}"#;
    let bad = [
        "not JSON",
        r#"{"policy": {"idle": "30s"}, "timeline": [{"at": "0s", "event": "sign-in"}]}"#,
        r#"{"policy": {}, "timeline": [{"at": "0s", "event": "sign-in"}, {"at": "1s", "event": "sign-in"}]}"#,
        r#"{"policy": {}, "timeline": [{"at": "0s", "event": "sign-in"}, {"at": "1s", "event": "dance"}]}"#,
        r#"{"policy": {}, "timeline": [{"at": "1s", "event": "extend"}]}"#,
        "[]",
    ];
    let input = format!("{}\n{good}\n", bad.join("\n"));
    let output = nightlatch(&["simulate", "--json"], &input);
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), bad.len() + 1);
    for (line, scenario) in lines.iter().zip(bad) {
        assert!(
            line["error"].as_str().is_some_and(|error| !error.is_empty()),
            "{scenario}: {line}"
        );
    }
    assert_eq!(lines[bad.len()][0]["event"], "sign-in");
}

#[test]
fn simulate_shows_people_a_trace() {
    let scenario = r#"{"policy": {"idle": "30m"}, "timeline": [{"at": "0s", "event": "sign-in"}, {"at": "30m", "event": "status"}]}"#;
    let output = nightlatch(&["simulate"], scenario);
    let lines: Vec<_> = text(&output.stdout).lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "0s  sign-in         accepted=true",
            "29m  warning         kind=idle",
            "30m  ended           reason=idle",
            "30m  status          phase=ended reason=idle"
        ]
    );
}

/// A configuration file in a directory that goes when this is dropped.
fn config(content: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latch.toml");
    std::fs::write(&file, content).expect("the file");
    let file = file.display().to_string();
    (directory, file)
}

#[test]
fn every_kind_of_bad_configuration_is_told_with_place_key_and_remedy() {
    let cases = [
        ("[policy]\nidel = \"30m\"\n", ":2:1: ", "idel", "did you mean `idle`"),
        ("[policy]\nidle = 1800\n", ":2:8: ", "policy.idle", "`idle = \"1800s\"`"),
        (
            "[policy]\nidle = \"1m\"\nwarn_before = \"60s\"\n",
            ":2:1: ",
            "policy.idle",
            "make warn_before shorter",
        ),
        (
            "[[policy.rules]]\nmatch = { path = \"/a\" }\nabsolute = \"1h\"\n",
            ":3:1: ",
            "policy.rules[0].absolute",
            "remove `absolute`",
        ),
    ];
    for (content, place, key, remedy) in cases {
        let (_directory, file) = config(content);
        for command in [
            vec!["check", &file],
            vec!["serve", "--config", &file],
            vec!["explain", &file],
        ] {
            let output = nightlatch(&command, "");
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(78), "{command:?}: {told}");
            for words in [&format!("{file}{place}"), key, remedy] {
                assert!(told.contains(words), "{words:?} is missing: {told}");
            }
        }
    }
    let output = nightlatch(&["serve", "--config", "/nonexistent/latch.toml"], "");
    assert_eq!(output.status.code(), Some(78));
    assert!(
        text(&output.stderr).contains("/nonexistent/latch.toml: cannot be read"),
        "{}",
        text(&output.stderr)
    );
}

const ODD: &str = "[policy]\nwarn_before = \"10s\"\n\n[[policy.rules]]\nmatch = { role = \"a\" }\nidle = \"1h\"\n";

#[test]
fn lints_are_told_with_place_and_fail_when_strict() {
    let (_directory, file) = config(ODD);
    let output = nightlatch(&["check", &file], "");
    let (told, summary) = (text(&output.stderr), text(&output.stdout));
    assert!(output.status.success(), "{told}");
    assert!(
        summary.contains("1 rule, 0 gates, 0 passive entries; 2 warnings, 0 notes."),
        "{summary}"
    );
    for words in [
        format!("warning NL001: {file}:2:1: policy.warn_before: "),
        format!("warning NL012: {file}:6:1: policy.rules[0].idle: "),
        "docs/lints.md#nl012".to_owned(),
    ] {
        assert!(told.contains(&words), "{words:?} is missing: {told}");
    }
    assert_eq!(nightlatch(&["check", &file, "--strict"], "").status.code(), Some(78));
    let (_directory, file) = config("[policy]\npreset = \"pci-dss\"\n");
    let output = nightlatch(&["check", &file, "--strict"], "");
    assert!(
        output.status.success(),
        "notes are no warnings: {}",
        text(&output.stderr)
    );
}

#[test]
fn check_answers_machines_in_json() {
    let check = |content: &str| -> (Option<i32>, Value) {
        let (_directory, file) = config(content);
        let output = nightlatch(&["check", &file, "--json"], "");
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).expect("JSON"),
        )
    };
    let (code, answer) = check(ODD);
    assert_eq!(
        (code, &answer["valid"], &answer["errors"]),
        (Some(0), &true.into(), &Value::Array(vec![]))
    );
    let lint = &answer["lints"][1];
    assert_eq!((&lint["code"], &lint["severity"]), (&"NL012".into(), &"warning".into()));
    assert_eq!(
        (&lint["key"], &lint["line"]),
        (&"policy.rules[0].idle".into(), &6.into())
    );
    let (code, answer) = check("[policy]\npreset = \"pci-dss\"\nidle = \"16m\"\n");
    assert_eq!((code, &answer["valid"]), (Some(78), &false.into()));
    let error = &answer["errors"][0];
    assert_eq!((&error["key"], &error["line"]), (&"policy.idle".into(), &3.into()));
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("8.2.8")),
        "{error}"
    );
}

#[test]
fn a_port_in_use_is_told_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    for (section, other) in [("server", "management"), ("management", "server")] {
        let store = "[store]\nkind = \"memory\"\n";
        let (_directory, file) = config(&format!(
            "[{section}]\nlisten = \"{address}\"\n[{other}]\nlisten = \"127.0.0.1:0\"\n{store}"
        ));
        let output = nightlatch(&["serve", "--config", &file], "");
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        for words in [
            &format!("{section}.listen"),
            &address.to_string(),
            "set another address",
        ] {
            assert!(told.contains(words), "{words:?} is missing: {told}");
        }
    }
}

#[test]
fn a_database_that_cannot_be_opened_is_told_with_its_key() {
    let (_directory, file) = config(
        "[server]\nlisten = \"127.0.0.1:0\"\n[management]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"/nonexistent/latch.db\"\n",
    );
    let output = nightlatch(&["serve", "--config", &file], "");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("store.path"), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("/nonexistent"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_database_is_looked_for_beside_the_file_and_never_made_by_accident() {
    let (directory, file) = config("[store]\npath = \"data/latch.db\"\n");
    let elsewhere = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join("data")).expect("a directory");
    let database = directory.path().join("data/latch.db");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_nightlatch"))
            .args(arguments)
            .args(["--config", &file])
            .current_dir(elsewhere.path())
            .output()
            .expect("the binary runs")
    };
    let is_empty = |directory: &Path| std::fs::read_dir(directory).expect("a directory").next().is_none();
    for command in [
        &["keys", "list"][..],
        &["keys", "revoke", "x"],
        &["keys", "create", "x"],
        &["policy", "adopt"],
        &["backup", "copy.db"],
    ] {
        let output = run(command);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {told}");
        assert!(output.stdout.is_empty(), "{command:?}");
        for words in [database.to_str().expect("text"), "store.path", &file] {
            assert!(told.contains(words), "{command:?}: {words:?} is missing: {told}");
        }
        assert!(is_empty(elsewhere.path()), "{command:?}");
        assert!(is_empty(&directory.path().join("data")), "{command:?}");
    }
    let made = run(&["keys", "create", "x", "--new-database"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(
        text(&made.stderr).contains(database.to_str().expect("text")),
        "{}",
        text(&made.stderr)
    );
    let listed = run(&["keys", "list"]);
    assert!(text(&listed.stdout).starts_with("x "), "{}", text(&listed.stdout));
    assert!(database.is_file() && is_empty(elsewhere.path()));
}

#[test]
fn a_page_that_is_none_is_refused() {
    let (_directory, file) = config("[[policy.gates]]\nmatch = { path = \"/admin/**\" }\nmax_age = \"5m\"\n");
    for (path, proposed) in [
        ("https://app.example/admin/x", "`/admin/x`"),
        ("admin", "`/admin`"),
        ("/admin/**", "`/admin/x`"),
    ] {
        let output = nightlatch(&["explain", &file, "--path", path], "");
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(text(&output.stderr).contains(proposed), "{}", text(&output.stderr));
    }
    let output = nightlatch(&["explain", &file, "--role", "amin", "--path", "/admin/x"], "");
    assert!(output.status.success());
    assert!(
        text(&output.stderr).contains("the role `amin`"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn explain_names_the_layer_that_decides() {
    let (_directory, file) = config(
        "[policy]\nidle = \"30m\"\n[[policy.rules]]\nname = \"admins\"\nmatch = { role = \"admin\" }\nidle = \"15m\"\non_idle = \"lock\"\n",
    );
    let output = nightlatch(&["explain", &file, "--role", "admin", "--path", "/billing"], "");
    let told = text(&output.stdout);
    assert!(told.contains("idle          15m, then locks"), "{told}");
    assert!(told.contains("* rules[0] \"admins\""), "{told}");
    let json = nightlatch(&["explain", &file, "--json"], "");
    let explanation: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(
        (&explanation["idle"]["value"], &explanation["idle"]["decided_by"]),
        (&json!("30m"), &json!("idle"))
    );
    assert_eq!(explanation.get("max_away"), None, "no page was named");
    assert!(!nightlatch(&["explain"], "").status.success());
}

#[test]
fn every_command_has_help_with_examples() {
    for command in [
        "serve", "demo", "check", "explain", "simulate", "sessions", "audit", "keys", "policy",
    ] {
        let output = nightlatch(&[command, "--help"], "");
        assert!(output.status.success(), "{command}");
        assert!(
            text(&output.stdout).contains("nightlatch"),
            "{command}: {}",
            text(&output.stdout)
        );
    }
}

#[test]
fn where_the_server_owns_the_policy_a_file_has_none_to_check_or_explain() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latch.toml");
    std::fs::write(&file, "policy = \"server\"\n").expect("the file");
    let run = |command: &str| {
        let mut binary = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
        binary.arg(command).arg(&file).output().expect("the binary runs")
    };
    let checked = run("check");
    assert!(checked.status.success(), "{checked:?}");
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(
        told.contains("The server owns the policy") && !told.contains("Idle"),
        "{told}"
    );
    let explained = run("explain");
    assert_eq!(explained.status.code(), Some(78));
    assert!(
        String::from_utf8_lossy(&explained.stderr).contains("policy show"),
        "{explained:?}"
    );
}

#[test]
fn snippet_prints_one_line_for_pages() {
    let (_directory, file) = config("[server]\nprefix = \"/auth/latch\"\n");
    let output = nightlatch(&["snippet", "--config", &file], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let line = text(&output.stdout);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(
        line.starts_with(r#"<script type="module" src="/auth/latch/sdk-"#)
            && line.contains(r#" integrity="sha384-"#)
            && line.ends_with("crossorigin=\"anonymous\"></script>\n"),
        "{line}"
    );
    let required = nightlatch(&["snippet", "--required"], "");
    assert!(
        text(&required.stdout)
            .starts_with(r#"<script type="module" blocking="render" data-nightlatch="required" src="/nightlatch/sdk-"#),
        "{}",
        text(&required.stdout)
    );
    let told: Value = serde_json::from_slice(&nightlatch(&["snippet", "--json"], "").stdout).expect("JSON");
    let script = told["script"].as_str().expect("an address");
    assert!(script.starts_with("/nightlatch/sdk-"), "{told}");
    assert!(told["tag"].as_str().is_some_and(|tag| tag.contains(script)), "{told}");
    let wrong = nightlatch(&["snippet", "--config", "/nonexistent/latch.toml"], "");
    assert_eq!((wrong.status.code(), text(&wrong.stdout)), (Some(78), ""));
}
