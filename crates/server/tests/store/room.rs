//! A directory with a configuration, and what commands say of it.

use std::path::PathBuf;
use std::process::Command;

use nightlatch_programs::postgres::Server;
use serde_json::Value;
use tempfile::TempDir;

/// A configuration that nobody serves.
pub(crate) struct Room {
    directory: TempDir,
}

/// How a command ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Room {
    pub(crate) fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("latch.toml"), config).expect("the configuration");
        Self { directory }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs a line as a shell in the directory would.
    pub(crate) fn run(&self, line: &str) -> Told {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("nightlatch"), "{line}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
        command.args(words).current_dir(self.directory.path());
        let output = nightlatch_programs::run(&mut command, "");
        Told {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            error: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Told {
    /// What it printed, where it ended like this.
    pub(crate) fn ended(&self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.out.clone() + &self.error
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The section of a database, with a password that nobody must be shown.
pub(crate) fn config(server: &Server, database: &str) -> String {
    let address = server.address();
    format!("[store]\nkind = \"postgres\"\nurl = \"postgresql://test:hunter2@{address}/{database}\"\n")
}

/// What is in a database.
pub(crate) fn tables(server: &Server, database: &str) -> String {
    let sql = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    server.sql(database, sql)
}
