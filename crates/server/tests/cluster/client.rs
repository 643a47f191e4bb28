//! One question to one node, and what its answer says.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::history::Got;
use crate::servers::Place;

/// A client gives up after so long.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Clone, Debug)]
pub(crate) struct Clients {
    http: Client<HttpConnector, Full<Bytes>>,
    pub(crate) places: Vec<Place>,
    authorization: String,
}

/// A session, as its client knows it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) number: u32,
    pub(crate) token: String,
    pub(crate) handle: String,
}

impl Clients {
    pub(crate) fn new(places: Vec<Place>, key: &str) -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            places,
            authorization: format!("Bearer {key}"),
        }
    }

    /// A call of the management API: status and body, if there is an answer.
    pub(crate) async fn manage(&self, node: usize, method: Method, path: &str, body: &Value) -> Option<(u16, Value)> {
        let url = format!("{}{path}", self.places[node].management);
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [
            ("authorization", self.authorization.as_str()),
            ("content-type", "application/json"),
            ("if-match", "*"),
        ];
        self.send(method, &url, &headers, body).await
    }

    pub(crate) async fn look(&self, node: usize, session: &Session) -> Got {
        self.browse(node, session, Method::GET, "session", "").await
    }

    pub(crate) async fn touch(&self, node: usize, session: &Session) -> Got {
        self.browse(node, session, Method::POST, "activity", r#"{"age_ms": 0}"#)
            .await
    }

    /// As a gateway asks whether a request may pass.
    pub(crate) async fn pass(&self, node: usize, session: &Session) -> Got {
        self.browse(node, session, Method::GET, "auth/forward", "").await
    }

    pub(crate) async fn sign_out(&self, node: usize, session: &Session) -> Got {
        match self.browse(node, session, Method::POST, "sign-out", "").await {
            Got::Yes => Got::Ended { reason: None },
            other => other,
        }
    }

    pub(crate) async fn end(&self, node: usize, session: &Session) -> Got {
        let path = format!("sessions/{}?reason=account", session.handle);
        match self.manage(node, Method::DELETE, &path, &Value::Null).await {
            Some((200, body)) => Got::Ended {
                reason: body["reason"].as_str().map(str::to_owned),
            },
            other => refused(other.as_ref()),
        }
    }

    /// The event stream of a tab.
    pub(crate) async fn events(&self, node: usize, session: &Session) -> Events {
        let request = Request::builder()
            .uri(format!("{}events", self.places[node].browser))
            .header("authorization", format!("Bearer {}", session.token));
        let request = request.body(Full::default()).expect("a request");
        let answer = self.http.request(request).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        Events {
            body: answer.into_body(),
            heard: String::new(),
        }
    }

    async fn browse(&self, node: usize, session: &Session, method: Method, path: &str, body: &str) -> Got {
        let url = format!("{}{path}", self.places[node].browser);
        let bearer = format!("Bearer {}", session.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("nightlatch", "1"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "app.example"),
            ("x-forwarded-uri", "/page"),
        ];
        let forwarded = path.starts_with("auth/");
        let headers = if forwarded { &headers[..] } else { &headers[..4] };
        match self.send(method, &url, headers, body.to_owned()).await {
            Some((200 | 204, _)) => Got::Yes,
            Some((401, body)) => Got::Over {
                reason: body["reason"].as_str().unwrap_or("none").to_owned(),
            },
            other => refused(other.as_ref()),
        }
    }

    async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: String) -> Option<(u16, Value)> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let answer = async {
            let (parts, body) = self.http.request(request).await.ok()?.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            Some((parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
        };
        tokio::time::timeout(PATIENCE, answer).await.ok().flatten()
    }
}

/// An event stream, and what it has told so far.
pub(crate) struct Events {
    body: Incoming,
    heard: String,
}

impl Events {
    /// Waits for it.
    pub(crate) async fn hears(&mut self, what: &str) {
        while !self.heard.contains(what) {
            let frame = self.body.frame().await.expect("the stream goes on").expect("a frame");
            if let Some(data) = frame.data_ref() {
                self.heard.push_str(&String::from_utf8_lossy(data));
            }
        }
    }
}

/// What any other answer than those that were hoped for says.
pub(crate) fn refused(answer: Option<&(u16, Value)>) -> Got {
    match answer {
        None => Got::Lost,
        Some((503, _)) => Got::Unavailable,
        Some((status, _)) => Got::Refused(*status),
    }
}
