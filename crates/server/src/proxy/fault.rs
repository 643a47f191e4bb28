//! What somebody is told whose request cannot be passed on: people a page, others a problem.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::gateway::decision::Why;
use crate::gateway::denial::REASON;
use crate::http::headers::page;
use crate::http::problem::Problem;
use crate::http::sign_in_url::SignInUrl;
use crate::server_state::ServerState;

/// Seconds after which trying again may help.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The request is not one that every server would read alike.
    Malformed(&'static str),
    Method,
    Forbidden(String),
    /// No application is behind this address.
    Nowhere(&'static str),
    TooLarge,
    /// The client has begun a body and sends no more of it.
    Stalled,
    /// The session ended before there was an answer.
    Over(Why),
    /// No upstream takes a connection.
    Unreachable,
    /// The upstream broke off before it had answered.
    Broken,
    Late,
    StoreDown,
}

#[derive(Template)]
#[template(path = "proxy_fault.html")]
struct Page<'a> {
    title: &'a str,
    text: &'a str,
    retry: bool,
    sign_in_url: Option<&'a str>,
    prefix: &'a str,
}

impl Fault {
    pub(super) fn answer(&self, server: &ServerState, for_people: bool) -> Response {
        let (status, kind, title, text) = self.words();
        let retry = matches!(self, Self::Unreachable | Self::Broken | Self::Late | Self::StoreDown);
        let mut response = if for_people {
            let mut response = page(
                Page {
                    title,
                    text,
                    retry,
                    sign_in_url: matches!(self, Self::Forbidden(_))
                        .then(|| server.sign_in_url.as_ref().map(SignInUrl::as_str))
                        .flatten(),
                    prefix: &server.prefix,
                }
                .render(),
            );
            *response.status_mut() = status;
            response
        } else {
            let detail = match self {
                Self::Malformed(detail) | Self::Nowhere(detail) => (*detail).to_owned(),
                Self::Forbidden(detail) => detail.clone(),
                _ => text.to_owned(),
            };
            Problem::new(status, kind, title, detail).into_response()
        };
        let headers = response.headers_mut();
        if let Some(reason) = self.reason() {
            headers.insert(REASON, HeaderValue::from_static(reason));
        }
        if retry && !matches!(self, Self::Broken) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if matches!(self, Self::Malformed(_) | Self::TooLarge | Self::Stalled) {
            // Nobody knows where the next request begins.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// The word that gateways tell with the same denial.
    const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Forbidden(_) => Some("forbidden"),
            Self::StoreDown => Some("unavailable"),
            Self::Over(why) => Some(why.as_str()),
            _ => None,
        }
    }

    /// The word for it, in the metrics.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Method | Self::TooLarge | Self::Stalled => "refused",
            Self::Forbidden(_) | Self::Over(_) => "denied",
            Self::Nowhere(_) => "nowhere",
            Self::Unreachable | Self::Broken | Self::Late => "failed",
            Self::StoreDown => "unavailable",
        }
    }

    fn words(&self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request cannot be understood",
                "The address, or something else in the request, can be read in several ways.",
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong-method",
                "The method is not possible here",
                "Neither tunnels nor traces go through here.",
            ),
            Self::Forbidden(_) => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "This is not open to this session",
                "You are signed in, but not for this. If you expected to see something here, ask who looks after it.",
            ),
            Self::Nowhere(_) => (
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing here",
                "No application has this address. Check it, or ask who gave it to you.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "This is too large",
                "More was sent than is taken here at once.",
            ),
            Self::Stalled => (
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The request does not come to its end",
                "More was announced than was sent. Check the connection, and send it again.",
            ),
            Self::Over(_) => (
                StatusCode::UNAUTHORIZED,
                "session-ended",
                "The session has ended",
                "Sign in again to go on.",
            ),
            Self::Unreachable => (
                StatusCode::BAD_GATEWAY,
                "upstream-unreachable",
                "The application is not there",
                "It does not take connections at the moment. You are still signed in; try again in a moment.",
            ),
            Self::Broken => (
                StatusCode::BAD_GATEWAY,
                "upstream-broken",
                "The application did not answer",
                "It broke off before it had answered. What you sent may or may not have arrived; look before you send it again.",
            ),
            Self::Late => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream-late",
                "The application takes too long",
                "It has not answered in time. What you sent may or may not have arrived; look before you send it again.",
            ),
            Self::StoreDown => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "We cannot tell who you are at the moment",
                "The store of sessions does not answer. Nothing was changed and nobody was signed out; try again in a moment.",
            ),
        }
    }
}
