//! A real Envoy on a free port.

use std::process::Command;

use nightlatch_programs::Process;

use crate::guarded::{Gateway, Ports};

/// Where `cargo xtask test rust` puts it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/gateways/venv/bin/envoy");
/// The ports stand in for `PORT`, `CHECK` and `UPSTREAM`.
const CONFIG: &str = include_str!("envoy.yaml");

pub(crate) fn start(ports: Ports) -> Gateway {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("envoy.yaml");
    let placed = [
        ("PORT", ports.front),
        ("CHECK", ports.questions),
        ("UPSTREAM", ports.application),
    ];
    let config = placed.iter().fold(CONFIG.to_owned(), |config, (word, port)| {
        config.replace(word, &port.port().to_string())
    });
    std::fs::write(&file, config).expect("the configuration");
    let mut command = Command::new(PROGRAM);
    command
        .arg("-c")
        .arg(&file)
        .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "info"]);
    let mut process = Process::start(&mut command, "cargo xtask test rust");
    process.wait_until_listening(ports.front);
    Gateway::new(directory, process)
}
