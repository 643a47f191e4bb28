//! `auth/forward`: for Caddy, Traefik and `HAProxy`, which hand the whole answer on. Who opens a page is sent on, others get a problem.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;

use super::answer::answer;
use super::original::{Original, Unbelievable, no_twins, only, only_one_of_a_kind};
use crate::latch::Latch;

static METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static URI: HeaderName = HeaderName::from_static("x-forwarded-uri");

pub(super) async fn ask(latch: &Latch, question: &Parts) -> Response {
    let headers = &question.headers;
    answer(latch, original(headers), headers).await
}

fn original(headers: &HeaderMap) -> Result<Original<'_>, Unbelievable> {
    no_twins(headers, &[&METHOD, &HOST, &URI])?;
    Original::new(
        only_one_of_a_kind(headers, &METHOD)?,
        only_one_of_a_kind(headers, &HOST)?,
        only(headers, &URI)?,
    )
}
