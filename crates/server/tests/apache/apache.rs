//! A real Apache on a free port, with everything it writes in a temporary directory.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tempfile::TempDir;

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const IDENTITY: [&str; 8] = [
    "Nightlatch-Subject",
    "Nightlatch-Session",
    "Nightlatch-Application",
    "Nightlatch-Authenticated-At",
    "Nightlatch-Authentication-Methods",
    "Nightlatch-Idle-Remaining",
    "Nightlatch-Absolute-Remaining",
    "Nightlatch-Phase",
];

/// It is told to stop when this is dropped.
#[derive(Debug)]
pub(crate) struct Apache {
    _directory: TempDir,
    process: Child,
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Every way to write a header name that some server takes for it.
pub(crate) fn spellings(name: &str) -> Vec<String> {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(vec![first], |so_far, part| {
        let longer = so_far
            .iter()
            .flat_map(|begun| ['-', '_', '.'].map(|dash| format!("{begun}{dash}{part}")));
        longer.collect()
    })
}

/// Every way to write any identity header.
pub(crate) fn identity_spellings() -> Vec<String> {
    IDENTITY.iter().flat_map(|name| spellings(name)).collect()
}

impl Apache {
    pub(crate) fn start(port: u16, authorizer: u16, application: u16) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("apache.conf");
        std::fs::write(&file, config(&directory, port, authorizer, application)).expect("the configuration");
        let started = Command::new("apache2")
            .arg("-f")
            .arg(&file)
            .arg("-DFOREGROUND")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process =
            started.expect("Apache is missing: cargo xtask test rust installs it (apt-get install apache2)");
        let stderr = BufReader::new(process.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens any more once it has started.
                let _ = sender.send(line);
            }
        });
        let mut said = String::new();
        while !said.contains("resuming normal operations") {
            match lines.recv_timeout(STARTS_WITHIN) {
                Ok(line) => said.push_str(&line),
                Err(RecvTimeoutError::Timeout) => panic!("Apache does not start: {said}"),
                Err(RecvTimeoutError::Disconnected) => panic!("Apache ended: {said}"),
            }
        }
        Self {
            _directory: directory,
            process,
        }
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        // Its children end with it only when it is asked.
        let _ = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

fn config(directory: &TempDir, port: u16, authorizer: u16, application: u16) -> String {
    use std::fmt::Write as _;

    let mut text =
        format!("ServerName localhost\nListen 127.0.0.1:{port}\nUser www-data\nGroup www-data\nErrorLog /dev/stderr\n");
    let _ = writeln!(
        text,
        "PidFile {0}/apache.pid\nDefaultRuntimeDir {0}",
        directory.path().display()
    );
    for module in [
        "mpm_event",
        "authn_core",
        "authz_core",
        "authz_user",
        "authnz_fcgi",
        "headers",
        "proxy",
        "proxy_fcgi",
        "proxy_http",
    ] {
        let _ = writeln!(
            text,
            "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"
        );
    }
    let _ = writeln!(
        text,
        "AuthnzFcgiDefineProvider authn nightlatch fcgi://127.0.0.1:{authorizer}/"
    );
    let _ = writeln!(
        text,
        "<Location \"/\">\nAuthType nightlatch\nAuthName nightlatch\nCGIPassAuth On\n\
         AuthnzFcgiCheckAuthnProvider nightlatch Authoritative On RequireBasicAuth Off \
         UserExpr \"%{{reqenv:NIGHTLATCH_SUBJECT}}\"\nRequire valid-user"
    );
    for spelling in identity_spellings() {
        let _ = writeln!(text, "RequestHeader unset {spelling}");
    }
    for name in IDENTITY {
        let variable = name.to_ascii_uppercase().replace('-', "_");
        let _ = writeln!(text, "RequestHeader set {name} \"expr=%{{reqenv:{variable}}}\"");
    }
    let _ = writeln!(text, "ProxyPass http://127.0.0.1:{application}/\n</Location>");
    text
}
