//! `auth/forward`: for Caddy, Traefik and `HAProxy`, which hand the whole answer on. Who opens a page is sent on, others get a problem.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;

use super::answer::answer;
use super::original::{Original, Unbelievable, no_twins, only, only_one_of_a_kind};
use super::preflight::announces_body;
use crate::server_state::ServerState;

static METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
static BODY: HeaderName = HeaderName::from_static("x-forwarded-body");

pub(super) async fn ask(server: &ServerState, question: &Parts) -> Response {
    let headers = &question.headers;
    answer(server, original(server, headers), headers).await
}

fn original<'a>(server: &ServerState, headers: &'a HeaderMap) -> Result<Original<'a>, Unbelievable> {
    no_twins(headers, &[&METHOD, &HOST, &URI, &BODY])?;
    let original = Original::new(
        &server.sites,
        only_one_of_a_kind(headers, &METHOD)?,
        only_one_of_a_kind(headers, &HOST)?,
        only(headers, &URI)?,
    )?;
    // Only some of these proxies tell.
    Ok(original.with_body(headers.get(&BODY).is_some_and(announces_body)))
}
