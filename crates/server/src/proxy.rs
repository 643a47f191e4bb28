//! The reverse proxy: an application that knows nothing of nightlatch stands behind it.
//!
//! Every request gets the decision that the gateway takes for other proxies. Who may pass is passed on with the identity
//! headers; the endpoints for pages are served below the prefix of every host.

mod asked;
mod body;
mod connector;
mod fault;
mod forward;
mod headers;
mod hold;
#[cfg(feature = "inject")]
mod inject;
mod listener;
mod session_end;
mod strict;
mod tls;
mod tunnel;
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version, header};
#[cfg(feature = "inject")]
use axum::http::{Method, response};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use ipnet::IpNet;
use nightlatch_core::path::{Path, Readings};
use nightlatch_core::resolution::is_passive;
use nightlatch_core::session::RequestKind;
use nightlatch_engine::Snapshot;
use nightlatch_engine::token::{Digest, Handle};

use self::asked::Asked;
use self::body::{Passing, Progress, Until};
use self::connector::Trust;
use self::fault::Fault;
use self::forward::{Answered, Content, Onward, send};
use self::headers::Caller;
use self::hold::Holds;
pub(crate) use self::listener::Bound;
use self::listener::Client;
use self::upstream::Upstreams;
use crate::browser;
use crate::config::{ProxySection, Site};
use crate::gateway::decision::{Decision, Denial, decide};
use crate::gateway::original::Original;
use crate::gateway::{Place, denial, identity};
use crate::http::request_kind::{opens_page, request_kind};
use crate::http::routed::routed;
use crate::http::sign_in_url::SignInUrl;
use crate::latch::Latch;

/// The proxy, as its connections see it.
#[derive(Debug)]
pub(crate) struct Proxy {
    latch: Arc<Latch>,
    /// What is served below the prefix.
    endpoints: Router,
    upstreams: Upstreams,
    holds: Arc<Holds>,
    trusted: Vec<IpNet>,
    scheme: &'static str,
    response_timeout: Duration,
    body_limit: Option<u64>,
    #[cfg(feature = "inject")]
    injection: Option<Arc<inject::Injection>>,
}

/// Whose request it is.
struct Known {
    session: Box<Snapshot>,
    digest: Digest,
    by_bearer: bool,
}

impl Proxy {
    pub(crate) fn new(latch: &Arc<Latch>, section: &ProxySection, sites: &[Site]) -> anyhow::Result<Self> {
        let trust = Trust::of(section.upstream_ca.as_deref())?;
        Ok(Self {
            latch: Arc::clone(latch),
            endpoints: browser::router(Arc::clone(latch), Router::new()),
            upstreams: Upstreams::new(sites, &trust, section.connect_timeout.to_std()),
            holds: Arc::new(Holds::new(latch)),
            trusted: section.trusted(),
            scheme: if section.tls.is_some() { "https" } else { "http" },
            response_timeout: section.response_timeout.to_std(),
            body_limit: section.body_limit,
            #[cfg(feature = "inject")]
            injection: section
                .inject
                .then(|| inject::Injection::new(&latch.prefix).map(Arc::new))
                .flatten(),
        })
    }

    /// Answers one request.
    async fn answer(&self, request: Request<Incoming>, client: Client) -> Response {
        let for_people = opens_page(request.headers());
        // What follows a request to speak another protocol is not looked at, unless it is the other protocol.
        let last = request.version() < Version::HTTP_2 && request.headers().contains_key(header::UPGRADE);
        let mut response = self.route(request, client).await.unwrap_or_else(|fault| {
            self.latch.metrics.proxy.request(fault.outcome());
            fault.answer(&self.latch, for_people)
        });
        if last && response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }

    async fn route(&self, request: Request<Incoming>, client: Client) -> Result<Response, Fault> {
        let asked = Asked::of(&request)?;
        let original = asked.original()?;
        if self.latch.sites.know(&asked.host)
            && let Some(ours) = ours(&self.latch.prefix, &original.readings)
        {
            return match ours {
                Ours::Endpoint => Ok(self.endpoint(request).await),
                Ours::Nothing => Err(Fault::Nowhere("No page and no endpoint has this path.")),
            };
        }
        let place = self.latch.sites.find(asked.host.as_str(), &original.readings);
        if let Ok(place) = place {
            if place.upstreams.is_empty() {
                return Err(Fault::Nowhere(
                    "No application is behind this address; name its `upstream` in the `[[sites]]` of the configuration.",
                ));
            }
            if place.is_open(&original.readings) || self.is_sign_in(&original.readings) {
                return self.pass(request, client, &asked, place, None).await;
            }
        }
        let asked_for = Ok(original);
        let decision = decide(&self.latch, &asked_for, request.headers()).await;
        let Ok(original) = asked_for else {
            return Err(Fault::Malformed("The request can be read in several ways."));
        };
        match decision {
            Decision::Allow {
                place,
                session,
                credential,
                ..
            } => {
                let known = Known {
                    session: Box::new(session),
                    digest: credential.digest,
                    by_bearer: credential.bearer,
                };
                self.pass(request, client, &asked, place, Some(known)).await
            }
            Decision::Deny(denied) => self.deny(&original, denied, request.headers()),
        }
    }

    async fn endpoint(&self, request: Request<Incoming>) -> Response {
        self.latch.metrics.proxy.request("endpoint");
        routed(self.endpoints.clone(), request).await
    }

    fn deny(&self, original: &Original<'_>, denied: Denial<'_>, headers: &HeaderMap) -> Result<Response, Fault> {
        let for_people = opens_page(headers);
        match denied {
            Denial::Unauthenticated { place, why } if for_people => {
                self.latch.metrics.proxy.request("denied");
                let location = denial::location(&self.latch, original, place, why);
                Ok(denial::redirect(original, location, why))
            }
            Denial::Forbidden(forbidden) if for_people => Err(Fault::Forbidden(forbidden.to_string())),
            Denial::Unavailable(_) if for_people => Err(Fault::StoreDown),
            denied => {
                self.latch.metrics.proxy.request("denied");
                Ok(denial::problem(denied).into_response())
            }
        }
    }

    /// Passes a request on, for a session or, where everybody may, for nobody.
    async fn pass(
        &self,
        mut request: Request<Incoming>,
        client: Client,
        asked: &Asked,
        place: &Place,
        known: Option<Known>,
    ) -> Result<Response, Fault> {
        // Nobody who is not signed in is to be signed out.
        #[cfg(feature = "inject")]
        let opens_page = known.is_some() && opens_page(request.headers());
        let upgrade = (request.version() == Version::HTTP_11 && headers::wants_websocket(request.headers()))
            .then(|| hyper::upgrade::on(&mut request));
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if let (Some(limit), Some(length)) = (self.body_limit, announced)
            && length > limit
        {
            return Err(Fault::TooLarge);
        }
        let holds = known
            .as_ref()
            .filter(|known| self.may_hold(request.headers(), asked, known));
        let holds = holds.map(|known| (known.session.handle, known.digest));
        let transfer = || holds.map(|(handle, digest)| self.holds.transfer(handle, digest));
        let (mut parts, body) = request.into_parts();
        self.rewrite_headers(&mut parts.headers, client.address, asked, place, known.as_ref());
        if upgrade.is_some() {
            let headers = &mut parts.headers;
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        #[cfg(feature = "inject")]
        let method = parts.method.clone();
        #[cfg(feature = "inject")]
        if opens_page {
            self.ask_for_page(&mut parts.headers);
        }
        let onward = Onward {
            place,
            host: &asked.host,
            target: &asked.target,
            method: parts.method.clone(),
            headers: parts.headers,
            body: Passing {
                inner: Body::new(body),
                progress: Arc::default(),
                transfer: transfer(),
                left: self.body_limit,
                in_flight: None,
            },
        };
        let answered = send(self, onward).await?;
        self.latch.metrics.proxy.request("passed");
        let session = known.map(|known| (known.session.handle, known.digest));
        let Answered {
            mut parts,
            body,
            upgraded,
            in_flight,
        } = answered;
        if let Some(upstream) = upgraded {
            let Some(upgraded) = upgrade.filter(|_| headers::wants_websocket(&parts.headers)) else {
                tracing::warn!("an upstream speaks another protocol than it was asked for");
                return Err(Fault::Broken);
            };
            let latch = Arc::clone(&self.latch);
            tokio::spawn(async move {
                tunnel::run(latch, upgraded, upstream, session).await;
                drop((client, in_flight));
            });
            headers::strip_hop_by_hop(&mut parts.headers);
            parts
                .headers
                .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            parts
                .headers
                .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            return Ok(Response::from_parts(parts, Body::empty()));
        }
        headers::strip_hop_by_hop(&mut parts.headers);
        let content = Content::of(&parts.headers);
        let streams = content == Content::EventStream;
        let body = Body::new(Passing {
            inner: Body::new(body),
            progress: Arc::<Progress>::default(),
            transfer: if streams { None } else { transfer() },
            left: None,
            in_flight: Some(in_flight),
        });
        let body = match session {
            Some((handle, digest)) if streams => self.until_over(body, handle, digest),
            _ => body,
        };
        #[cfg(feature = "inject")]
        let body = if opens_page && content == Content::Document {
            self.with_sdk(&asked.host, &method, &mut parts, body)
        } else {
            body
        };
        if content == Content::Document && session.is_some() {
            // Back shows nothing of theirs after the end.
            headers::forbid_storing(&mut parts.headers);
        }
        Ok(Response::from_parts(parts, body))
    }

    /// What the application hears: nothing that the client claims, and all that we know.
    fn rewrite_headers(
        &self,
        sent: &mut HeaderMap,
        peer: SocketAddr,
        asked: &Asked,
        place: &Place,
        known: Option<&Known>,
    ) {
        let caller = Caller {
            peer,
            trusted: self.trusts(peer),
            scheme: self.scheme,
            host: &asked.host,
        };
        headers::strip_hop_by_hop_of_request(sent);
        headers::strip_claims(sent, caller.trusted);
        headers::strip_session(sent, &self.latch.cookie, known.is_some_and(|known| known.by_bearer));
        // The host of the address says it, in the form of the protocol that the upstream speaks.
        sent.remove(header::HOST);
        headers::tell_forwarding(sent, &caller);
        match known {
            Some(known) => identity::tell(sent, &known.session, place.application.as_deref()),
            None => identity::tell_nobody(sent),
        }
    }

    /// Whether a body of this request holds the session: not where the request itself shows nobody.
    fn may_hold(&self, headers: &HeaderMap, asked: &Asked, known: &Known) -> bool {
        let facts = &known.session.facts;
        let path = Path::canonical(&asked.target);
        request_kind(headers) != RequestKind::Passive
            && !self.latch.engine.with_policy(|policy| is_passive(policy, facts, &path))
    }

    fn until_over(&self, inner: Body, handle: Handle, digest: Digest) -> Body {
        let latch = Arc::clone(&self.latch);
        latch.metrics.proxy.streams.inc();
        let open = OpenStream(Arc::clone(&latch));
        let over = Box::pin(async move {
            let _open = open;
            session_end::over(&latch, handle, digest).await;
        });
        Body::new(Until { inner, over })
    }

    /// A page is asked for in a form in which the SDK can be put into it.
    #[cfg(feature = "inject")]
    fn ask_for_page(&self, sent: &mut HeaderMap) {
        if self.injection.is_some() {
            inject::Injection::ask(sent);
        }
    }

    #[cfg(feature = "inject")]
    fn with_sdk(&self, host: &str, method: &Method, parts: &mut response::Parts, body: Body) -> Body {
        let Some(injection) = &self.injection else {
            return body;
        };
        let site = inject::Site {
            scheme: self.latch.sites.scheme(),
            host: host.to_ascii_lowercase().into(),
        };
        injection.put_into(&self.latch, site, method, parts, body)
    }

    fn trusts(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    /// The page to sign in at is there for those who are not signed in.
    fn is_sign_in(&self, readings: &Readings<'_>) -> bool {
        let url = self.latch.sign_in_url.as_ref().map(SignInUrl::as_str);
        url.is_some_and(|url| {
            url.starts_with('/') && readings.others.is_empty() && Path::canonical(url) == readings.canonical
        })
    }
}

/// An event stream that is being passed on.
struct OpenStream(Arc<Latch>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.metrics.proxy.streams.dec();
    }
}

enum Ours {
    Endpoint,
    /// Below the prefix, and nothing that pages need.
    Nothing,
}

/// Whether a path is below the prefix by any of its readings. It is served where all agree.
fn ours(prefix: &str, readings: &Readings<'_>) -> Option<Ours> {
    let below = |path: &Path<'_>, part: &str| {
        let rest = path.as_str().strip_prefix(prefix)?.strip_prefix(part)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(())
    };
    let all = || std::iter::once(&readings.canonical).chain(&readings.others);
    if !all().any(|path| below(path, "").is_some()) {
        return None;
    }
    let endpoint = readings.others.is_empty() && below(&readings.canonical, "/auth").is_none();
    Some(if endpoint { Ours::Endpoint } else { Ours::Nothing })
}
