//! Passing a request on to an upstream, and its answer back.

use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, Version, request, response};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::Error as ClientError;

use super::Proxy;
use super::body::{Flaw, Lender, Passing, Progress};
use super::fault::Fault;
use super::upstream::{InFlight, Upstream};
use crate::gateway::place::Place;

/// A request that may go on, with its headers as the application is to see them.
pub(super) struct Onward<'a> {
    pub(super) place: &'a Place,
    pub(super) host: &'a str,
    pub(super) target: &'a str,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Passing,
}

/// What an upstream answered.
pub(super) struct Answered {
    pub(super) parts: response::Parts,
    pub(super) body: Incoming,
    pub(super) upgraded: Option<OnUpgrade>,
    pub(super) in_flight: InFlight,
}

/// Sends the request until an upstream answers. It is sent again only where none of it can have arrived, or where arriving
/// twice makes no difference (RFC 9110 section 9.2.2).
pub(super) async fn send(proxy: &Proxy, mut onward: Onward<'_>) -> Result<Answered, Fault> {
    let progress = Arc::clone(&onward.body.progress);
    let repeatable = is_read(&onward.method) && hyper::body::Body::is_end_stream(&onward.body);
    let lender = Lender::new(Body::new(onward.body));
    let mut tried: Vec<Arc<Upstream>> = Vec::new();
    let mut fault = Fault::Unreachable;
    let clock = proxy.server.engine.clock();
    while let Some(upstream) = proxy.upstreams.next(&onward.place.upstreams, &tried, clock.now()) {
        let is_last = tried.len() + 1 == onward.place.upstreams.len();
        let headers = if is_last {
            std::mem::take(&mut onward.headers)
        } else {
            onward.headers.clone()
        };
        let head = head(&upstream, onward.host, onward.target, &onward.method, headers)?;
        let request = Request::from_parts(head, lender.lend());
        let in_flight = upstream.begin();
        let sent = upstream.client(&request).request(request);
        match wait(proxy, sent, &progress).await {
            Ok(mut answer) => {
                upstream.answered();
                let upgraded =
                    (answer.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| hyper::upgrade::on(&mut answer));
                let (parts, body) = answer.into_parts();
                return Ok(Answered {
                    parts,
                    body,
                    upgraded,
                    in_flight,
                });
            }
            Err(failure) => {
                let address = &upstream.address;
                let again;
                (fault, again) = match &failure {
                    Failure::Late => (Fault::Late, false),
                    Failure::Client(error) if error.is_connect() => {
                        tracing::warn!(%address, error = %chain(error), "an upstream takes no connection");
                        upstream.leave_out(clock.now());
                        (Fault::Unreachable, lender.is_whole())
                    }
                    Failure::Client(error) => match progress.flaw() {
                        Some(Flaw::TooLarge) => return Err(Fault::TooLarge),
                        Some(Flaw::Stalled) => return Err(Fault::Stalled),
                        Some(Flaw::Broken) => return Err(Fault::Malformed("The body does not come to its end.")),
                        None => {
                            tracing::warn!(%address, error = %chain(error), "an upstream did not answer");
                            (Fault::Broken, repeatable)
                        }
                    },
                };
                proxy.server.metrics.proxy.upstream_failed(failure.kind());
                if !again {
                    break;
                }
            }
        }
        tried.push(upstream);
    }
    Err(fault)
}

enum Failure {
    Late,
    Client(ClientError),
}

impl Failure {
    fn kind(&self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Client(error) if error.is_connect() => "unreachable",
            Self::Client(_) => "broken",
        }
    }
}

/// An upstream may be silent for so long; while the body is on its way there, it need not say anything. How long the client
/// may take for the next piece of it is another matter.
async fn wait(
    proxy: &Proxy,
    sent: impl Future<Output = Result<Response<Incoming>, ClientError>>,
    progress: &Progress,
) -> Result<Response<Incoming>, Failure> {
    let mut sent = pin!(sent);
    let mut known = progress.bytes();
    loop {
        tokio::select! {
            answer = &mut sent => return answer.map_err(Failure::Client),
            () = tokio::time::sleep(proxy.response_timeout) => {
                let bytes = progress.bytes();
                if bytes == known && !progress.waits_for_client() {
                    return Err(Failure::Late);
                }
                known = bytes;
            }
        }
    }
}

/// The connector knows where the upstream is; the application hears the host that the client named.
fn head(
    upstream: &Upstream,
    host: &str,
    target: &str,
    method: &Method,
    headers: HeaderMap,
) -> Result<request::Parts, Fault> {
    let scheme = if upstream.address.https { "https" } else { "http" };
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(host)
        .path_and_query(target)
        .build()
        .map_err(|_| Fault::Malformed("The address is not one."))?;
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = method.clone();
    parts.uri = uri;
    parts.version = Version::HTTP_11;
    parts.headers = headers;
    Ok(parts)
}

/// It changes nothing, so that it may be sent twice.
pub(super) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
