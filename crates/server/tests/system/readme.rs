//! The README does what it says: its configuration is served, and each of its commands is run.

use std::process::{Command, Output};

use crate::server::Server;

const README: &str = include_str!("../../../../README.md");

/// The lines of the README's fenced blocks in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    README
        .split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

/// Runs a line of the README as a shell would, beside a running server and with the built binary on the path.
fn run(server: &Server, line: &str) -> Output {
    let management = server.management.trim_end_matches("/api/v1/");
    let line = line.replace("http://127.0.0.1:8701", management);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_nightlatch"))
        .parent()
        .expect("a directory");
    let script = format!("PATH={}:$PATH; {line}", binary.display());
    Command::new("sh")
        .args(["-euc", &script])
        .current_dir(server.config_file().parent().expect("a directory"))
        .env("NIGHTLATCH_URL", management)
        .env("NIGHTLATCH_API_KEY", &server.key)
        .output()
        .expect("a shell")
}

#[test]
fn the_commands_of_the_readme_work() {
    let [config] = blocks("toml")[..] else {
        panic!("the README shows one configuration")
    };
    let mut server = Server::start(config);
    let lines = blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| !line.starts_with("cargo "));
    let mut ran = 0;
    for line in lines {
        if line.starts_with("nightlatch serve") {
            // The server that runs has been started by this very command.
            assert_eq!(line, "nightlatch serve --config latch.toml");
            continue;
        }
        let output = run(&server, line);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{line}: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let expected = match line.split_whitespace().nth(1) {
            Some("check") => "valid",
            Some("explain") => "idle",
            Some("policy") if line.contains(" plan ") => "SESSIONS",
            Some("policy") => "absolute",
            Some("-s") => "\"set_cookie\":\"__Host-nightlatch=",
            _ => "ada",
        };
        assert!(told.contains(expected) || line.contains(" end "), "{line}: {told}");
        ran += 1;
    }
    assert!(ran >= 6, "{ran} commands");
    server.kill();
}
