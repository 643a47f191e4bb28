//! `auth/request`: for nginx and `HAProxy`, which take 200, 401 and 403 and nothing else. The 401 says in `Location` where
//! to get on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::decision::{Decision, Denial, decide};
use super::denial::{allow, location, problem};
use super::original::{Original, Unbelievable, no_twins, only, only_one_of_a_kind};
use crate::latch::Latch;

static METHOD: HeaderName = HeaderName::from_static("x-original-method");
static URL: HeaderName = HeaderName::from_static("x-original-url");

pub(super) async fn ask(State(latch): State<Arc<Latch>>, headers: HeaderMap) -> Response {
    let original = original(&headers);
    match decide(&latch, &original, &headers).await {
        Decision::Allow {
            application, session, ..
        } => allow(application, &session),
        Decision::Deny(denial) => {
            let location = match (&denial, &original) {
                (Denial::Unauthenticated { place, why }, Ok(original)) => Some(location(&latch, original, place, *why)),
                _ => None,
            };
            let mut response = problem(denial).into_response();
            match location {
                Some(location) => {
                    response.headers_mut().insert(header::LOCATION, location);
                }
                // What is not known is not open, and any other status would be an error of the proxy's.
                None => *response.status_mut() = StatusCode::FORBIDDEN,
            }
            response
        }
    }
}

fn original(headers: &HeaderMap) -> Result<Original<'_>, Unbelievable> {
    no_twins(headers, &[&METHOD, &URL])?;
    Original::of_address(only_one_of_a_kind(headers, &METHOD)?, only(headers, &URL)?)
}
