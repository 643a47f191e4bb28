//! An application that knows nothing of sessions, a gateway in front of it, and the server that the gateway asks.

use std::net::SocketAddr;

use axum::http::Method;
use nightlatch_programs::{Port, Process};
use serde_json::Value;
use tempfile::TempDir;

use crate::application::Application;
use crate::client::{self, Answer};
use crate::server::Server;

/// A proxy that runs, and the directory with everything it writes.
#[derive(Debug)]
pub(crate) struct Gateway {
    _directory: TempDir,
    _process: Process,
}

impl Gateway {
    pub(crate) fn new(directory: TempDir, process: Process) -> Self {
        Self {
            _directory: directory,
            _process: process,
        }
    }
}

/// Where a gateway listens, asks, and passes requests on to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) front: SocketAddr,
    pub(crate) questions: SocketAddr,
    pub(crate) application: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) server: Server,
    pub(crate) application: Application,
    _gateway: Gateway,
    _ports: [Port; 2],
    pub(crate) url: String,
}

impl Guarded {
    /// `section` of the configuration is where the questions of this gateway are listened for.
    pub(crate) async fn start(section: &str, policy: &str, gateway: impl FnOnce(Ports) -> Gateway) -> Self {
        let application = Application::start().await;
        let [front, questions] = [Port::reserve(), Port::reserve()];
        let ports = Ports {
            front: front.address(),
            questions: questions.address(),
            application: SocketAddr::from(([127, 0, 0, 1], application.port)),
        };
        let url = format!("http://{}", ports.front);
        let config = format!(
            "[server]\npublic_url = \"{url}\"\n[{section}]\nlisten = \"{}\"\n{policy}",
            ports.questions
        );
        Self {
            server: Server::start(&config),
            application,
            _gateway: gateway(ports),
            _ports: [front, questions],
            url,
        }
    }

    /// The cookie of a new session.
    pub(crate) async fn sign_in(&self, session: Value) -> String {
        let bearer = format!("Bearer {}", self.server.key);
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let url = format!("{}sessions", self.server.management);
        let created = client::send(Method::POST, &url, &headers, session.to_string()).await;
        let created = created.ok(201);
        format!("nightlatch={}", created["token"].as_str().expect("a token"))
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        client::send(Method::GET, &format!("{}{path}", self.url), headers, "").await
    }

    /// Waits for the end of the session, which closes its stream.
    pub(crate) async fn ended(&self, cookie: &str) {
        let url = format!("{}events", self.server.browser);
        let events = client::send(Method::GET, &url, &[("cookie", cookie)], "").await;
        assert!(events.text().contains("event: ended"), "{}", events.text());
    }
}

/// What the application was told.
pub(crate) fn told<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let lines = answer.text().lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(other, _)| *other == name)
        .map(|(_, value)| value)
        .collect()
}
