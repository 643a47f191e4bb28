//! `auth/request`: for nginx, which takes 200, 401 and 403 and nothing else. The 401 says in `Location` where a person gets on.
//! nginx cannot tell by itself who opens a page and is to be sent there: `Nightlatch-Redirect` has the address for those alone.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::answer::allow;
use super::decision::{Decision, Denial, decide};
use super::denial::{location, problem};
use super::original::{Original, Unbelievable, no_twins, only, only_one_of_a_kind};
use crate::http::request_kind::opens_page;
use crate::latch::Latch;

const REDIRECT: HeaderName = HeaderName::from_static("nightlatch-redirect");
static METHOD: HeaderName = HeaderName::from_static("x-original-method");
static URL: HeaderName = HeaderName::from_static("x-original-url");

pub(super) async fn ask(latch: &Latch, question: &Parts) -> Response {
    let headers = &question.headers;
    let original = original(headers);
    match decide(latch, &original, headers).await {
        Decision::Allow {
            application, session, ..
        } => allow(application, &session),
        Decision::Deny(denial) => {
            let unauthenticated = matches!(denial, Denial::Unauthenticated { .. });
            let location = match (&denial, &original) {
                (Denial::Unauthenticated { place, why }, Ok(original)) => Some(location(latch, original, place, *why)),
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

fn original(headers: &HeaderMap) -> Result<Original<'_>, Unbelievable> {
    no_twins(headers, &[&METHOD, &URL])?;
    Original::of_address(only_one_of_a_kind(headers, &METHOD)?, only(headers, &URL)?)
}
