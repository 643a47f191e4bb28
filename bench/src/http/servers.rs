//! The measured servers, each on a free port of the loopback.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::ChildStdout;
use std::time::Duration;

use anyhow::Context as _;
use nightlatch_programs::{Port, wait_until};
use tempfile::TempDir;

use super::SERVER_CPU;
use super::sample::Sample;
use crate::processes::Process;

/// The limits are those of the default policy, and nobody idles during a measurement.
const CONFIGURATION: &str = r#"
[server]
listen = "127.0.0.1:0"

[management]
listen = "127.0.0.1:0"

[store]
kind = "memory"

[log]
level = "warn"
"#;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    process: Process,
    /// Whom it asks; on the same CPU, and measured with it.
    behind: Option<Box<Self>>,
    /// Kept open: a server that cannot say what it has to say stops.
    _said: BufReader<ChildStdout>,
    /// Reserved for as long as it runs, where it cannot choose one itself.
    _port: Option<Port>,
    /// What it was started with; gone when it is.
    _directory: TempDir,
}

/// The real thing, and how to sign people in to it.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) server: Server,
    pub(super) management: SocketAddr,
    pub(super) api_key: String,
}

impl Server {
    /// A proxy that listens already, and whom it asks.
    pub(super) fn in_front(
        name: &'static str,
        port: Port,
        (process, said): (Process, ChildStdout),
        directory: TempDir,
        behind: Option<Self>,
    ) -> Self {
        Self {
            name,
            address: port.address(),
            process,
            behind: behind.map(Box::new),
            _port: Some(port),
            _said: BufReader::new(said),
            _directory: directory,
        }
    }

    /// The most memory it has had so far, in bytes.
    pub(super) fn peak_bytes(&self) -> anyhow::Result<u64> {
        self.process.peak_bytes()
    }

    pub(super) fn cpu_time(&self) -> anyhow::Result<Duration> {
        let behind = self
            .behind
            .as_ref()
            .map_or(Ok(Duration::ZERO), |server| server.cpu_time())?;
        Ok(self.process.cpu_time()? + behind)
    }
}

pub(super) fn product(program: &Path) -> anyhow::Result<Product> {
    let configuration = format!("{CONFIGURATION}\n[[sites]]\nhost = \"app.example\"\n");
    start(program, &configuration, "browser side")
}

/// The same in front of an application.
pub(super) fn proxy(program: &Path, upstream: SocketAddr) -> anyhow::Result<Product> {
    let configuration = format!(
        "{CONFIGURATION}
[[sites]]
host = \"app.example\"
upstream = \"http://{upstream}\"

[proxy]
listen = \"127.0.0.1:0\"
"
    );
    start(program, &configuration, "applications")
}

/// Starts the product; `measured` is the label of the address that is asked.
fn start(program: &Path, configuration: &str, measured: &str) -> anyhow::Result<Product> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("nightlatch.toml");
    std::fs::write(&file, configuration)?;
    let arguments = ["serve".as_ref(), "--config".as_ref(), file.as_os_str()];
    let (process, stdout) = Process::pinned(SERVER_CPU, program, arguments)?;
    let mut lines = BufReader::new(stdout);
    let address = address(&told(&mut lines, measured)?)?;
    let management = self::address(&told(&mut lines, "management")?)?;
    let api_key = told(&mut lines, "API key")?;
    wait_for(address);
    wait_for(management);
    let server = Server {
        name: "nightlatch",
        address,
        process,
        behind: None,
        _port: None,
        _said: lines,
        _directory: directory,
    };
    Ok(Product {
        server,
        management,
        api_key,
    })
}

/// Started from the program that measures, with the answer it is to repeat.
pub(super) fn baseline(program: &Path, sample: &Sample) -> anyhow::Result<Server> {
    let directory = tempfile::tempdir()?;
    let answer = directory.path().join("answer.json");
    std::fs::write(&answer, serde_json::to_vec(sample)?)?;
    let (process, stdout) = Process::pinned(SERVER_CPU, program, ["baseline".as_ref(), answer.as_os_str()])?;
    let mut lines = BufReader::new(stdout);
    let address = address(&told(&mut lines, "baseline")?)?;
    wait_for(address);
    Ok(Server {
        name: "baseline",
        address,
        process,
        behind: None,
        _port: None,
        _said: lines,
        _directory: directory,
    })
}

fn wait_for(address: SocketAddr) {
    wait_until(&format!("a server listens on {address}"), || {
        TcpStream::connect(address).is_ok()
    });
}

/// What stands behind `label` in the lines that a server prints at its start.
fn told(lines: &mut BufReader<ChildStdout>, label: &str) -> anyhow::Result<String> {
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        if let Some(told) = line.strip_prefix(label) {
            return Ok(told.trim().to_owned());
        }
        line.clear();
    }
    anyhow::bail!("a server ended before it told its {label}")
}

/// What the product tells is an address or a URL.
fn address(told: &str) -> anyhow::Result<SocketAddr> {
    let behind_the_scheme = told.strip_prefix("http://").unwrap_or(told);
    let authority = behind_the_scheme.split('/').next().unwrap_or_default();
    authority.parse().with_context(|| format!("`{told}` holds no address"))
}
