//! The running demo.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use nightlatch_programs::Process;
use tempfile::TempDir;

use crate::browser::Browser;

/// A demo on free ports, with a directory of its own for temporary files. It ends with the test.
pub(crate) struct Bank {
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
    pub(crate) api_key: String,
    /// Everything it said.
    pub(crate) welcome: String,
    process: Process,
    temporary: TempDir,
}

impl Bank {
    pub(crate) fn open(arguments: &[&str]) -> Self {
        Self::with_ports(&[&["--port", "0", "--management-port", "0"], arguments].concat())
    }

    pub(crate) fn with_ports(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let mut process = Process::start(&mut command(arguments, temporary.path()), "cargo build");
        let welcome = process.told_as("how to go on", |stdout| {
            let (_, last) = stdout.split_once(" audit show")?;
            last.contains('\n').then(|| stdout.to_owned())
        });
        let address = told(&welcome, "bank          http://", "/");
        let management = told(&welcome, "management    http://", "/api/v1/");
        process.wait_until_listening(address);
        process.wait_until_listening(management);
        Self {
            address,
            management,
            api_key: told(&welcome, "API key       ", ""),
            welcome,
            process,
            temporary,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// A browser in which somebody has signed in.
    pub(crate) fn browser_of(&self, person: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(person, "/");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        browser
    }

    pub(crate) fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Ends the demo the way a service manager does.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.process.stop()
    }
}

/// The demo, not yet started. Nothing of this machine's configuration reaches it.
pub(crate) fn command(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
    command
        .arg("demo")
        .args(arguments)
        .env_clear()
        .env("TMPDIR", temporary)
        .stdin(Stdio::null());
    command
}

/// What stands between two texts on a line.
#[track_caller]
fn told<T: std::str::FromStr>(text: &str, before: &str, after: &str) -> T {
    let found = text
        .lines()
        .find_map(|line| line.strip_prefix(before)?.strip_suffix(after)?.parse().ok());
    found.unwrap_or_else(|| panic!("no line `{before}…{after}`: {text}"))
}
