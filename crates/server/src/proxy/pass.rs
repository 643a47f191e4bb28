//! A request that may pass: what the application is sent of it, and what the client is given of the answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
#[cfg(feature = "inject")]
use axum::http::Method;
use axum::http::{HeaderMap, HeaderValue, Request, Version, header, response};
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use nightlatch_core::policy::Policy;
use nightlatch_core::resolution::is_passive;
use nightlatch_core::session::RequestKind;
use nightlatch_store::token::{Digest, Handle};

use super::asked::Asked;
use super::body::{Passing, Patience};
use super::content::{Answer, Sent, is_document};
use super::fault::Fault;
use super::forward::{Answered, Onward, is_read, send};
use super::headers::{self, Caller};
use super::hold::Transfer;
#[cfg(feature = "inject")]
use super::inject;
use super::session_end::{Ends, over_later, until_over};
use super::tunnel;
use super::upstream::InFlight;
use super::{Known, Proxy};
use crate::gateway::identity;
use crate::gateway::original::Reads as _;
use crate::gateway::place::Place;
#[cfg(feature = "inject")]
use crate::http::request_kind::opens_page;
use crate::http::request_kind::request_kind;
use crate::http::tcp::Peer;

/// What is known of a request until the end of its answer.
struct Passage {
    session: Option<(Handle, Digest)>,
    /// Whether bodies hold the session while they move.
    holds: bool,
    /// The page that is opened, if by somebody who is signed in: the SDK is to sign out nobody else.
    #[cfg(feature = "inject")]
    page: Option<inject::Site>,
}

impl Proxy {
    /// Passes a request on, for a session or, where everybody may, for nobody.
    pub(super) async fn pass(
        &self,
        mut request: Request<Body>,
        peer: Peer,
        asked: &Asked,
        place: &Place,
        known: Option<Known>,
        authorization: Vec<HeaderValue>,
    ) -> Result<Response, Fault> {
        self.refuse_too_large(request.headers())?;
        let upgrade = (request.version() == Version::HTTP_11 && headers::wants_websocket(request.headers()))
            .then(|| hyper::upgrade::on(&mut request));
        #[cfg(feature = "inject")]
        if let Some(injection) = &self.injection {
            injection.notice_service_worker(&self.server, &asked.host, request.headers());
        }
        let passage = self.passage(&request, asked, known.as_ref());
        let (mut parts, body) = request.into_parts();
        let sent = Sent::of(&parts.headers);
        let ends = if is_read(&parts.method) || sent == Sent::Unbounded && !body.is_end_stream() {
            Ends::All
        } else {
            Ends::Ordered
        };
        headers::withhold_session(&mut parts.headers, authorization);
        self.rewrite_headers(&mut parts.headers, peer.address, asked, place, known.as_ref());
        if upgrade.is_some() {
            headers::name_websocket(&mut parts.headers);
        }
        #[cfg(feature = "inject")]
        if passage.page.is_some() {
            inject::Injection::ask(&mut parts.headers);
        }
        let target = asked.escaped_target();
        let onward = Onward {
            place,
            host: &asked.host,
            target: &target,
            method: parts.method,
            headers: parts.headers,
            body: Passing {
                inner: body,
                progress: Arc::default(),
                transfer: self.upload(&passage, sent),
                left: self.body_limit,
                in_flight: None,
                patience: Some(Patience::of(self.client_timeout)),
            },
        };
        let Answered {
            mut parts,
            body,
            upgraded,
            in_flight,
        } = match passage.session {
            None => send(self, onward).await?,
            // What waits for an answer longer than the session lasts gets none.
            Some((handle, digest)) => tokio::select! {
                answered = send(self, onward) => answered?,
                why = over_later(&self.server, handle, digest, ends) => return Err(Fault::Over(why)),
            },
        };
        self.server.metrics.proxy.request("passed");
        let Some(upstream) = upgraded else {
            return Ok(self.hand_back(passage, parts, body, in_flight));
        };
        let Some(upgraded) = upgrade.filter(|_| headers::wants_websocket(&parts.headers)) else {
            tracing::warn!("an upstream speaks another protocol than it was asked for");
            return Err(Fault::Broken);
        };
        let server = Arc::clone(&self.server);
        let session = passage.session;
        tokio::spawn(async move {
            tunnel::run(server, upgraded, upstream, session).await;
            drop((peer, in_flight));
        });
        headers::strip_hop_by_hop(&mut parts.headers);
        headers::name_websocket(&mut parts.headers);
        Ok(Response::from_parts(parts, Body::empty()))
    }

    fn refuse_too_large(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let announced = headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        match (self.body_limit, announced) {
            (Some(limit), Some(length)) if length > limit => Err(Fault::TooLarge),
            _ => Ok(()),
        }
    }

    fn passage(&self, request: &Request<Body>, asked: &Asked, known: Option<&Known>) -> Passage {
        Passage {
            session: known.map(|known| (known.session.handle, known.digest)),
            holds: known.is_some_and(|known| self.may_hold(request.headers(), asked, known)),
            #[cfg(feature = "inject")]
            page: known.and_then(|_| self.page(request, asked)),
        }
    }

    /// The page that a request opens, where the SDK is to be put into pages.
    #[cfg(feature = "inject")]
    fn page(&self, request: &Request<Body>, asked: &Asked) -> Option<inject::Site> {
        let opened = self.injection.is_some() && request.method() == Method::GET && opens_page(request.headers());
        opened.then(|| inject::Site {
            scheme: self.server.sites.scheme(),
            host: asked.host.to_ascii_lowercase().into(),
        })
    }

    /// Whether a body of this request holds the session: not where the request itself shows nobody.
    fn may_hold(&self, headers: &HeaderMap, asked: &Asked, known: &Known) -> bool {
        let facts = &known.session.facts;
        let Ok(readings) = self.server.sites.readings(&asked.host, &asked.target) else {
            return false;
        };
        let is_passive = |policy: &Policy| readings.all().any(|path| is_passive(policy, facts, path));
        request_kind(headers, self.server.navigation) != RequestKind::Passive
            && !self.server.engine.with_policy(is_passive)
    }

    fn upload(&self, passage: &Passage, sent: Sent) -> Option<Transfer> {
        let (handle, digest) = passage.session.filter(|_| passage.holds)?;
        match sent {
            Sent::File => Some(self.holds.part(handle, digest)),
            Sent::Bounded => Some(self.holds.transfer(handle, digest)),
            Sent::Unbounded => None,
        }
    }

    fn download(&self, passage: &Passage, answer: Answer) -> Option<Transfer> {
        let (handle, digest) = passage.session.filter(|_| passage.holds)?;
        (answer == Answer::Download).then(|| self.holds.transfer(handle, digest))
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
        // The host of the address says it, in the form of the protocol that the upstream speaks.
        sent.remove(header::HOST);
        headers::tell_forwarding(sent, &caller);
        match known {
            Some(known) => identity::tell(sent, &known.session, place.application.as_deref()),
            None => identity::tell_nobody(sent),
        }
    }

    fn trusts(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    fn hand_back(&self, passage: Passage, mut parts: response::Parts, body: Incoming, in_flight: InFlight) -> Response {
        headers::strip_hop_by_hop(&mut parts.headers);
        let answer = Answer::of(&parts.headers);
        let is_whole = body.is_end_stream();
        let mut body = Body::new(Passing {
            inner: Body::new(body),
            progress: Arc::default(),
            transfer: self.download(&passage, answer),
            left: None,
            in_flight: Some(in_flight),
            patience: None,
        });
        let Some(session) = passage.session else {
            return Response::from_parts(parts, body);
        };
        if !is_whole {
            let ends = match answer {
                Answer::Download => Ends::Ordered,
                Answer::Stream => Ends::OfStream,
                Answer::Unbounded => Ends::All,
            };
            body = until_over(&self.server, body, session, ends);
        }
        if is_document(&parts.headers) {
            #[cfg(feature = "inject")]
            {
                body = self.with_sdk(passage.page, &mut parts, body);
            }
            // Back shows nothing of theirs after the end.
            headers::forbid_storing(&mut parts.headers);
        }
        Response::from_parts(parts, body)
    }

    #[cfg(feature = "inject")]
    fn with_sdk(&self, page: Option<inject::Site>, parts: &mut response::Parts, body: Body) -> Body {
        match (page, &self.injection) {
            (Some(page), Some(injection)) => injection.put_into(&self.server, page, parts, body),
            _ => body,
        }
    }
}
