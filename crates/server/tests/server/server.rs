//! The real binary as a process of its own, on free ports, with a store in a temporary directory.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use nightlatch_programs::{Port, Process};
use tempfile::TempDir;

/// A server. Its process is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    directory: TempDir,
    /// None while it does not run.
    pub(crate) process: Option<Process>,
    /// Of the browser side and of the management API. They stay the same when the server starts again.
    ports: [Port; 2],
    proxy_port: Option<Port>,
    /// `http://127.0.0.1:PORT/nightlatch/`.
    pub(crate) browser: String,
    /// `http://127.0.0.1:PORT/api/v1/`.
    pub(crate) management: String,
    /// `127.0.0.1:PORT` of the proxy, where the configuration has one.
    pub(crate) proxy: Option<String>,
    /// The key that the first start printed.
    pub(crate) key: String,
    /// What the processes before this one wrote to standard error.
    earlier_log: String,
}

impl Server {
    /// Starts with `config` as its file. Listeners and store are set by the environment, so `config` is free to have any section.
    pub(crate) fn start(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("latch.toml"), config).expect("the configuration");
        let ports = [Port::reserve(), Port::reserve()];
        let proxy_port = config.contains("[proxy]").then(Port::reserve);
        let mut server = Self {
            directory,
            process: None,
            browser: String::new(),
            management: String::new(),
            proxy: proxy_port.as_ref().map(|port| port.address().to_string()),
            ports,
            proxy_port,
            key: String::new(),
            earlier_log: String::new(),
        };
        server.launch();
        server
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.directory.path().join("latch.toml")
    }

    /// Everything the processes of this server wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        let now = self.process.as_ref().map(Process::stderr).unwrap_or_default();
        self.earlier_log.clone() + &now
    }

    /// `kill -9`: nothing is flushed, nothing is said.
    pub(crate) fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
            self.earlier_log = self.log();
            self.process = None;
        }
    }

    /// Asks the process to stop and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let status = self.process.as_mut().expect("the server runs").stop();
        self.earlier_log = self.log();
        self.process = None;
        status
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
            .env("NIGHTLATCH__SERVER__LISTEN", self.ports[0].address().to_string())
            .env("NIGHTLATCH__MANAGEMENT__LISTEN", self.ports[1].address().to_string())
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
        let mut process = Process::start(&mut command, "cargo build");
        for port in self.ports.iter().chain(&self.proxy_port) {
            process.wait_until_listening(port.address());
        }
        // With the prefix of the configuration.
        self.browser = process.told("browser side");
        self.management = process.told("management");
        // The first start alone prints it.
        if self.key.is_empty() {
            self.key = process.told("API key");
        }
        self.process = Some(process);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
