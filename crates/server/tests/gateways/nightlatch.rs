//! nightlatch and the echo behind a gateway that is still to come: every port is known before anything starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use nightlatch_programs::{Port, Process, wait_until};
use tempfile::TempDir;

#[derive(Debug)]
pub(crate) struct Nightlatch {
    directory: TempDir,
    server: Option<Process>,
    /// It lives as long as this.
    _echo: Process,
    ports: Ports,
    /// Where the gateway listens.
    pub(crate) gateway: u16,
    pub(crate) management: u16,
    pub(crate) upstream: u16,
    pub(crate) key: String,
}

/// Where everything listens, reserved for as long as the test runs.
#[derive(Debug)]
struct Ports {
    gateway: Port,
    /// None: where the gateway would be.
    upstream: Option<Port>,
    server: Port,
    management: Port,
    fastcgi: Port,
}

impl Ports {
    fn reserve() -> Self {
        Self {
            gateway: Port::reserve(),
            upstream: Some(Port::reserve()),
            server: Port::reserve(),
            management: Port::reserve(),
            fastcgi: Port::reserve(),
        }
    }

    fn upstream(&self) -> &Port {
        self.upstream.as_ref().unwrap_or(&self.gateway)
    }
}

impl Nightlatch {
    pub(crate) fn start() -> Self {
        Self::with(Ports::reserve(), "", "")
    }

    /// As the gateway itself.
    pub(crate) fn start_as_proxy() -> Self {
        let ports = Ports::reserve();
        let proxy = format!("[proxy]\nlisten = \"{}\"", ports.gateway.address());
        let site = format!("upstream = \"http://{}\"", ports.upstream().address());
        let mut nightlatch = Self::with(ports, &proxy, &site);
        let gateway = nightlatch.ports.gateway.address();
        let server = nightlatch.server.as_mut().expect("the server runs");
        server.wait_until_listening(gateway);
        nightlatch
    }

    /// Without a gateway: what would be behind it is in its place.
    pub(crate) fn start_unguarded() -> Self {
        let ports = Ports {
            upstream: None,
            ..Ports::reserve()
        };
        Self::with(ports, "", "")
    }

    fn with(ports: Ports, proxy: &str, site: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let Ports {
            gateway,
            server,
            management,
            fastcgi,
            ..
        } = &ports;
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
open = ["/assets/**"]
preflights = "pass"
escapes = "every-reading"
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
        let upstream = ports.upstream().address();
        let mut echo = Process::start(
            binary().args(["gateway", "echo", "--listen", &upstream.to_string()]),
            "cargo build",
        );
        echo.wait_until_listening(upstream);
        let mut nightlatch = Self {
            directory,
            server: None,
            _echo: echo,
            gateway: gateway.number(),
            management: management.number(),
            upstream: upstream.port(),
            ports,
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
        let mut server = Process::start(binary().arg("serve").arg("--config").arg(self.config()), "cargo build");
        let Ports {
            server: browser,
            management,
            fastcgi,
            ..
        } = &self.ports;
        for port in [browser, management, fastcgi] {
            server.wait_until_listening(port.address());
        }
        // The first start alone prints it.
        if self.key.is_empty() {
            self.key = server.told("API key");
        }
        self.server = Some(server);
    }

    /// Keeps it from doing anything, with its connections open.
    pub(crate) fn hold(&self) {
        let server = self.server.as_ref().expect("the server runs");
        server.signal("-STOP");
        wait_until("every thread stands still", || is_stopped(server.id()));
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
