//! Calls to the management API of a running server.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::http::percent;

const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// Where the server is and what opens it.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// The management listener of the server
    #[arg(long, env = "NIGHTLATCH_URL", default_value = "http://127.0.0.1:8701", value_parser = base_url)]
    url: String,
    /// An API key; better left to the environment, as others may see the command line
    #[arg(long, env = "NIGHTLATCH_API_KEY", hide_env_values = true)]
    key: Option<Secret>,
}

/// Text that debug output does not show.
#[derive(Clone)]
struct Secret(String);

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a call brought nothing, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("no API key; set NIGHTLATCH_API_KEY, or pass --key. The first start of the server prints one")]
    NoKey,
    #[error(
        "the server refuses the API key; check NIGHTLATCH_API_KEY (or --key). \
         `nightlatch keys list --config FILE` shows which keys exist, `nightlatch keys create NAME --config FILE` makes one"
    )]
    WrongKey,
    #[error(
        "nothing answers at {url} ({why}); is the server running, and is this its management listener? \
         `nightlatch serve` prints the address; set it with --url or NIGHTLATCH_URL"
    )]
    Unreachable { url: String, why: String },
    #[error("{title}: {detail}")]
    Refused {
        status: StatusCode,
        title: String,
        detail: String,
    },
    #[error("{url} answers, but not as a nightlatch management listener does; check --url or NIGHTLATCH_URL")]
    NotOurs { url: String },
}

impl Failure {
    pub(super) fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                status: StatusCode::NOT_FOUND,
                ..
            }
        )
    }
}

fn base_url(text: &str) -> Result<String, String> {
    let mend = "write for example http://127.0.0.1:8701";
    let uri: Uri = text.parse().map_err(|error| format!("not a URL ({error}); {mend}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(_)) if matches!(uri.path(), "" | "/") && uri.query().is_none() => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        (Some("https"), _) => Err(
            "https is not possible here; run this on the server's machine against its loopback listener, or open a tunnel: \
             ssh -L 8701:127.0.0.1:8701 HOST"
                .to_owned(),
        ),
        (Some("http"), Some(_)) => Err(format!("only scheme, host and port; {mend}")),
        _ => Err(format!("scheme or host is missing; {mend}")),
    }
}

impl Connection {
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// A document and the tag of its state.
    pub(super) async fn document(&self, path: &str) -> Result<(Value, String), Failure> {
        let (body, tag) = self.exchange(Method::GET, path, None, None).await?;
        Ok((body, tag.unwrap_or_default()))
    }

    /// A document that is text.
    pub(super) async fn text(&self, path: &str) -> Result<String, Failure> {
        let (status, _, bytes) = self.answer(Method::GET, path, None, None).await?;
        if status.is_success() {
            return String::from_utf8(bytes.into()).map_err(|_| Failure::NotOurs { url: self.url.clone() });
        }
        Err(self
            .read(path, status, &bytes)
            .err()
            .unwrap_or_else(|| Failure::NotOurs { url: self.url.clone() }))
    }

    /// Writes a document that is still in the state with this tag.
    pub(super) async fn put(&self, path: &str, body: &Value, tag: &str) -> Result<Value, Failure> {
        let (body, _) = self.exchange(Method::PUT, path, Some(body), Some(tag)).await?;
        Ok(body)
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let (body, _) = self.exchange(method, path, body, None).await?;
        Ok(body)
    }

    /// `path` is below `/api/v1/`. Answers the body and the tag of its state.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<&str>,
    ) -> Result<(Value, Option<String>), Failure> {
        let (status, tag, bytes) = self.answer(method, path, body, tag).await?;
        Ok((self.read(path, status, &bytes)?, tag))
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<&str>,
    ) -> Result<(StatusCode, Option<String>, Bytes), Failure> {
        let Secret(key) = self
            .key
            .as_ref()
            .filter(|Secret(key)| !key.is_empty())
            .ok_or(Failure::NoKey)?;
        let unreachable = |error: anyhow::Error| Failure::Unreachable {
            url: self.url.clone(),
            why: format!("{error:#}"),
        };
        let exchange = async {
            let mut request = Request::builder()
                .method(method)
                .uri(format!("{}/api/v1/{path}", self.url))
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(tag) = tag {
                request = request.header(header::IF_MATCH, tag);
            }
            let request = request.body(Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default())))?;
            let client = Client::builder(TokioExecutor::new()).build_http();
            let response = client.request(request).await.map_err(innermost)?;
            let status = response.status();
            let tag = response
                .headers()
                .get(header::ETAG)
                .and_then(|tag| tag.to_str().ok())
                .map(str::to_owned);
            let bytes = response
                .into_body()
                .collect()
                .await
                .context("the answer broke off")?
                .to_bytes();
            anyhow::Ok((status, tag, bytes))
        };
        let answer = tokio::time::timeout(ANSWERS_WITHIN, exchange).await;
        let answer = answer.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", ANSWERS_WITHIN.as_secs())));
        answer.map_err(unreachable)
    }

    fn read(&self, path: &str, status: StatusCode, bytes: &[u8]) -> Result<Value, Failure> {
        let not_ours = || Failure::NotOurs { url: self.url.clone() };
        let body: Value = serde_json::from_slice(bytes).map_err(|_| not_ours())?;
        if status.is_success() {
            return Ok(body);
        }
        let text = |key: &str| body[key].as_str().map(str::to_owned).ok_or_else(not_ours);
        let (title, detail) = (text("title")?, text("detail")?);
        Err(match status {
            StatusCode::UNAUTHORIZED => Failure::WrongKey,
            // Only single sessions and revisions may be missing.
            StatusCode::NOT_FOUND
                if !["sessions/", "policy/revisions/"]
                    .iter()
                    .any(|part| path.starts_with(part)) =>
            {
                not_ours()
            }
            _ => Failure::Refused { status, title, detail },
        })
    }
}

/// The cause that says something; the layers around it only repeat that there is one.
fn innermost(error: hyper_util::client::legacy::Error) -> anyhow::Error {
    let error = anyhow::Error::from(error);
    anyhow::anyhow!("{}", error.root_cause())
}

/// A query string of the values that are given.
pub(super) fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs
        .iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", escaped((*value)?))));
    given.collect::<Vec<_>>().join("&")
}

/// Percent-encoded, everything but the unreserved characters of RFC 3986.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    percent::escape(&mut escaped, text, |character| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_' | '~')
    });
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_values_are_escaped_and_missing_ones_left_out() {
        let pairs = [("subject", Some("a&b=ü /")), ("role", None), ("limit", Some("5"))];
        assert_eq!(query(&pairs), "subject=a%26b%3D%C3%BC%20%2F&limit=5");
    }

    #[test]
    fn only_a_plain_origin_is_a_base_url() {
        assert_eq!(
            base_url("http://127.0.0.1:8701/").as_deref(),
            Ok("http://127.0.0.1:8701")
        );
        for text in ["127.0.0.1:8701", "http://h/api", "http://h?x", "ftp://h", ""] {
            assert!(base_url(text).is_err(), "{text}");
        }
        assert!(base_url("https://h").is_err_and(|error| error.contains("tunnel")));
    }

    #[test]
    fn the_key_is_not_shown() {
        let connection = Connection {
            url: String::new(),
            key: "nlk_x".parse().ok(),
        };
        assert!(!format!("{connection:?}").contains("nlk_x"));
    }
}
