//! What somebody is told who may not pass, and where they get on.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::decision::{Denial, Why};
use super::original::Original;
use super::place::Place;
use crate::http::headers::protect;
use crate::http::problem::Problem;
use crate::http::return_to::{referring_page, with_page, with_parameter};
use crate::http::sign_in_url::SignInUrl;
use crate::server_state::ServerState;

/// Why a request was denied, in one word, for the proxy.
pub(crate) const REASON: HeaderName = HeaderName::from_static("nightlatch-reason");

/// The problem that a denial is.
pub(crate) fn problem(denial: Denial<'_>) -> Problem {
    let reason = HeaderValue::from_static(denial.as_str());
    let problem = match denial {
        Denial::Unauthenticated { why, .. } => match why {
            Why::Nobody => Problem::no_session(),
            Why::Ended { at, reason } => Problem::ended(at, reason),
            Why::Locked => Problem::locked(),
            Why::StepUp(step_up) => Problem::step_up(step_up),
        },
        Denial::Forbidden(forbidden) => Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This is not open to this session",
            forbidden.to_string(),
        ),
        Denial::Unbelievable(unbelievable) => {
            tracing::warn!(%unbelievable, "a gateway asks about a request that cannot be believed");
            Problem::bad_request(unbelievable.to_string())
        }
        Denial::Unavailable(error) => Problem::from(error),
    };
    problem.with_header(REASON, reason)
}

/// Where somebody gets on who has to authenticate: to the page that says what happened, or to where they sign in; told
/// where to come back to. Always an absolute address.
pub(crate) fn location(
    server: &ServerState,
    original: &Original<'_>,
    referrer: Option<&HeaderValue>,
    place: &Place,
    why: Why,
) -> HeaderValue {
    // What is below the page to sign in at may be where that page leads: from there people get on by themselves.
    let told = matches!(why, Why::Ended { .. }) || server.sites.is_behind_sign_in(place, &original.readings);
    let address = match &server.sign_in_url {
        Some(url) if !told => sign_in(server, place, url, why),
        _ => {
            let page = format!("{}/signed-out?reason={}", server.prefix, why.as_str());
            server.sites.address(place, &page)
        }
    };
    let page = page_of(server, original, referrer, place);
    HeaderValue::try_from(with_page(&address, page.as_deref())).unwrap_or_else(|_| HeaderValue::from_static("/"))
}

/// The page to sign in at, told how fresh an authentication has to be where a gate asks for one.
fn sign_in(server: &ServerState, place: &Place, url: &SignInUrl, why: Why) -> String {
    let address = if url.as_str().starts_with('/') {
        server.sites.address(place, &url.as_sent())
    } else {
        url.as_sent()
    };
    match why {
        Why::StepUp(step_up) => with_parameter(&address, "max_age", &step_up.max_age_seconds().to_string()),
        _ => address,
    }
}

/// The page that the person looks at, or asks for. A form is sent from a page; where it is sent to may be no page at all.
fn page_of(
    server: &ServerState,
    original: &Original<'_>,
    referrer: Option<&HeaderValue>,
    place: &Place,
) -> Option<String> {
    if original.is_read() {
        Some(server.sites.address(place, original.target))
    } else {
        referring_page(server, referrer)
    }
}

/// Sends somebody who looks at pages on: a read is repeated there as a read, anything else is not sent again.
pub(crate) fn redirect(original: &Original<'_>, location: HeaderValue, why: Why) -> Response {
    let status = if original.is_read() {
        StatusCode::FOUND
    } else {
        StatusCode::SEE_OTHER
    };
    let reason = HeaderValue::from_static(why.as_str());
    let mut response = (status, [(header::LOCATION, location), (REASON, reason)]).into_response();
    protect(response.headers_mut());
    response
}
