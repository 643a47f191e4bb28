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
    keeper: Option<(Sender<()>, JoinHandle<()>)>,
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
        let directory = programs::directory();
        let data = directory.path().join("data");
        programs::run(
            programs::command(Path::new("cp"))
                .arg("-r")
                .arg(initialized())
                .arg(&data),
        );
        Self::start_in(directory, settings)
    }

    /// In a directory with data.
    pub(crate) fn start_in(directory: TempDir, settings: &[&str]) -> Self {
        let port = Port::reserve();
        let mut command = programs::command(&programs::postgres("postgres"));
        command.arg("-D").arg(directory.path().join("data"));
        let number = format!("port={port}");
        let own = [
            &*number,
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "shared_buffers=64MB",
            "autovacuum=off",
        ];
        for setting in own.iter().chain(settings) {
            command.arg("-c").arg(setting);
        }
        let keeper = keep(command, port.address());
        let mut ready = Command::new(programs::postgres("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        // It accepts connections before it takes them on.
        wait_until("the server is ready", || {
            ready.status().is_ok_and(|status| status.success())
        });
        Self {
            port,
            directory,
            keeper: Some(keeper),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// How a database of it is reached.
    pub(crate) fn options(&self, database: &str) -> PostgresOptions {
        PostgresOptions::new(&self.url(database))
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

    /// Stops it as an operator does; its data stay.
    pub(crate) fn stop(mut self) -> TempDir {
        self.end();
        let empty = programs::directory();
        std::mem::replace(&mut self.directory, empty)
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
pub(crate) fn keep(mut command: Command, address: SocketAddr) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel::<()>();
    let (ready, listens) = mpsc::channel();
    let keeper = std::thread::spawn(move || {
        let mut process = programs::start(&mut command);
        process.wait_until_listening(address);
        let _ = ready.send(());
        // Nobody sends anything: the other end goes.
        let _ = stopped.recv();
        // Both servers end at once when they are asked so, whoever is connected.
        process.signal("-INT");
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
        programs::run(Command::new("cp").arg("-rp").arg(&data).arg(&beside));
        if fs::rename(&beside, &made).is_err() {
            let _ = fs::remove_dir_all(&beside);
        }
    }
    made
}
