//! A real Envoy on a free port.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tempfile::TempDir;

const STARTS_WITHIN: Duration = Duration::from_mins(1);
/// Where `cargo xtask test rust` puts it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/gateways/venv/bin/envoy");
/// The ports stand in for `PORT`, `CHECK` and `UPSTREAM`.
const CONFIG: &str = include_str!("envoy.yaml");

/// It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Envoy {
    _directory: TempDir,
    process: Child,
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Envoy {
    pub(crate) fn start(port: u16, check: u16, application: u16) -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "Envoy is missing; this installs it and runs the tests again: cargo xtask test rust"
        );
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("envoy.yaml");
        let ports = [("PORT", port), ("CHECK", check), ("UPSTREAM", application)];
        let config = ports.iter().fold(CONFIG.to_owned(), |config, (word, port)| {
            config.replace(word, &port.to_string())
        });
        std::fs::write(&file, config).expect("the configuration");
        let mut process = Command::new(PROGRAM)
            .arg("-c")
            .arg(&file)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "info"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Envoy starts");
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens any more once it has started.
                let _ = sender.send(line);
            }
        });
        let mut said = String::new();
        while !said.contains("starting workers") {
            match lines.recv_timeout(STARTS_WITHIN) {
                Ok(line) => said.push_str(&(line + "\n")),
                Err(RecvTimeoutError::Timeout) => panic!("Envoy does not start: {said}"),
                Err(RecvTimeoutError::Disconnected) => panic!("Envoy ended: {said}"),
            }
        }
        Self {
            _directory: directory,
            process,
        }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
