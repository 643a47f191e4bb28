//! `GET signed-out`: says what happened and why, and never redirects by itself.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use nightlatch_core::session::EndReason;
use serde::Deserialize;

use crate::http::headers::page;
use crate::http::return_to;
use crate::http::sign_in_url::SignInUrl;
use crate::server_state::ServerState;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    reason: String,
    /// Where they were.
    return_to: Option<String>,
}

/// The way back in.
struct WayIn {
    href: String,
    /// Where in the address the page to come back to is, for the script that knows its fragment.
    page: &'static str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'a> {
    title: &'a str,
    text: &'a str,
    way_in: Option<WayIn>,
    provider_note: Option<&'a str>,
    prefix: &'a str,
}

pub(super) async fn get(
    State(server): State<Arc<ServerState>>,
    headers: HeaderMap,
    why: Result<Query<Why>, QueryRejection>,
) -> Response {
    // The address may say anything; what the page says is one of these.
    let why = why.map_or_else(|_| Why::default(), |Query(why)| why);
    let (title, text) = words(EndReason::from_word(&why.reason));
    // Whatever sends people here without a word is still a page that they come from.
    let was_on = match &why.return_to {
        Some(named) => return_to::page(&server, &headers, named),
        None => return_to::referring_page(&server, headers.get(header::REFERER)),
    };
    page(
        SignedOut {
            title,
            text,
            way_in: way_in(server.sign_in_url.as_ref(), was_on),
            provider_note: server.provider_note.as_deref(),
            prefix: &server.prefix,
        }
        .render(),
    )
}

/// To where people sign in, and back to where they were; without such an address their page itself asks them to.
fn way_in(sign_in_url: Option<&SignInUrl>, was_on: Option<String>) -> Option<WayIn> {
    match sign_in_url {
        Some(url) => Some(WayIn {
            href: return_to::with_page(url.as_str(), was_on.as_deref()),
            page: if was_on.is_some() { "parameter" } else { "" },
        }),
        None => was_on.map(|href| WayIn { href, page: "address" }),
    }
}

fn words(reason: Option<EndReason>) -> (&'static str, &'static str) {
    match reason {
        Some(EndReason::Idle) => (
            "You were signed out because nobody was there",
            "There was no activity for a while, so your session was closed to keep it safe.",
        ),
        Some(EndReason::Absolute) => (
            "You were signed out because your session reached its longest time",
            "A session here lasts only so long, however active you are. Sign in again to go on.",
        ),
        Some(EndReason::User) => ("You are signed out", "You ended this session yourself."),
        Some(EndReason::Admin) => (
            "You were signed out by an administrator",
            "Somebody who looks after this service ended your session. If you do not expect that, ask them.",
        ),
        Some(EndReason::Disconnected) => (
            "You were signed out because the page was closed",
            "No tab was open for a while, so your session was closed to keep it safe.",
        ),
        Some(EndReason::Superseded) => (
            "You were signed out because somebody else signed in",
            "Another person signed in with this browser, which ended your session.",
        ),
        Some(EndReason::Upstream) => (
            "You were signed out where you sign in",
            "Your identity provider ended your session, and this one with it.",
        ),
        Some(EndReason::Account) => (
            "You were signed out because your account changed",
            "Your account was disabled or its credentials changed. If you do not expect that, ask who looks after it.",
        ),
        None => ("You are signed out", "Nobody is signed in here now."),
    }
}
