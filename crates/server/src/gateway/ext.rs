//! `auth/ext/…`: for Envoy, which asks with the method, the host and, behind the prefix, the path of the request itself.

use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;

use super::answer::answer;
use super::original::{Original, Unbelievable, only_one_of_a_kind};
use crate::latch::Latch;

pub(super) async fn ask(latch: &Latch, question: &Parts) -> Response {
    answer(latch, original(latch, question), &question.headers).await
}

fn original<'a>(latch: &Latch, question: &'a Parts) -> Result<Original<'a>, Unbelievable> {
    let asked = question.uri.path_and_query().map_or("", |target| target.as_str());
    let target = asked
        .strip_prefix(&*latch.prefix)
        .and_then(|rest| rest.strip_prefix("/auth/ext"))
        .ok_or(Unbelievable::Address)?;
    let target = if target.is_empty() { "/" } else { target };
    let host = only_one_of_a_kind(&question.headers, &header::HOST)?;
    Original::new(&latch.sites, question.method.as_str(), host, target)
}
