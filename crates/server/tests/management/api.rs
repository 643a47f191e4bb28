//! Calls with the key of a server that has just started.

use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::server::Server;

pub(crate) struct Api {
    pub(crate) server: Server,
}

impl Api {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    pub(crate) fn with(config: &str) -> Self {
        Self {
            server: Server::start(config),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &body.to_string()).await
    }

    /// `path` is below `/api/v1/`.
    pub(crate) async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call_with(&[], method, path, body).await
    }

    /// The same with headers besides; the first of a name counts.
    pub(crate) async fn call_with(&self, headers: &[(&str, &str)], method: Method, path: &str, body: &str) -> Answer {
        let authorization = format!("Bearer {}", self.server.key);
        let usual = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let given = |name: &str| headers.iter().any(|(given, _)| *given == name);
        let usual = usual.iter().filter(|(name, _)| !given(name));
        let headers: Vec<_> = headers.iter().chain(usual).copied().collect();
        let url = format!("{}{path}", self.server.management);
        send(method, &url, &headers, body.to_owned()).await
    }

    /// Makes a key with these scopes; answers its `Authorization`.
    pub(crate) async fn key(&self, name: &str, scopes: &[&str]) -> String {
        let made = self
            .post("keys", &json!({ "name": name, "scopes": scopes }))
            .await
            .ok(201);
        format!("Bearer {}", made["secret"].as_str().expect("a secret"))
    }

    /// A document that is in the state with this tag.
    pub(crate) async fn write(&self, method: Method, path: &str, document: &Value, tag: &str) -> Answer {
        self.call_with(&[("if-match", tag)], method, path, &document.to_string())
            .await
    }

    /// Of the listener, outside of the API and without a key.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        send(Method::GET, &format!("{}{path}", self.origin()), &[], "").await
    }

    pub(crate) fn origin(&self) -> &str {
        self.server.management.trim_end_matches("/api/v1/")
    }

    /// By the clock of the server.
    pub(crate) async fn now(&self) -> jiff::Timestamp {
        let (handle, _) = self.sign_in("the time").await;
        let shown = self.get(&format!("sessions/{handle}")).await.ok(200);
        let created = shown["created_at"].as_str().expect("a time");
        created.parse().expect("RFC 3339")
    }

    /// Signs a subject in; answers handle and token.
    pub(crate) async fn sign_in(&self, subject: &str) -> (String, String) {
        self.sign_in_as(&json!({ "subject": subject })).await
    }

    pub(crate) async fn sign_in_as(&self, body: &Value) -> (String, String) {
        let made = self.post("sessions", body).await.ok(201);
        let text = |key: &str| made[key].as_str().expect(key).to_owned();
        (text("handle"), text("token"))
    }

    /// What the browser side answers whoever presents this token.
    pub(crate) async fn session_of(&self, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str())];
        send(Method::GET, &format!("{}session", self.server.browser), &headers, "").await
    }

    pub(crate) async fn handles(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("sessions{query}")).await.ok(200);
        handles_of(&page)
    }
}

pub(crate) fn handles_of(page: &Value) -> Vec<String> {
    let sessions = page["sessions"].as_array().expect("a list").iter();
    sessions
        .map(|session| session["handle"].as_str().expect("a handle").to_owned())
        .collect()
}
