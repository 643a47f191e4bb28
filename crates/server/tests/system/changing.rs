//! `docs/changing-the-policy.md` does what it says: each of its commands is run, in its order.

use std::process::{Command, Output};

use crate::server::Server;

const DOCUMENT: &str = include_str!("../../../../docs/changing-the-policy.md");

fn lines() -> impl Iterator<Item = &'static str> {
    let blocks = DOCUMENT.split("```sh\n").skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).flat_map(str::lines)
}

fn run(server: &Server, line: &str) -> Output {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_nightlatch"));
    let directory = binary.parent().expect("a directory");
    let store = server.config_file().with_file_name("nightlatch.db");
    Command::new("sh")
        .args(["-euc", &format!("PATH={}:$PATH; {line}", directory.display())])
        .current_dir(server.config_file().parent().expect("a directory"))
        .env("NIGHTLATCH_URL", server.management.trim_end_matches("/api/v1/"))
        .env("NIGHTLATCH_API_KEY", &server.key)
        .env("NIGHTLATCH__STORE__PATH", store)
        .output()
        .expect("a shell")
}

#[test]
fn the_commands_of_the_document_work() {
    let policy = "[policy]\nidle = \"20m\"\njustification = \"ours\"\n";
    let mut server = Server::start(policy);
    let directory = server.config_file();
    std::fs::write(directory.with_file_name("strict.toml"), "idle = \"10m\"\n").expect("the file");
    let mut told = Vec::new();
    for line in lines() {
        // What follows the hand-over is shown for files with a policy as well.
        let of_file = line.contains("latch.toml") && !line.contains("adopt");
        if of_file {
            std::fs::write(directory.with_file_name("other.toml"), policy).expect("the file");
        }
        let output = run(
            &server,
            &if of_file {
                line.replace("latch.toml", "other.toml")
            } else {
                line.to_owned()
            },
        );
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {out}{error}");
        if line.contains("adopt") {
            server.restart();
        }
        told.push((line, out));
    }
    let of = |command: &str| {
        let found = told.iter().find(|(line, _)| line.contains(command));
        found.map_or_else(|| panic!("{command} is not in the document"), |(_, out)| out)
    };
    assert!(of("--dry-run").contains("idle: 20m -> 10m"));
    assert!(of("audit of May").contains("Revision 2 is in force"));
    assert!(of("policy show").contains("idle = \"10m\""));
    assert!(of("policy history").contains("audit of May"));
    assert!(of("policy restore").contains("that of revision 1"));
    assert!(of("policy export").contains("20m"));
    assert!(of("policy plan").contains("SESSIONS"));
    server.kill();
}
