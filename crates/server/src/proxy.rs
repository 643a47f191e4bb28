//! The reverse proxy: an application that knows nothing of nightlatch stands behind it.
//!
//! Every request gets the decision that the gateway takes for other proxies. Who may pass is passed on with the identity
//! headers; the endpoints for pages are served below the prefix of every host.

mod asked;
mod body;
mod connector;
mod content;
mod fault;
mod forward;
mod headers;
mod hold;
#[cfg(feature = "inject")]
mod inject;
mod listener;
mod pass;
mod session_end;
mod stream;
mod strict;
mod tls;
mod tunnel;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, Version, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Body as _;
use ipnet::IpNet;
use nightlatch_core::path::Readings;
use nightlatch_engine::Snapshot;
use nightlatch_store::token::Digest;

use self::asked::Asked;
use self::connector::Trust;
use self::fault::Fault;
use self::hold::Holds;
pub(crate) use self::listener::Bound;
use self::upstream::Upstreams;
use crate::browser;
use crate::config::{ProxySection, Site};
use crate::gateway::decision::{Decision, Denial, decide};
use crate::gateway::denial;
use crate::gateway::original::Original;
use crate::http::headers::promise_tls;
use crate::http::request_kind::opens_page;
use crate::http::routed::routed;
use crate::http::tcp::Peer;
use crate::server_state::ServerState;

/// The proxy, as its connections see it.
#[derive(Debug)]
pub(crate) struct Proxy {
    server: Arc<ServerState>,
    /// What is served below the prefix.
    endpoints: Router,
    upstreams: Upstreams,
    holds: Arc<Holds>,
    trusted: Vec<IpNet>,
    scheme: &'static str,
    response_timeout: Duration,
    body_limit: Option<u64>,
    client_timeout: Duration,
    #[cfg(feature = "inject")]
    injection: Option<Arc<inject::Injection>>,
}

/// Whose request it is.
struct Known {
    session: Box<Snapshot>,
    digest: Digest,
}

impl Proxy {
    pub(crate) fn new(server: &Arc<ServerState>, section: &ProxySection, sites: &[Site]) -> anyhow::Result<Self> {
        let trust = Trust::of(section.upstream_ca.as_deref())?;
        Ok(Self {
            server: Arc::clone(server),
            endpoints: browser::router(Arc::clone(server), Router::new()),
            upstreams: Upstreams::new(sites, &trust, section.connect_timeout.to_std()),
            holds: Arc::new(Holds::new(server)),
            trusted: section.trusted(),
            scheme: if section.tls.is_some() { "https" } else { "http" },
            response_timeout: section.response_timeout.to_std(),
            body_limit: section.body_limit,
            client_timeout: section.client_timeout.to_std(),
            #[cfg(feature = "inject")]
            injection: section
                .inject
                .then(|| inject::Injection::new(&server.prefix).map(Arc::new))
                .flatten(),
        })
    }

    /// Answers one request.
    async fn answer(&self, request: Request<Body>, peer: Peer) -> Response {
        let for_people = opens_page(request.headers());
        // What follows a request to speak another protocol is not looked at, unless it is the other protocol.
        let last = request.version() < Version::HTTP_2 && request.headers().contains_key(header::UPGRADE);
        let mut response = self.route(request, peer).await.unwrap_or_else(|fault| {
            self.server.metrics.proxy.request(fault.outcome());
            fault.answer(&self.server, for_people)
        });
        promise_tls(&self.server.cookie, response.headers_mut());
        if last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }

    async fn route(&self, request: Request<Body>, peer: Peer) -> Result<Response, Fault> {
        let asked = Asked::of(&request)?;
        let original = asked.original(&self.server)?;
        let original = original.with_body(!request.body().is_end_stream());
        if self.server.sites.know(&asked.host)
            && let Some(ours) = ours(&self.server.prefix, &original.readings)
        {
            return match ours {
                Ours::Endpoint => Ok(self.endpoint(request).await),
                Ours::Nothing => Err(Fault::Nowhere("No page and no endpoint has this path.")),
            };
        }
        if let Ok(place) = self.server.sites.find(asked.host.as_str(), &original.readings)
            && place.upstreams.is_empty()
        {
            return Err(Fault::Nowhere(
                "No application is behind this address; name its `upstream` in the `[[sites]]` of the configuration.",
            ));
        }
        let for_people = opens_page(request.headers());
        let asked_for = Ok(original);
        let referrer = request.headers().get(header::REFERER).cloned();
        let decision = decide(&self.server, &asked_for, request.headers()).await;
        let Ok(original) = asked_for else {
            return Err(Fault::Malformed("The request can be read in several ways."));
        };
        match decision {
            Decision::Allow {
                place,
                session,
                credential,
                authorization,
                ..
            } => {
                let known = Known {
                    session: Box::new(session),
                    digest: credential.digest,
                };
                let passed = self
                    .pass(request, peer, &asked, place, Some(known), authorization)
                    .await;
                match passed {
                    Err(Fault::Over(why)) => self.deny(
                        &original,
                        Denial::Unauthenticated { place, why },
                        for_people,
                        referrer.as_ref(),
                    ),
                    passed => passed,
                }
            }
            Decision::Open { place, authorization } => {
                self.pass(request, peer, &asked, place, None, authorization).await
            }
            Decision::Deny(denied) => self.deny(&original, denied, for_people, referrer.as_ref()),
        }
    }

    async fn endpoint(&self, request: Request<Body>) -> Response {
        self.server.metrics.proxy.request("endpoint");
        routed(self.endpoints.clone(), request).await
    }

    fn deny(
        &self,
        original: &Original<'_>,
        denied: Denial<'_>,
        for_people: bool,
        referrer: Option<&HeaderValue>,
    ) -> Result<Response, Fault> {
        match denied {
            Denial::Unauthenticated { place, why } if for_people => {
                self.server.metrics.proxy.request("denied");
                let location = denial::location(&self.server, original, referrer, place, why);
                Ok(denial::redirect(original, location, why))
            }
            Denial::Forbidden(forbidden) if for_people => Err(Fault::Forbidden(forbidden.to_string())),
            Denial::Unavailable(_) if for_people => Err(Fault::StoreDown),
            denied => {
                self.server.metrics.proxy.request("denied");
                Ok(denial::problem(denied).into_response())
            }
        }
    }
}

enum Ours {
    Endpoint,
    /// Below the prefix, and nothing that pages need.
    Nothing,
}

/// Whether a path is below the prefix by any of its readings. It is served where all agree.
fn ours(prefix: &str, readings: &Readings<'_>) -> Option<Ours> {
    if !readings.all().any(|path| path.is_at_or_below(prefix)) {
        return None;
    }
    let endpoint = readings.others.is_empty() && !readings.canonical.is_at_or_below(&format!("{prefix}/auth"));
    Some(if endpoint { Ours::Endpoint } else { Ours::Nothing })
}
