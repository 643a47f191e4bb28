//! Commands of the binary beside a running server.

use std::process::{Output, Stdio};

use crate::server::Server;

impl Server {
    /// Runs a command against this server, as somebody with its first key and without a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let origin = self.management.trim_end_matches("/api/v1/");
        let mut command = self.binary();
        command
            .args(arguments)
            .env("NIGHTLATCH_URL", origin)
            .env("NIGHTLATCH_API_KEY", &self.key);
        command.stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// What the next start will find.
    pub(crate) fn rewrite_config(&self, config: &str) {
        std::fs::write(self.config_file(), config).expect("the configuration");
    }
}
