//! Every help text, and every example in one: each is run as a shell would, beside a running server.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use axum::http::Method;
use nightlatch_programs::Process;

use crate::client::send;
use crate::server::Server;

fn help(words: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_nightlatch"))
        .args(words)
        .arg("--help")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every command there is, by its words, with its help text.
fn every_help() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut next = vec![Vec::new()];
    while let Some(words) = next.pop() {
        let text = help(&words);
        let below = text
            .split("\nCommands:\n")
            .nth(1)
            .and_then(|after| after.split("\n\n").next());
        for line in below.unwrap_or_default().lines() {
            let name = line.split_whitespace().next().unwrap_or_default();
            if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
                next.push([&*words, &[name.to_owned()]].concat());
            }
        }
        found.push((words, text));
    }
    found
}

/// The examples of a help text. What stands behind two spaces says what the example does.
fn examples(text: &str) -> Vec<String> {
    let after = ["\nExamples:\n", "\nExample:\n"]
        .iter()
        .find_map(|title| text.split(title).nth(1));
    let lines = after.unwrap_or_default().lines();
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines
        .map(|line| {
            let line = line.trim();
            line.split("  ").next().unwrap_or(line).trim().to_owned()
        })
        .collect()
}

/// What an example does besides succeeding: words that it prints.
const PRINTS: &[(&str, &str)] = &[
    ("nightlatch audit show --after 1200 --json", "records"),
    ("nightlatch audit show --kind ended --limit 20", ""),
    ("nightlatch audit show --subject ada", "ada"),
    ("nightlatch capacity --sessions 1M --active 100k", "One PostgreSQL"),
    (
        "nightlatch capacity --sessions 100M --active 1M --nodes 8 --max-connections 400 || true",
        "clusters of 8 nodes",
    ),
    ("nightlatch check --keys", "# Configuration"),
    ("nightlatch check latch.toml --json", "\"valid\": true"),
    ("nightlatch keys create billing --config latch.toml", "nlk_"),
    ("nightlatch policy apply strict.toml --dry-run", "Against revision"),
    ("nightlatch policy history", "revision 1"),
    ("nightlatch policy plan latch.toml", "SESSIONS"),
    (
        "nightlatch policy replay activity.jsonl --idle 15m",
        "1 recorded session",
    ),
    ("nightlatch sessions list --subject ada --json", "\"ada\""),
    ("nightlatch simulate walk-away.json", "sign-in"),
];

/// They serve until they are stopped; each prints this when it is ready.
const SERVING: &[(&str, &str)] = &[
    ("nightlatch demo", "bank "),
    ("nightlatch gateway echo", "127.0.0.1:"),
    ("nightlatch gateway echo --listen 127.0.0.1:3000", "127.0.0.1:"),
    ("nightlatch serve --config latch.toml", "browser side"),
    (
        "NIGHTLATCH__POLICY__IDLE=10m nightlatch serve --config latch.toml",
        "browser side",
    ),
    (
        "NIGHTLATCH__SERVER__PUBLIC_URL=http://localhost:8700 nightlatch serve --config latch.toml --development",
        "browser side",
    ),
];

/// Needs what a test has not got, for this reason.
const NOT_RUN: &[(&str, &str)] = &[
    (
        "nightlatch gateway test http://127.0.0.1:8080",
        "the tests of the gateways run it against each real proxy",
    ),
    (
        "nightlatch gateway test http://127.0.0.1:8080 --gate /admin --application wiki",
        "the tests of the gateways run it against each real proxy",
    ),
    (
        "nightlatch gateway test http://127.0.0.1:8080 --json",
        "the tests of the gateways run it against each real proxy",
    ),
    (
        "nightlatch store copy nightlatch.db --config latch.toml",
        "the tests of the store run it from a real database to another",
    ),
    (
        "nightlatch store restored --sessions end --config latch.toml",
        "the tests of the store run it on a real database",
    ),
    (
        "nightlatch store restored --sessions keep --config latch.toml",
        "the tests of the store run it on a real database",
    ),
];

const CONFIGURATION: &str =
    "[server]\npublic_url = \"https://app.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n[policy]\nidle = \"20m\"\n";
const SCENARIO: &str = r#"{"policy": {}, "timeline": [{"at": "0s", "event": "sign-in"}]}"#;

struct Room {
    server: Server,
    /// What `/etc` and `/var` stand for.
    system: tempfile::TempDir,
    handle: String,
}

impl Room {
    async fn open() -> Self {
        let server = Server::start("policy = \"server\"\n");
        let directory = server.config_file().parent().expect("a directory").to_owned();
        let system = tempfile::tempdir().expect("a directory");
        for below in [
            "etc/nginx/conf.d",
            "etc/caddy",
            "etc/envoy",
            "etc/haproxy",
            "etc/traefik",
            "etc/apache2/sites-available",
            "var/backups",
        ] {
            std::fs::create_dir_all(system.path().join(below)).expect("a directory");
        }
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/activity.csv");
        std::fs::copy(example, directory.join("activity.csv")).expect("the example");
        for (name, text) in [
            ("latch.toml", CONFIGURATION),
            ("strict.toml", "idle = \"10m\"\n"),
            ("stricter.toml", "idle = \"5m\"\n"),
            ("walk-away.json", SCENARIO),
            ("scenarios.jsonl", SCENARIO),
            (
                "activity.jsonl",
                "{\"session\":\"a\",\"at\":1772442000,\"roles\":[\"clerk\"]}\n",
            ),
        ] {
            std::fs::write(directory.join(name), text).expect("the file");
        }
        let mut room = Self {
            server,
            system,
            handle: String::new(),
        };
        let key = format!("Bearer {}", room.server.key);
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let url = format!("{}sessions", room.server.management);
        let body = r#"{"subject": "ada", "application": "console"}"#;
        let made = send(Method::POST, &url, &headers, body).await.ok(201);
        made["handle"].as_str().expect("a handle").clone_into(&mut room.handle);
        // Somebody whose session is over, for those who replay the audit.
        let gone = send(Method::POST, &url, &headers, r#"{"subject": "eve"}"#)
            .await
            .ok(201);
        let gone = format!("{url}/{}", gone["handle"].as_str().expect("a handle"));
        send(Method::DELETE, &gone, &headers, "").await.ok(200);
        let audit = room.run("nightlatch audit export > audit.jsonl");
        assert!(audit.status.success(), "{audit:?}");
        room
    }

    fn command(&self, example: &str) -> Command {
        let system = self.system.path().display().to_string();
        let line = example
            .replace("0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10", &self.handle)
            .replace("/etc/", &format!("{system}/etc/"))
            .replace("/var/", &format!("{system}/var/"))
            // A port that somebody else may have.
            .replace("127.0.0.1:3000", "127.0.0.1:0");
        let binary = Path::new(env!("CARGO_BIN_EXE_nightlatch"))
            .parent()
            .expect("a directory");
        let mut command = Command::new("sh");
        command
            .args(["-euc", &format!("PATH={}:$PATH; {line}", binary.display())])
            .current_dir(self.server.config_file().parent().expect("a directory"))
            .env("NIGHTLATCH_URL", self.server.management.trim_end_matches("/api/v1/"))
            .env("NIGHTLATCH_API_KEY", &self.server.key)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, example: &str) -> Output {
        self.command(example).output().expect("a shell")
    }

    /// Starts what serves, waits until it says where, and stops it.
    fn serve(&self, example: &str, ready: &str) {
        let mut command = self.command(&format!("exec env {example}"));
        command
            .env("NIGHTLATCH__SERVER__LISTEN", "127.0.0.1:0")
            .env("NIGHTLATCH__MANAGEMENT__LISTEN", "127.0.0.1:0")
            .env("NIGHTLATCH__STORE__PATH", self.system.path().join("other.db"));
        let process = Process::start(&mut command, "cargo build");
        let () = process.told_as(example, |printed| printed.contains(ready).then_some(()));
    }
}

#[tokio::test]
async fn every_example_of_every_help_text_runs() {
    let mut tried = BTreeSet::new();
    for (words, text) in every_help() {
        // Each command has a server of its own: examples may end what others look at.
        let examples = examples(&text);
        if examples.is_empty() {
            continue;
        }
        let room = Room::open().await;
        for example in examples {
            tried.insert(example.clone());
            if NOT_RUN.iter().any(|(not_run, _)| *not_run == example) {
                continue;
            }
            if let Some((_, ready)) = SERVING.iter().find(|(serving, _)| *serving == example) {
                room.serve(&example, ready);
                continue;
            }
            if example.starts_with("nightlatch sessions end")
                && !example.contains("--yes")
                && !example.contains("--dry-run")
            {
                // Asked without a terminal it says what to do instead; a single session ends at once.
                let output = room.run(&example);
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(
                    output.status.success() || told.contains("--yes"),
                    "{words:?}: {example}: {told}"
                );
                continue;
            }
            let output = room.run(&example);
            let (out, error) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            assert!(output.status.success(), "{words:?}: {example}\n{out}{error}");
            let prints = PRINTS
                .iter()
                .find(|(known, _)| *known == example)
                .map_or("", |(_, prints)| prints);
            assert!(out.contains(prints), "{example}: {out}");
        }
    }
    assert!(tried.len() > 40, "{} examples", tried.len());
    let listed = SERVING.iter().chain(PRINTS).chain(NOT_RUN).map(|(example, _)| *example);
    let gone: Vec<_> = listed.filter(|example| !tried.contains(*example)).collect();
    assert_eq!(gone, [""; 0], "no help text has these examples");
}

/// `after_help` is for what a line cannot say; commands without arguments need no example.
#[test]
fn every_command_that_takes_arguments_has_an_example() {
    for (words, text) in every_help() {
        let takes_arguments = text.contains("\nArguments:\n") || text.contains("\nOptions:\n      --");
        let takes = takes_arguments && !text.contains("\nCommands:\n");
        let above = words.len().checked_sub(1).map(|length| &words[..length]);
        let shown = !examples(&text).is_empty()
            || above.is_some_and(|above| {
                examples(&help(above))
                    .iter()
                    .any(|example| example.contains(&words.join(" ")))
            });
        assert!(shown || !takes, "nightlatch {} --help has no example", words.join(" "));
    }
}
