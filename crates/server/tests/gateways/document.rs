//! The documents do what they say: each command is run.

use std::path::Path;
use std::process::{Command, Output};

use crate::nightlatch::Nightlatch;

const DOCUMENTS: [&str; 7] = [
    include_str!("../../../../docs/gateways.md"),
    include_str!("../../../../docs/gateways/nginx.md"),
    include_str!("../../../../docs/gateways/caddy.md"),
    include_str!("../../../../docs/gateways/haproxy.md"),
    include_str!("../../../../docs/gateways/envoy.md"),
    include_str!("../../../../docs/gateways/traefik.md"),
    include_str!("../../../../docs/gateways/apache.md"),
];

fn blocks<'a>(document: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let opening = format!("```{language}\n");
    let blocks: Vec<_> = document
        .split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    blocks.into_iter()
}

/// Runs a line as a shell would, with the built binary on the path.
fn run(nightlatch: &Nightlatch, directory: &Path, line: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_nightlatch"))
        .parent()
        .expect("a directory");
    Command::new("sh")
        .args(["-euc", &format!("PATH={}:$PATH; {line}", binary.display())])
        .current_dir(directory)
        .env("NIGHTLATCH_URL", format!("http://127.0.0.1:{}", nightlatch.management))
        .env("NIGHTLATCH_API_KEY", &nightlatch.key)
        .output()
        .expect("a shell")
}

#[test]
fn the_commands_of_the_documents_work() {
    let nightlatch = Nightlatch::start_unguarded();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let config = blocks(DOCUMENTS[0], "toml").next().expect("a configuration");
    std::fs::write(directory.path().join("latch.toml"), config).expect("the configuration");
    let lines = DOCUMENTS
        .iter()
        .flat_map(|document| blocks(document, "sh"))
        .flat_map(str::lines);
    let mut printed = 0;
    for line in lines {
        let (line, code, told) = match line.split_whitespace().nth(2) {
            // It runs already, in the place of the gateway and of the application.
            Some("echo") => continue,
            Some("test") => {
                let gateway = format!("http://127.0.0.1:{}", nightlatch.gateway);
                // Where nothing is guarded much is found.
                (
                    line.replace("http://127.0.0.1:8080", &gateway),
                    1,
                    "without a session no method passes",
                )
            }
            Some("haproxy") if line.ends_with("--lua") => (line.to_owned(), 0, "core.register_action"),
            Some("traefik") if line.ends_with("--static") => (line.to_owned(), 0, "entryPoints"),
            _ => (line.to_owned(), 0, "3000"),
        };
        let output = run(&nightlatch, directory.path(), &line);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains(told), "{line}: {text}");
        printed += 1;
    }
    assert_eq!(printed, 10);
}
