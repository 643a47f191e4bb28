//! The running demo.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::browser::Browser;

/// A demo on free ports, with a directory of its own for temporary files. It ends with the test.
pub(crate) struct Bank {
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
    pub(crate) api_key: String,
    /// Everything it said.
    pub(crate) welcome: String,
    child: Child,
    temporary: TempDir,
}

impl Bank {
    pub(crate) fn open(arguments: &[&str]) -> Self {
        Self::with_ports(&[&["--port", "0", "--management-port", "0"], arguments].concat())
    }

    pub(crate) fn with_ports(arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let mut child = command(arguments, temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut welcome = String::new();
        while !welcome.contains("curl ") {
            assert!(
                out.read_line(&mut welcome).expect("text") > 0,
                "the demo ended early: {welcome}"
            );
        }
        Self {
            address: told(&welcome, "bank          http://", "/"),
            management: told(&welcome, "management    http://", "/api/v1/"),
            api_key: told(&welcome, "API key       ", ""),
            welcome,
            child,
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
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .expect("a shell")
                .success()
        );
        self.child.wait().expect("an exit status")
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        // After `terminate` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
