//! `auth/request`: for nginx, which takes 200, 401 and 403 and nothing else. The 401 says in `Location` where a person gets on.
//! nginx cannot tell by itself who opens a page and is to be sent there: `Nightlatch-Redirect` has the address for those alone.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::{allow, allow_everybody};
use super::decision::{Decision, Denial, decide};
use super::denial::{location, problem};
use super::original::{Original, Unbelievable, no_twins, only, only_one_of_a_kind};
use super::preflight::announces_body;
use crate::http::request_kind::opens_page;
use crate::server_state::ServerState;

const REDIRECT: HeaderName = HeaderName::from_static("nightlatch-redirect");
static METHOD: HeaderName = HeaderName::from_static("x-original-method");
static URL: HeaderName = HeaderName::from_static("x-original-url");
/// Length and coding of the body, between them a semicolon.
static BODY: HeaderName = HeaderName::from_static("x-original-body");

pub(super) async fn ask(server: &ServerState, question: &Parts) -> Response {
    let headers = &question.headers;
    let original = original(server, headers);
    match decide(server, &original, headers).await {
        Decision::Allow {
            application,
            session,
            authorization,
            ..
        } => allow(application, &session, &authorization, headers),
        Decision::Open { authorization, .. } => allow_everybody(&authorization, headers),
        Decision::Deny(denial) => {
            let unauthenticated = matches!(denial, Denial::Unauthenticated { .. });
            let location = match (&denial, &original) {
                (Denial::Unauthenticated { place, why }, Ok(original)) => {
                    Some(location(server, original, headers.get(header::REFERER), place, *why))
                }
                _ => None,
            };
            let mut problem = problem(denial);
            if !unauthenticated {
                // What is not known is not open, and any other status would be an error of the proxy's.
                problem = problem.with_status(StatusCode::FORBIDDEN);
            }
            let mut response = problem.into_response();
            if let Some(location) = location {
                if opens_page(headers) {
                    response.headers_mut().insert(REDIRECT, location.clone());
                }
                response.headers_mut().insert(header::LOCATION, location);
            }
            response
        }
    }
}

fn original<'a>(server: &ServerState, headers: &'a HeaderMap) -> Result<Original<'a>, Unbelievable> {
    no_twins(headers, &[&METHOD, &URL, &BODY])?;
    let method = only_one_of_a_kind(headers, &METHOD)?;
    let original = Original::of_address(&server.sites, method, only(headers, &URL)?)?;
    // nginx keeps to itself what announces the body of a request; it tells what it knows, or a body may be there.
    let told = headers.get(&BODY);
    Ok(original.with_body(told.is_none_or(announces_body)))
}
