//! A real Apache on a free port, with everything it writes in a temporary directory.

use std::process::Command;

use nightlatch_programs::Process;
use tempfile::TempDir;

use crate::guarded::{Gateway, Ports};

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

pub(crate) fn start(ports: Ports) -> Gateway {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("apache.conf");
    std::fs::write(&file, config(&directory, ports)).expect("the configuration");
    let mut command = Command::new("apache2");
    command.arg("-f").arg(&file).arg("-DFOREGROUND");
    let mut process = Process::start(&mut command, "cargo xtask test rust");
    process.wait_until_listening(ports.front);
    Gateway::new(directory, process)
}

fn config(directory: &TempDir, ports: Ports) -> String {
    use std::fmt::Write as _;

    let Ports {
        front,
        questions,
        application,
    } = ports;

    let mut text =
        format!("ServerName localhost\nListen {front}\nUser www-data\nGroup www-data\nErrorLog /dev/stderr\n");
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
    let _ = writeln!(text, "AuthnzFcgiDefineProvider authn nightlatch fcgi://{questions}/");
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
    let _ = writeln!(text, "ProxyPass http://{application}/\n</Location>");
    text
}
