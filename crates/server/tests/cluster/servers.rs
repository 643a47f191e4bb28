//! Three nodes, a primary with a synchronous standby, and a network of our own between them.

use std::process::Command;
use std::time::Duration;

use nightlatch_programs::postgres::{Server, ask};
use nightlatch_programs::{Port, Process, wait_until};
use tempfile::TempDir;

use crate::proxy::{Fault, Proxy};

pub(crate) const NODES: usize = 3;

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    /// The server that takes writes; none after it was killed and before another takes over.
    pub(crate) primary: Option<Server>,
    pub(crate) standby: Option<Server>,
    /// The key that the first node printed.
    pub(crate) key: String,
}

/// A node, and its ways to both servers.
pub(crate) struct Node {
    process: Option<Process>,
    ports: [Port; 2],
    directory: TempDir,
    /// What of its configuration stays as it is.
    store: String,
    pub(crate) ways: [Proxy; 2],
}

/// Where a node is reached.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `http://127.0.0.1:PORT/nightlatch/`.
    pub(crate) browser: String,
    /// `http://127.0.0.1:PORT/api/v1/`.
    pub(crate) management: String,
}

impl Cluster {
    /// `policy` is the section of all nodes. An interval that no policy shortens lets policies act at once.
    pub(crate) async fn start(policy: &str, touch_interval: Duration) -> Self {
        let primary = Server::start(&["fsync=on"]);
        let standby = primary.standby();
        primary.wait_for_standby("*");
        let mut cluster = Self {
            nodes: Vec::new(),
            primary: Some(primary),
            standby: Some(standby),
            key: String::new(),
        };
        for _ in 0..NODES {
            let servers =
                [&cluster.primary, &cluster.standby].map(|server| server.as_ref().expect("a server").address());
            let ways = [Proxy::to(servers[0]).await, Proxy::to(servers[1]).await];
            let mut node = Node::new(policy, touch_interval, ways);
            node.start();
            if cluster.key.is_empty() {
                cluster.key = node.process().told("API key");
            }
            cluster.nodes.push(node);
        }
        cluster
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        self.nodes.iter().map(Node::place).collect()
    }

    /// The server that takes writes.
    pub(crate) fn writable(&self) -> &Server {
        self.primary.as_ref().or(self.standby.as_ref()).expect("a server")
    }

    /// Has the standby take writes.
    pub(crate) fn promote(&self) {
        let url = self.standby.as_ref().expect("a standby").url("postgres");
        // Whoever asks there may be in the way of what it replays, and is cancelled then; so nobody waits in one question.
        wait_until("the standby is told to take over", || {
            ask(&url, "SELECT pg_promote(false)").is_some()
        });
        wait_until("the standby takes writes", || {
            ask(&url, "SELECT pg_is_in_recovery()").is_some_and(|told| told == "f")
        });
    }

    pub(crate) fn kill_primary(&mut self) {
        self.primary.take().expect("a primary").kill();
    }
}

impl Node {
    fn new(policy: &str, touch_interval: Duration, ways: [Proxy; 2]) -> Self {
        let [one, other] = [&ways[0], &ways[1]].map(|way| way.address().port());
        let store = format!(
            "[log]\nlevel = \"warn\"\n[store]\nkind = \"postgres\"\ndurability = \"replicated\"\n\
             url = \"host=127.0.0.1,127.0.0.1 port={one},{other} user=test dbname=postgres\"\n\
             touch_interval = \"{}ms\"\n",
            touch_interval.as_millis()
        );
        let node = Self {
            process: None,
            ports: [Port::reserve(), Port::reserve()],
            directory: tempfile::tempdir().expect("a directory"),
            store,
            ways,
        };
        node.write_policy(policy);
        node
    }

    /// Writes its file anew, with another policy. As editors do it: a new file in the place of the old one.
    pub(crate) fn write_policy(&self, policy: &str) {
        let file = self.directory.path().join("latch.toml");
        let new = file.with_extension("new");
        std::fs::write(&new, format!("{policy}{}", self.store)).expect("a configuration");
        std::fs::rename(&new, &file).expect("a configuration");
    }

    /// Asks it to stop, as whoever installs another version does, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let status = self.process.take().expect("it runs").stop();
        assert!(status.success(), "{status}");
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn start(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
        command
            .env("NIGHTLATCH__SERVER__LISTEN", self.ports[0].address().to_string())
            .env("NIGHTLATCH__MANAGEMENT__LISTEN", self.ports[1].address().to_string())
            .arg("serve")
            .arg("--config")
            .arg(self.directory.path().join("latch.toml"));
        let mut process = Process::start(&mut command, "cargo build");
        for port in &self.ports {
            process.wait_until_listening(port.address());
        }
        self.process = Some(process);
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            browser: format!("http://{}/nightlatch/", self.ports[0].address()),
            management: format!("http://{}/api/v1/", self.ports[1].address()),
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    pub(crate) fn pause(&self) {
        self.process().signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.process().signal("-CONT");
    }

    /// Both its ways do this from now on.
    pub(crate) fn set(&self, fault: Fault) {
        for way in &self.ways {
            way.set(fault);
        }
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map(Process::stderr).unwrap_or_default()
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("it runs")
    }
}

/// Lets the load go on for so long.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await; // tidy: sleeps because how long a fault lasts is what is tested
}
