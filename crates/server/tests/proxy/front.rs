//! nightlatch in front of an application, and people in front of nightlatch.

use axum::body::Bytes;
use axum::http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::application::Application;
use crate::client::{self, Answer};
use crate::server::Server;

pub(crate) const HOST: &str = "app.example";
/// What browsers send when somebody opens a page.
pub(crate) const PAGE: [(&str, &str); 3] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("accept", "text/html"),
];

#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) server: Server,
    pub(crate) address: String,
}

impl Front {
    /// In front of one application, with `more` in the configuration.
    pub(crate) fn of(application: &Application, more: &str) -> Self {
        Self::with(&format!(
            "[proxy]\nlisten = \"127.0.0.1:0\"\n[[sites]]\nhost = \"{HOST}\"\nupstream = \"{}\"\nopen = [\"/open/**\"]\n{more}",
            application.url()
        ))
    }

    pub(crate) fn with(config: &str) -> Self {
        let server = Server::start(config);
        let address = server.proxy.clone().expect("a proxy");
        Self { server, address }
    }

    /// Signs somebody in; the answer is the token.
    pub(crate) async fn sign_in(&self, subject: &str) -> String {
        let key = format!("Bearer {}", self.server.key);
        let headers = [("authorization", &*key), ("content-type", "application/json")];
        let body = json!({ "subject": subject, "amr": ["pwd"] }).to_string();
        let url = format!("{}sessions", self.server.management);
        let made = client::send(Method::POST, &url, &headers, body).await.ok(201);
        made["token"].as_str().expect("a token").to_owned()
    }

    pub(crate) async fn sign_out(&self, token: &str) {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer), ("nightlatch", "1")];
        let url = format!("{}sign-out", self.server.browser);
        assert_eq!(client::send(Method::POST, &url, &headers, "").await.status, 200);
    }

    /// Ends a session as an operator does.
    pub(crate) async fn end(&self, token: &str) {
        let handle = self.session(token).await.ok(200)["handle"]
            .as_str()
            .expect("a handle")
            .to_owned();
        let key = format!("Bearer {}", self.server.key);
        let url = format!("{}sessions/{handle}", self.server.management);
        let answer = client::send(Method::DELETE, &url, &[("authorization", &key)], "").await;
        assert!(answer.status.is_success(), "{}", answer.text());
    }

    /// How the session stands, without being activity.
    pub(crate) async fn session(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let url = format!("{}session", self.server.browser);
        client::send(Method::GET, &url, &[("authorization", &bearer)], "").await
    }

    pub(crate) async fn idle_remaining(&self, token: &str) -> i64 {
        self.session(token).await.ok(200)["idle_remaining_ms"]
            .as_i64()
            .expect("a limit")
    }

    pub(crate) async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, target, headers, "").await
    }

    /// As the person with this token.
    pub(crate) async fn get_as(&self, token: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let cookie = cookie(token);
        let mut all = vec![("cookie", &*cookie)];
        all.extend(headers);
        self.get(target, &all).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut all = vec![("host", HOST)];
        all.extend(headers);
        client::send(method, &format!("http://{}{target}", self.address), &all, body).await
    }

    /// A connection on which anything can be sent.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.expect("a connection")
    }

    /// The same from another address of this machine.
    pub(crate) async fn connect_from(&self, ip: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((ip, 0).into()).expect("an address of this machine");
        let address = self.address.parse().expect("an address");
        socket.connect(address).await.expect("a connection")
    }

    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        raw(&self.address, bytes).await
    }

    /// A number of `/metrics`, such as `proxy_requests_total{outcome="passed"}`.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let key = format!("Bearer {}", self.server.key);
        let url = self.server.management.replace("/api/v1/", "/metrics");
        let text = client::send(Method::GET, &url, &[("authorization", &key)], "").await;
        let line = text
            .text()
            .lines()
            .find_map(|line| line.strip_prefix(&format!("nightlatch_{name} ")));
        line.map_or(0, |value| value.parse().expect("a number"))
    }
}

/// Sends bytes and reads until the connection is closed.
pub(crate) async fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    // It may have been refused before all of it was sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn cookie(token: &str) -> String {
    format!("nightlatch={token}")
}

/// Values of a header that the application got.
pub(crate) fn got<'a>(head: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = head["headers"].as_array().expect("headers");
    headers
        .iter()
        .filter(|header| header[0] == name)
        .map(|header| header[1].as_str().expect("text"))
        .collect()
}
