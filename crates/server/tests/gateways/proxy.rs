//! The proxies: how each is started with what is printed for it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nightlatch_programs::{Process, wait_until};

use crate::nightlatch::{Nightlatch, binary};
use crate::outage::{Asked, ask};

const INSTALL: &str = "cargo xtask test gateways";

/// A proxy, and what is particular about it.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) name: &'static str,
    program: &'static str,
    version: &'static [&'static str],
    /// What is printed, and to which files.
    prints: &'static [(&'static str, &'static [&'static str])],
    starts: &'static [&'static str],
    /// For the kit.
    pub(crate) options: &'static [&'static str],
    /// What it answers while nightlatch is away.
    pub(crate) away: &'static [u16],
    /// Whether it has a page for that.
    pub(crate) has_page: bool,
    /// Whether it takes all of an upload that is refused, over HTTP/1.1.
    pub(crate) takes_refused: bool,
    /// How long it waits for nightlatch at most.
    pub(crate) waits: Duration,
}

/// `{}` is the directory of the test.
pub(crate) const PROXIES: [Proxy; 6] = [
    Proxy {
        name: "nginx",
        program: "nginx",
        version: &["-v"],
        prints: &[("nginx.conf", &["nginx"])],
        starts: &["-p", "{}", "-c", "{}/nginx.conf"],
        options: &[],
        away: &[503],
        has_page: true,
        takes_refused: true,
        waits: Duration::from_secs(5),
    },
    Proxy {
        name: "Caddy",
        program: "caddy",
        version: &["version"],
        prints: &[("Caddyfile", &["caddy"])],
        starts: &["run", "--config", "{}/Caddyfile", "--adapter", "caddyfile"],
        options: &[],
        away: &[503],
        has_page: true,
        takes_refused: true,
        waits: Duration::from_secs(5),
    },
    Proxy {
        name: "HAProxy",
        program: "haproxy",
        version: &["-v"],
        prints: &[
            ("nightlatch.lua", &["haproxy", "--lua"]),
            ("haproxy.cfg", &["haproxy", "--lua-file", "{}/nightlatch.lua"]),
        ],
        starts: &["-f", "{}/haproxy.cfg"],
        options: &[],
        away: &[503],
        has_page: true,
        takes_refused: true,
        waits: Duration::from_secs(5),
    },
    Proxy {
        name: "Envoy",
        program: "envoy",
        version: &["--version"],
        prints: &[("envoy.yaml", &["envoy"])],
        starts: &["-c", "{}/envoy.yaml", "--concurrency", "1", "--disable-hot-restart"],
        options: &[],
        away: &[503],
        has_page: true,
        takes_refused: false,
        waits: Duration::from_secs(5),
    },
    Proxy {
        name: "Traefik",
        program: "traefik",
        version: &["version"],
        prints: &[
            ("nightlatch.yaml", &["traefik"]),
            (
                "traefik.yaml",
                &["traefik", "--static", "--dynamic-file", "{}/nightlatch.yaml"],
            ),
        ],
        starts: &["--configFile={}/traefik.yaml"],
        options: &[],
        away: &[503],
        has_page: false,
        takes_refused: false,
        // Its forwardAuth has a limit of its own, which cannot be set.
        waits: Duration::from_secs(35),
    },
    Proxy {
        name: "Apache",
        program: "apache2",
        version: &["-v"],
        prints: &[("apache.conf", &["apache"])],
        starts: &["-d", "{}", "-f", "{}/apache.conf", "-D", "FOREGROUND"],
        options: &[],
        // Where nobody answers its check it says 500, which cannot be set; to what it hands on it says 503.
        away: &[500, 503],
        has_page: true,
        takes_refused: true,
        // Nor can how long it waits.
        waits: Duration::from_secs(35),
    },
];

impl Proxy {
    /// Starts it with what is printed for this installation, and waits until it serves.
    pub(crate) fn start(&self, nightlatch: &Nightlatch) -> Process {
        let directory = nightlatch.directory();
        for (file, arguments) in self.prints {
            std::fs::write(directory.join(file), print(nightlatch, arguments)).expect("the configuration");
        }
        let mut command = Command::new(self.program);
        command.args(self.starts.iter().map(|argument| placed(argument, directory)));
        // What Caddy remembers, it remembers at home.
        command
            .env("HOME", directory)
            .env("XDG_CONFIG_HOME", directory)
            .env("XDG_DATA_HOME", directory);
        let mut process = Process::start(&mut command, INSTALL);
        // Some listen before they have read which routes there are.
        wait_until(&format!("{} serves", self.name), || {
            assert!(process.is_running(), "{} ended: {}", self.name, process.printed());
            ask(nightlatch, &Asked::new("/nightlatch/session")).is_some_and(|answer| answer.status == 401)
        });
        process
    }

    /// The first word with digits and dots of what it says of its version.
    pub(crate) fn version(&self) -> String {
        let output = Command::new(self.program)
            .args(self.version)
            .output()
            .expect("it has been started before");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let words = said.split(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '-'));
        let is_version = |word: &&str| {
            word.matches('.').count() >= 2
                && word
                    .trim_start_matches('v')
                    .starts_with(|first: char| first.is_ascii_digit())
        };
        words
            .filter(|word| is_version(word))
            .map(|word| word.trim_start_matches('v').to_owned())
            .next()
            .unwrap_or(said)
    }
}

fn print(nightlatch: &Nightlatch, arguments: &[&str]) -> Vec<u8> {
    let directory = nightlatch.directory();
    let output = binary()
        .arg("gateway")
        .args(arguments.iter().map(|argument| placed(argument, directory)))
        .arg("--config")
        .arg(nightlatch.config())
        .args(["--upstream", &format!("http://127.0.0.1:{}", nightlatch.upstream)])
        .arg("--standalone")
        .arg(directory)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn placed(argument: &str, directory: &Path) -> String {
    argument.replace("{}", directory.to_str().expect("text"))
}
