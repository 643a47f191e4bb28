//! The management API of the real binary under a fuzzer that reads its `OpenAPI` document.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::{env, fs, process};

use anyhow::{Context, Result};
use nightlatch_programs::{Port, Process};
use serde_json::{Value, json};

use crate::step::Step;
use crate::{install, sdk, workspace};

/// Sessions that are there before the first call, so that not every answer is that there are none.
const SEEDED: usize = 30;

pub(super) fn run() -> Result<()> {
    let program = install::schemathesis()?;
    let server = Server::start(&sdk::server_for_browsers()?)?;
    let mut handle = String::new();
    for number in 0..SEEDED {
        handle = server
            .sign_in(number)
            .context("cannot create a session to begin with")?;
    }
    // An ended session is shown for seven days, so that people can be told why they were signed out: that is no use after free.
    // Handles and names of keys are fixed (see the configuration), so what was just made is not what is asked for.
    let line = format!(
        "{} --no-color --config-file {} run {}openapi.json --checks all --exclude-checks use_after_free,ensure_resource_availability",
        program.display(),
        workspace::root().join("xtask/schemathesis.toml").display(),
        server.api()
    );
    Step::new("every operation of the management API, fuzzed", &line)
        .within(&install::fuzzing())
        .env("NIGHTLATCH_API_KEY", server.key.as_str())
        .env("NIGHTLATCH_HANDLE", handle)
        .run()
}

/// The binary on ports of its own, with a store of its own. Both are gone when this is dropped.
struct Server {
    _process: Process,
    _directory: Directory,
    management: Port,
    key: String,
}

/// A directory that is taken away again.
struct Directory(std::path::PathBuf);

impl Server {
    fn start(binary: &str) -> Result<Self> {
        let directory = Directory(env::temp_dir().join(format!("nightlatch-fuzz-{}", process::id())));
        fs::create_dir_all(&directory.0).context("cannot make a temporary directory")?;
        let config = directory.0.join("latch.toml");
        // So that what changes the policy is reached as well.
        fs::write(&config, "policy = \"server\"\n").context("cannot write a configuration")?;
        let management = Port::reserve();
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .env("NIGHTLATCH__SERVER__LISTEN", "127.0.0.1:0")
            .env("NIGHTLATCH__MANAGEMENT__LISTEN", management.address().to_string())
            .env("NIGHTLATCH__STORE__PATH", directory.0.join("nightlatch.db"));
        let mut process = Process::start(&mut command, "cargo xtask test api");
        process.wait_until_listening(management.address());
        Ok(Self {
            key: process.told("API key"),
            management,
            _process: process,
            _directory: directory,
        })
    }

    fn api(&self) -> String {
        format!("http://{}/api/v1/", self.management.address())
    }

    /// Creates a session; answers its handle.
    fn sign_in(&self, number: usize) -> Result<String> {
        let body = json!({ "subject": format!("user-{}", number % 5), "application": "console", "roles": ["staff"] });
        let body = body.to_string();
        let host = self.management.address();
        let request = format!(
            "POST /api/v1/sessions HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let mut stream = TcpStream::connect(host)?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let made = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| serde_json::from_str::<Value>(body));
        let handle = made
            .and_then(Result::ok)
            .and_then(|made| made["handle"].as_str().map(str::to_owned));
        handle.with_context(|| format!("the server answers {answer}"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What the system keeps for a while longer it takes away itself.
        let _ = fs::remove_dir_all(&self.0);
    }
}
