//! What somebody sees who is signed in elsewhere as often as the policy allows: where that is, and which of it they may end.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use nightlatch_core::policy::OnMaxSessions;
use nightlatch_core::resolution::SessionLimit;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::Record;

use super::people::Person;
use super::{form_proof, words};
use crate::http::headers as answer;
use crate::server_state::ServerState;

#[derive(Template)]
#[template(path = "demo/full.html")]
struct Full<'a> {
    prefix: &'a str,
    next: &'a str,
    form_token: &'a str,
    person: &'a Person,
    /// How many there may be.
    most: u32,
    /// How many have to end.
    to_end: usize,
    /// Whether the person may choose.
    asks: bool,
    sessions: Vec<Elsewhere>,
}

/// A session in another browser.
struct Elsewhere {
    handle: String,
    signed_in: String,
    active: String,
}

/// The page; nothing has changed.
pub(super) fn page(
    server: &ServerState,
    headers: &HeaderMap,
    person: &Person,
    next: &str,
    limit: &SessionLimit,
    sessions: &[Record],
) -> Response {
    let now = server.engine.clock().now();
    let proof = form_proof::issue(headers);
    let most = limit.most.get();
    let html = Full {
        prefix: &server.prefix,
        next,
        form_token: &proof.field,
        person,
        most,
        to_end: (sessions.len() + 1).saturating_sub(usize::try_from(most).unwrap_or(usize::MAX)),
        asks: limit.on_reached == OnMaxSessions::Ask,
        sessions: sessions.iter().map(|record| Elsewhere::of(record, now)).collect(),
    };
    let mut response = answer::page(html.render());
    *response.status_mut() = StatusCode::CONFLICT;
    let cookie = proof.set_cookie.map(|cookie| (header::SET_COOKIE, cookie));
    response.headers_mut().extend(cookie);
    response
}

impl Elsewhere {
    fn of(record: &Record, now: Instant) -> Self {
        Self {
            handle: record.handle.to_string(),
            signed_in: ago(now.since(record.created)),
            active: ago(now.since(record.session.activity.seen)),
        }
    }
}

fn ago(span: Span) -> String {
    match span.as_millis() / 1000 {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", words::of_span(Span::from_secs(seconds))),
    }
}
