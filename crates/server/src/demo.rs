//! Larch Bank: a small application behind nightlatch, with limits short enough to see everything in two minutes.
//!
//! It does what an application does: it signs people in itself, and asks for a verdict before every page. What it does
//! not do is count time.

mod assets;
mod form_proof;
mod full;
mod guard;
mod ledger;
mod limits;
mod next;
mod pages;
mod people;
mod sign_in;
mod upload;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};

pub(crate) use self::limits::{Limits, config};
use crate::http::headers;
use crate::server_state::ServerState;

/// A piece of an upload and a little more.
const LARGEST_BODY: usize = 64 * 1024;

/// Everything of the bank. It has the root of the listener to itself.
pub(crate) fn router(server: Arc<ServerState>) -> Router {
    Router::new()
        .route("/", get(pages::dashboard))
        .route("/billing", get(pages::billing))
        .route("/admin", get(pages::admin))
        .route("/upload", get(pages::upload))
        .route("/demo/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/demo/upload", post(upload::chunk))
        .route("/demo/assets/{file}", get(assets::get))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(protected))
        .with_state(server)
}

/// Redirects and refusals are protected as the pages are. Files alone say themselves how long they may be kept.
async fn protected(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let kept = headers.remove(header::CACHE_CONTROL);
    headers::protect_page(headers);
    if let Some(kept) = kept {
        headers.insert(header::CACHE_CONTROL, kept);
    }
    response
}
