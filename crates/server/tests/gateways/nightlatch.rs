//! nightlatch and the echo behind a gateway that is still to come: every port is known before anything starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::port::free_port;
use crate::process::Process;

#[derive(Debug)]
pub(crate) struct Nightlatch {
    directory: TempDir,
    server: Option<Process>,
    /// It lives as long as this.
    _echo: Process,
    /// Where the gateway listens.
    pub(crate) gateway: u16,
    pub(crate) management: u16,
    pub(crate) upstream: u16,
    /// Where Apache asks.
    pub(crate) fastcgi: u16,
    pub(crate) key: String,
}

impl Nightlatch {
    pub(crate) fn start() -> Self {
        let [gateway, upstream] = [free_port(), free_port()];
        Self::with(gateway, upstream, "", "")
    }

    /// As the gateway itself.
    pub(crate) fn start_as_proxy() -> Self {
        let [gateway, upstream] = [free_port(), free_port()];
        let proxy = format!("[proxy]\nlisten = \"127.0.0.1:{gateway}\"");
        let site = format!("upstream = \"http://127.0.0.1:{upstream}\"");
        Self::with(gateway, upstream, &proxy, &site)
    }

    /// Without a gateway: what would be behind it is in its place.
    pub(crate) fn start_unguarded() -> Self {
        let port = free_port();
        Self::with(port, port, "", "")
    }

    fn with(gateway: u16, upstream: u16, proxy: &str, site: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let [server, management, fastcgi] = [free_port(), free_port(), free_port()];
        let store = directory.path().join("nightlatch.db");
        let config = format!(
            r#"
[server]
listen = "127.0.0.1:{server}"
public_url = "http://127.0.0.1:{gateway}"
sign_in_url = "/sign-in"

[management]
listen = "127.0.0.1:{management}"

[gateway.fastcgi]
listen = "127.0.0.1:{fastcgi}"

{proxy}

[[sites]]
host = "127.0.0.1:{gateway}"
application = "wiki"
{site}

[store]
path = "{}"

[policy]
idle = "15m"
absolute = "8h"
warn_before = "0s"

[[policy.rules]]
match = {{ role = "idler" }}
idle = "2s"

[[policy.rules]]
match = {{ role = "locker" }}
idle = "2s"
on_idle = "lock"

[[policy.gates]]
match = {{ path = "/admin/**" }}
max_age = "5m"
"#,
            store.display()
        );
        std::fs::write(directory.path().join("latch.toml"), config).expect("the configuration");
        let listen = format!("127.0.0.1:{upstream}");
        let echo = Process::start(binary().args(["gateway", "echo", "--listen", &listen]), "cargo build");
        echo.wait_for("echo  http://");
        let mut nightlatch = Self {
            directory,
            server: None,
            _echo: echo,
            gateway,
            management,
            upstream,
            fastcgi,
            key: String::new(),
        };
        nightlatch.launch();
        nightlatch
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.directory.path().join("latch.toml")
    }

    pub(crate) fn stop(&mut self) {
        drop(self.server.take().expect("the server runs"));
    }

    /// Starts, with the sessions of the time before.
    pub(crate) fn launch(&mut self) {
        let server = Process::start(binary().arg("serve").arg("--config").arg(self.config()), "cargo build");
        loop {
            let line = server.line();
            match line.split_once("  ").map(|(word, rest)| (word, rest.trim())) {
                Some(("API key", key)) => key.clone_into(&mut self.key),
                Some(("management", _)) if !self.key.is_empty() => break,
                _ => {}
            }
            if line.starts_with("API key") && !self.key.is_empty() {
                break;
            }
        }
        self.server = Some(server);
    }

    /// Keeps it from doing anything, with its connections open.
    pub(crate) fn hold(&self) {
        let server = self.server.as_ref().expect("the server runs");
        server.signal("-STOP");
        while !is_stopped(server.id()) {
            std::thread::yield_now();
        }
    }

    pub(crate) fn let_go(&self) {
        self.server.as_ref().expect("the server runs").signal("-CONT");
    }
}

/// Whether none of its threads goes on: they stop one after the other.
fn is_stopped(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("the process is there");
    let mut states = threads
        .flatten()
        .map(|thread| std::fs::read_to_string(thread.path().join("stat")));
    states.all(|state| state.is_ok_and(|state| state.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T"))))
}

pub(crate) fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_nightlatch"))
}
