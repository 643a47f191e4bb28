//! A request that may pass: what the application is sent of it, and what the client is given of the answer.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
#[cfg(feature = "inject")]
use axum::http::Method;
use axum::http::{HeaderMap, Request, Version, header, response};
use axum::response::Response;
use hyper::body::Incoming;
use nightlatch_core::path::Path;
use nightlatch_core::resolution::is_passive;
use nightlatch_core::session::RequestKind;
use nightlatch_engine::token::{Digest, Handle};

use super::asked::Asked;
use super::body::Passing;
use super::fault::Fault;
use super::forward::{Answered, Content, Onward, send};
use super::headers::{self, Caller};
use super::hold::Transfer;
#[cfg(feature = "inject")]
use super::inject;
use super::listener::Client;
use super::session_end::until_over;
use super::tunnel;
use super::upstream::InFlight;
use super::{Known, Proxy};
use crate::gateway::{Place, identity};
#[cfg(feature = "inject")]
use crate::http::request_kind::opens_page;
use crate::http::request_kind::request_kind;

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
        mut request: Request<Incoming>,
        client: Client,
        asked: &Asked,
        place: &Place,
        known: Option<Known>,
    ) -> Result<Response, Fault> {
        self.refuse_too_large(request.headers())?;
        let upgrade = (request.version() == Version::HTTP_11 && headers::wants_websocket(request.headers()))
            .then(|| hyper::upgrade::on(&mut request));
        #[cfg(feature = "inject")]
        if let Some(injection) = &self.injection {
            injection.notice_service_worker(&self.latch, &asked.host, request.headers());
        }
        let passage = self.passage(&request, asked, known.as_ref());
        let (mut parts, body) = request.into_parts();
        self.rewrite_headers(&mut parts.headers, client.address, asked, place, known.as_ref());
        if upgrade.is_some() {
            headers::name_websocket(&mut parts.headers);
        }
        #[cfg(feature = "inject")]
        if passage.page.is_some() {
            inject::Injection::ask(&mut parts.headers);
        }
        let onward = Onward {
            place,
            host: &asked.host,
            target: &asked.target,
            method: parts.method,
            headers: parts.headers,
            body: Passing {
                inner: Body::new(body),
                progress: Arc::default(),
                transfer: self.transfer(&passage),
                left: self.body_limit,
                in_flight: None,
            },
        };
        let Answered {
            mut parts,
            body,
            upgraded,
            in_flight,
        } = send(self, onward).await?;
        self.latch.metrics.proxy.request("passed");
        let Some(upstream) = upgraded else {
            return Ok(self.hand_back(passage, parts, body, in_flight));
        };
        let Some(upgraded) = upgrade.filter(|_| headers::wants_websocket(&parts.headers)) else {
            tracing::warn!("an upstream speaks another protocol than it was asked for");
            return Err(Fault::Broken);
        };
        let latch = Arc::clone(&self.latch);
        let session = passage.session;
        tokio::spawn(async move {
            tunnel::run(latch, upgraded, upstream, session).await;
            drop((client, in_flight));
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

    fn passage(&self, request: &Request<Incoming>, asked: &Asked, known: Option<&Known>) -> Passage {
        Passage {
            session: known.map(|known| (known.session.handle, known.digest)),
            holds: known.is_some_and(|known| self.may_hold(request.headers(), asked, known)),
            #[cfg(feature = "inject")]
            page: known.and_then(|_| self.page(request, asked)),
        }
    }

    /// The page that a request opens, where the SDK is to be put into pages.
    #[cfg(feature = "inject")]
    fn page(&self, request: &Request<Incoming>, asked: &Asked) -> Option<inject::Site> {
        let opened = self.injection.is_some() && request.method() == Method::GET && opens_page(request.headers());
        opened.then(|| inject::Site {
            scheme: self.latch.sites.scheme(),
            host: asked.host.to_ascii_lowercase().into(),
        })
    }

    /// Whether a body of this request holds the session: not where the request itself shows nobody.
    fn may_hold(&self, headers: &HeaderMap, asked: &Asked, known: &Known) -> bool {
        let facts = &known.session.facts;
        let path = Path::canonical(&asked.target);
        request_kind(headers) != RequestKind::Passive
            && !self.latch.engine.with_policy(|policy| is_passive(policy, facts, &path))
    }

    fn transfer(&self, passage: &Passage) -> Option<Transfer> {
        let (handle, digest) = passage.session.filter(|_| passage.holds)?;
        Some(self.holds.transfer(handle, digest))
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

    fn trusts(&self, peer: SocketAddr) -> bool {
        let peer = peer.ip().to_canonical();
        self.trusted.iter().any(|network| network.contains(&peer))
    }

    fn hand_back(&self, passage: Passage, mut parts: response::Parts, body: Incoming, in_flight: InFlight) -> Response {
        headers::strip_hop_by_hop(&mut parts.headers);
        let content = Content::of(&parts.headers);
        let body = Body::new(Passing {
            inner: Body::new(body),
            progress: Arc::default(),
            // An event stream is open for as long as the page is: that is no work.
            transfer: self.transfer(&passage).filter(|_| content != Content::EventStream),
            left: None,
            in_flight: Some(in_flight),
        });
        let body = match (content, passage.session) {
            (Content::EventStream, Some((handle, digest))) => until_over(&self.latch, body, handle, digest),
            (Content::Document, Some(_)) => {
                #[cfg(feature = "inject")]
                let body = self.with_sdk(passage.page, &mut parts, body);
                // Back shows nothing of theirs after the end.
                headers::forbid_storing(&mut parts.headers);
                body
            }
            _ => body,
        };
        Response::from_parts(parts, body)
    }

    #[cfg(feature = "inject")]
    fn with_sdk(&self, page: Option<inject::Site>, parts: &mut response::Parts, body: Body) -> Body {
        match (page, &self.injection) {
            (Some(page), Some(injection)) => injection.put_into(&self.latch, page, parts, body),
            _ => body,
        }
    }
}
