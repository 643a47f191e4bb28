//! Servers for tests: one for all tests of a process, with a database for each, and more for those that do something to it.
//!
//! A server starts in a tenth of a second, in a copy of a directory that `initdb` made once. It stops with the last test that uses it,
//! and with the process if that is killed: the thread that has started it lives as long as the process, and the server hears of its end.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use nightlatch_programs::{Port, wait_until};
use nightlatch_store_postgres::PostgresOptions;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::programs;

/// A server that runs until this is dropped.
pub(crate) struct Server {
    port: Port,
    directory: TempDir,
    settings: Vec<String>,
    keeper: Option<Keeper>,
}

/// No case has more calls under way.
pub(crate) const AT_ONCE: usize = 70;

/// The thread that has started a program, and what makes it stop the program.
pub(crate) type Keeper = (Sender<Ends>, JoinHandle<()>);

/// Another end than the usual one.
pub(crate) enum Ends {
    /// As if the machine had lost its power.
    Killed,
}

/// The server that the tests of this process share.
pub(crate) fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Server::start(&[]));
        *shared = Arc::downgrade(&server);
        server
    })
}

impl Server {
    /// A fresh one with these settings, `name=value`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::prepared(settings, |_| {})
    }

    /// A fresh one whose directory of data was changed before; in settings it is `{data}`.
    pub(crate) fn prepared(settings: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let directory = programs::directory();
        let data = directory.path().join("data");
        programs::copy(&initialized(), &data);
        prepare(&data);
        let mut server = Self {
            port: Port::reserve(),
            directory,
            settings: Vec::new(),
            keeper: None,
        };
        let named = |setting: &&str| setting.replace("{data}", &data.display().to_string());
        server.settings = settings.iter().map(named).collect();
        server.run();
        server
    }

    fn run(&mut self) {
        let port = self.port.to_string();
        let mut command = programs::command(&programs::postgres("postgres"));
        command.arg("-D").arg(self.directory.path().join("data"));
        let own = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=1000",
            "shared_buffers=64MB",
            "autovacuum=off",
            // In its directory: one that is killed leaves nothing behind.
            "dynamic_shared_memory_type=mmap",
        ];
        command.args(["-c", &format!("port={port}")]);
        for setting in own.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        self.keeper = Some(keep(command, self.port.address()));
        let mut ready = Command::new(programs::postgres("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
        // It accepts connections before it takes them on.
        wait_until("the server is ready", || {
            ready.status().is_ok_and(|status| status.success())
        });
    }

    /// Stops it as an operator does, and starts it again with its data.
    pub(crate) async fn restart(mut self, meanwhile: impl AsyncFnOnce()) -> Self {
        self.end();
        meanwhile().await;
        self.run();
        self
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// How a database of it is reached: with a connection for each task of the cases in which many race.
    pub(crate) fn options(&self, database: &str) -> PostgresOptions {
        PostgresOptions::new(&self.url(database)).connections(AT_ONCE)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        url(self.address(), database)
    }

    /// A database that nobody else has.
    pub(crate) async fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("case_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name}");
        self.client("postgres")
            .await
            .batch_execute(&create)
            .await
            .expect("a database");
        name
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self, database: &str) -> Client {
        client(&self.url(database)).await
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        if let Some((stop, keeper)) = self.keeper.take() {
            stop.send(Ends::Killed).expect("a keeper");
            keeper.join().expect("a killed server");
        }
    }

    /// A standby of it, which follows it.
    pub(crate) fn standby(&self) -> Self {
        let directory = programs::directory();
        let data = directory.path().join("data");
        let mut copy = programs::command(&programs::postgres("pg_basebackup"));
        copy.args([
            "-h",
            "127.0.0.1",
            "-p",
            &self.port.to_string(),
            "-U",
            "test",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ]);
        programs::run(copy.arg("--no-sync").arg("-D").arg(&data));
        let mut standby = Self {
            port: Port::reserve(),
            directory,
            settings: Vec::new(),
            keeper: None,
        };
        standby.run();
        standby
    }

    fn end(&mut self) {
        if let Some((stop, keeper)) = self.keeper.take() {
            drop(stop);
            let _ = keeper.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

pub(crate) fn url(address: SocketAddr, database: &str) -> String {
    format!("postgresql://test@{address}/{database}")
}

pub(crate) async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

/// Starts a program on a thread of its own, which lives until it is told to stop it, and waits until it listens.
pub(crate) fn keep(mut command: Command, address: SocketAddr) -> Keeper {
    let (stop, stopped) = mpsc::channel();
    let (ready, listens) = mpsc::channel();
    let keeper = std::thread::spawn(move || {
        let mut process = programs::start(&mut command);
        process.wait_until_listening(address);
        let _ = ready.send(());
        // Mostly nobody sends anything: the other end goes. Both servers end at once then, whoever is connected.
        match stopped.recv() {
            Ok(Ends::Killed) => return process.kill(),
            Err(_) => process.signal("-INT"),
        }
        wait_until("it stops", || !process.is_running());
    });
    if listens.recv().is_err() {
        let why = keeper.join().expect_err("a reason");
        std::panic::resume_unwind(why);
    }
    (stop, keeper)
}

/// A directory as `initdb` makes it, made once for all processes that run these tests.
fn initialized() -> PathBuf {
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("postgres-data-1");
    if !made.exists() {
        let making = programs::directory();
        let data = making.path().join("data");
        let mut initdb = programs::command(&programs::postgres("initdb"));
        programs::run(initdb.arg("-D").arg(&data).args([
            "-U",
            "test",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]));
        // Whole, or not there: others may be at it as well, and the first counts.
        let beside = made.with_extension(format!("{}", std::process::id()));
        programs::run(Command::new("cp").arg("-r").arg(&data).arg(&beside));
        if fs::rename(&beside, &made).is_err() {
            let _ = fs::remove_dir_all(&beside);
        }
    }
    made
}
