//! The real binary as a process of its own, on free ports, with a store in a temporary directory.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// A server. Its process is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    directory: TempDir,
    process: Option<Child>,
    /// `http://127.0.0.1:PORT/nightlatch/`.
    pub(crate) browser: String,
    /// `http://127.0.0.1:PORT/api/v1/`.
    pub(crate) management: String,
    /// `127.0.0.1:PORT` of the proxy, where the configuration has one. It stays the same when the server starts again.
    pub(crate) proxy: Option<String>,
    /// The key that the first start printed.
    pub(crate) key: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts with `config` as its file. Listeners and store are set by the environment, so `config` is free to have any section.
    pub(crate) fn start(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("latch.toml"), config).expect("the configuration");
        let mut server = Self {
            directory,
            process: None,
            browser: String::new(),
            management: String::new(),
            proxy: None,
            key: String::new(),
            log: Arc::default(),
        };
        server.launch();
        server
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.directory.path().join("latch.toml")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// Everything the processes of this server wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("no writer panics").clone()
    }

    /// `kill -9`: nothing is flushed, nothing is said.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Asks the process to stop and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let asked = Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()
            .expect("kill");
        assert!(asked.success());
        let mut process = self.process.take().expect("the server runs");
        process.wait().expect("the process is gone")
    }

    /// Stops the process in order, unless it is gone already, and starts another on the same store.
    pub(crate) fn restart(&mut self) {
        if self.process.is_some() {
            self.stop();
        }
        self.launch();
    }

    /// The binary, to be run with this server's listeners and store.
    pub(crate) fn binary(&self) -> Command {
        // As under a supervisor that lets no full disk kill it: the system answers with an error instead.
        let mut command = Command::new("sh");
        command.args([
            "-c",
            r#"trap '' XFSZ; exec "$0" "$@""#,
            env!("CARGO_BIN_EXE_nightlatch"),
        ]);
        command
            .env("NIGHTLATCH__SERVER__LISTEN", "127.0.0.1:0")
            .env("NIGHTLATCH__MANAGEMENT__LISTEN", "127.0.0.1:0")
            .env("NIGHTLATCH__STORE__PATH", self.directory.path().join("nightlatch.db"))
            .env_remove("NO_COLOR");
        if let Some(proxy) = &self.proxy {
            command.env("NIGHTLATCH__PROXY__LISTEN", proxy);
        }
        command
    }

    fn launch(&mut self) {
        let mut command = self.binary();
        command.arg("serve").arg("--config").arg(self.config_file());
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = self.listen_to(&mut process);
        self.process = Some(process);
        let first = self.key.is_empty();
        let (mut browser, mut management) = (None, None);
        while browser.is_none() || management.is_none() || (first && self.key.is_empty()) {
            match lines.recv_timeout(STARTS_WITHIN) {
                Ok(line) => match line.split_once("  ").map(|(word, rest)| (word, rest.trim())) {
                    Some(("browser side", url)) => browser = Some(url.to_owned()),
                    Some(("management", url)) => management = Some(url.to_owned()),
                    Some(("applications", address)) => self.proxy = Some(address.to_owned()),
                    Some(("API key", key)) => key.clone_into(&mut self.key),
                    _ => {}
                },
                Err(RecvTimeoutError::Timeout) => panic!("the server does not start: {}", self.log()),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended: {}", self.log()),
            }
        }
        self.browser = browser.expect("found above");
        self.management = management.expect("found above");
    }

    /// Both outputs are read to their end, so that the process never waits for a reader.
    fn listen_to(&self, process: &mut Child) -> Receiver<String> {
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut log = log.lock().expect("no reader panics");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let stdout = BufReader::new(process.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // Nobody listens any more once the server has started.
                let _ = sender.send(line);
            }
        });
        lines
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
