//! `PgBouncer` in transaction mode in front of the shared server.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nightlatch_programs::postgres::{INSTALL, Server, shared};
use nightlatch_programs::{Keeper, Port, nobody};
use tempfile::TempDir;

pub(crate) struct Bouncer {
    // Stopped before the server behind it.
    _keeper: Keeper,
    port: Port,
    _directory: TempDir,
    server: Arc<Server>,
}

/// The one that the tests of this process share.
pub(crate) fn bouncer() -> Arc<Bouncer> {
    static SHARED: Mutex<Weak<Bouncer>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let bouncer = Arc::new(Bouncer::start());
        *shared = Arc::downgrade(&bouncer);
        bouncer
    })
}

impl Bouncer {
    fn start() -> Self {
        let server = shared();
        let (directory, port) = (nobody::directory("nightlatch-bouncer-"), Port::reserve());
        let users = directory.path().join("users");
        std::fs::write(&users, "\"test\" \"\"\n").expect("users");
        let settings = directory.path().join("pgbouncer.ini");
        // Few connections to the server, so that calls share sessions.
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\nmax_client_conn = 500\n\
             default_pool_size = 6\nlogfile = {}\n",
            server.address().port(),
            users.display(),
            directory.path().join("log").display(),
        );
        std::fs::write(&settings, text).expect("settings");
        for file in [&users, &settings] {
            nobody::give(file);
        }
        let program = Path::new("/usr/sbin/pgbouncer");
        let program = if program.exists() {
            program
        } else {
            Path::new("pgbouncer")
        };
        let mut command = nobody::command(program);
        command.arg("-q").arg(&settings);
        Self {
            _keeper: Keeper::start(command, INSTALL, port.address()),
            port,
            _directory: directory,
            server,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }
}
