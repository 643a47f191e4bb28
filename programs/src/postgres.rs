//! PostgreSQL servers: one for all tests of a process, with a database for each, and more for those that do something to it.
//!
//! A server starts in a tenth of a second, in a copy of a directory that `initdb` made once. It stops with the last test that uses it,
//! and with the process if that is killed.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::{Keeper, Port, nobody, wait_until};

/// What brings the programs where they are missing.
pub const INSTALL: &str = "cargo xtask test rust, or on Debian: apt-get install postgresql pgbouncer";

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    // Before the directory that it works in.
    keeper: Keeper,
    place: Place,
}

/// A server that is stopped where it is, until this is dropped.
#[derive(Debug)]
pub struct Paused<'a>(&'a Server);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.signal("-CONT");
    }
}

/// A server that does not run; its data and its port are still there.
#[derive(Debug)]
pub struct Stopped(Place);

#[derive(Debug)]
struct Place {
    port: Port,
    directory: TempDir,
    settings: Vec<String>,
}

/// The server that the tests of this process share.
///
/// # Panics
/// Where it does not start.
#[must_use]
pub fn shared() -> Arc<Server> {
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
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        Self::prepared(settings, |_| {})
    }

    /// A fresh one whose directory of data was changed before; in settings it is `{data}`.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn prepared(settings: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        Self::of_copy(&initialized(), settings, prepare)
    }

    /// One with a copy of the data of another, which must not run meanwhile: what a restored backup is.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn of_copy(data: &Path, settings: &[&str], prepare: impl FnOnce(&Path)) -> Self {
        let mut place = Place::new();
        let own = place.data();
        nobody::copy(data, &own, INSTALL);
        prepare(&own);
        let named = |setting: &&str| setting.replace("{data}", &own.display().to_string());
        place.settings = settings.iter().map(named).collect();
        place.run()
    }

    /// A standby of it, which follows it.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn standby(&self) -> Self {
        let place = Place::new();
        let mut copy = nobody::command(&program("pg_basebackup"));
        let port = self.place.port.to_string();
        copy.args(["-h", "127.0.0.1", "-p", &port, "-U", "test"]);
        copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"]);
        nobody::run(copy.arg(place.data()), INSTALL);
        place.run()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.place.port.address()
    }

    /// How a database of it is reached.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url(self.address(), database)
    }

    /// A database that nobody else has.
    ///
    /// # Panics
    /// Where the server does not make one.
    #[must_use]
    pub fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("case_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Has it run statements; answers the rows, a line for each, with `|` between columns.
    ///
    /// # Panics
    /// Where one fails.
    #[expect(clippy::must_use_candidate, reason = "many answer nothing")]
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = nobody::command(&program("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]);
        psql.arg(self.url(database)).args(["-c", statements]);
        nobody::run(&mut psql, INSTALL).trim_end().to_owned()
    }

    /// Has it wait at each commit for a standby of these names, for any with `*`, or for none. Where it returns, all do.
    ///
    /// # Panics
    /// Where it does not take the setting.
    pub fn wait_for_standby(&self, names: &str) {
        // A session hears of it between two statements, and so the next one does, too.
        self.sql(
            "postgres",
            &format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'"),
        );
        self.sql("postgres", "SELECT pg_reload_conf()");
        wait_until("the server waits for its standby", || {
            self.sql("postgres", "SHOW synchronous_standby_names") == names
        });
    }

    /// Stops all its processes where they are, until the answer is dropped: nothing is answered, and nothing closed.
    #[must_use]
    pub fn pause(&self) -> Paused<'_> {
        self.signal("-STOP");
        Paused(self)
    }

    fn signal(&self, signal: &str) {
        // The first line is the number of its first process, and all others are children of that.
        let file = self.place.data().join("postmaster.pid");
        let text = fs::read_to_string(file).unwrap_or_default();
        let Some(first) = text.lines().next() else { return };
        // Twice: it may start another one before it is stopped itself.
        for _ in 0..2 {
            let children = Command::new("ps").args(["-o", "pid=", "--ppid", first]).output();
            let children = children.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
            let children = children.unwrap_or_default();
            let mut kill = Command::new("kill");
            kill.args([signal, first]).args(children.split_whitespace());
            // One may end by itself meanwhile.
            let _ = kill.stderr(Stdio::null()).status();
        }
    }

    /// Another database with what `pg_dump` tells of one.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn restored_dump(&self, database: &str) -> String {
        let dump = nobody::run(nobody::command(&program("pg_dump")).arg(self.url(database)), INSTALL);
        let copy = self.database();
        let mut psql = nobody::command(&program("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url(&copy));
        let told = crate::run(&mut psql, &dump);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        copy
    }

    /// Stops it as an operator does.
    #[must_use]
    pub fn stop(self) -> Stopped {
        drop(self.keeper);
        Stopped(self.place)
    }

    /// Stops it, and starts it again with its data.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn restart(self, meanwhile: impl AsyncFnOnce()) -> Self {
        let stopped = self.stop();
        meanwhile().await;
        stopped.start()
    }

    /// Kills it.
    #[expect(clippy::must_use_candidate, reason = "most never start it again")]
    pub fn kill(self) -> Stopped {
        self.keeper.kill();
        Stopped(self.place)
    }
}

impl Stopped {
    /// Starts it again with its data.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(self) -> Server {
        self.0.run()
    }

    /// Its data, which can be copied as long as it does not run.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.0.data()
    }
}

impl Place {
    fn new() -> Self {
        Self {
            port: Port::reserve(),
            directory: nobody::directory("nightlatch-postgres-"),
            settings: Vec::new(),
        }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn run(self) -> Server {
        let port = self.port.to_string();
        let mut command = nobody::command(&program("postgres"));
        command.arg("-D").arg(self.data());
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
        let keeper = Keeper::start(command, INSTALL, self.port.address());
        let mut ready = Command::new(program("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
        // It accepts connections before it takes them on.
        wait_until("the server is ready", || {
            ready.status().is_ok_and(|status| status.success())
        });
        Server { keeper, place: self }
    }
}

/// What a server at an address says to a question: a line for each row, with `|` between columns. Nothing where it does not answer soon.
#[must_use]
pub fn ask(url: &str, question: &str) -> Option<String> {
    let mut psql = nobody::command(&program("psql"));
    psql.env("PGCONNECT_TIMEOUT", "1")
        .env("PGOPTIONS", "-c statement_timeout=1s");
    psql.args(["-X", "-q", "-A", "-t", "-d", url, "-c", question]);
    let told = psql.output().ok().filter(|told| told.status.success())?;
    Some(String::from_utf8_lossy(&told.stdout).trim_end().to_owned())
}

/// How a database is reached at an address.
#[must_use]
pub fn url(address: SocketAddr, database: &str) -> String {
    format!("postgresql://test@{address}/{database}")
}

/// A program of the server. Debian keeps them where no shell looks; the newest counts.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            let path = version.path().join("bin").join(name);
            path.exists().then_some((number, path))
        })
        .collect();
    found.sort_unstable();
    found.pop().map_or_else(|| name.into(), |(_, path)| path)
}

/// A directory as `initdb` makes it, made once for all processes that need one.
fn initialized() -> PathBuf {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    let made = kept.join("postgres-data-1");
    if !made.exists() {
        fs::create_dir_all(&kept).expect("a directory for what is made once");
        let making = nobody::directory("nightlatch-postgres-");
        let data = making.path().join("data");
        let mut initdb = nobody::command(&program("initdb"));
        initdb.arg("-D").arg(&data).args(["-U", "test", "--auth=trust"]);
        nobody::run(initdb.args(["--no-sync", "--encoding=UTF8", "--locale=C"]), INSTALL);
        // Whole, or not there: others may be at it as well, and the first counts.
        let beside = made.with_extension(format!("{}", std::process::id()));
        nobody::run(Command::new("cp").arg("-r").arg(&data).arg(&beside), INSTALL);
        if fs::rename(&beside, &made).is_err() {
            let _ = fs::remove_dir_all(&beside);
        }
    }
    made
}
