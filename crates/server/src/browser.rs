//! The browser side: one file per endpoint (DESIGN section 6).

mod activity;
mod assets;
mod choice;
mod draft_key;
mod events;
mod extend;
mod form;
mod hold;
mod return_to;
mod sentence;
mod session;
mod sign_out;
mod signed_out;
mod snippet;
pub(crate) mod standing;
pub(crate) mod streams;
mod tab;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};

pub(crate) use self::snippet::Snippet;
use crate::gateway;
use crate::http::cross_origin::cross_origin;
use crate::http::problem::Problem;
use crate::latch::Latch;

/// No request of the browser side carries more than a few names.
const BODY_LIMIT: usize = 16 * 1024;

/// Every endpoint below the prefix. `extra` is served beside them.
pub(crate) fn router(latch: Arc<Latch>, extra: Router) -> Router {
    let gateway = gateway::router(&latch.prefix);
    endpoints(latch, gateway, extra)
}

/// Those that pages need: whoever may send anything at all must not be taken for a proxy that asks.
pub(crate) fn router_for_pages(latch: Arc<Latch>) -> Router {
    endpoints(latch, Router::new(), Router::new())
}

fn endpoints(latch: Arc<Latch>, gateway: Router<Arc<Latch>>, extra: Router) -> Router {
    // Written out in full: nesting would rewrite the address of every request.
    let at = |path: &str| format!("{}/{path}", latch.prefix);
    Router::new()
        .route(&at("session"), get(session::get))
        .route(&at("activity"), post(activity::post))
        .route(&at("extend"), post(extend::post))
        .route(&at("tab"), post(tab::post))
        .route(&at("tab/{id}"), axum::routing::delete(tab::delete))
        .route(&at("hold"), post(hold::post))
        .route(&at("hold/{id}"), put(hold::put).delete(hold::delete))
        .route(&at("events"), get(events::get))
        .route(&at("sign-out"), post(sign_out::post))
        .route(&at("choice"), get(choice::get).put(choice::put))
        .route(&at("draft-key"), get(draft_key::get))
        .route(&at("signed-out"), get(signed_out::get))
        .route(&at("sdk.json"), get(snippet::get))
        .route(&at("sdk/{part}"), get(assets::part))
        .route(&at("{asset}"), get(assets::get))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(Arc::clone(&latch), cross_origin))
        // Outside: a preflight that a proxy asks about is the application's, and answering it here would let it pass.
        .merge(gateway)
        .with_state(latch)
        .merge(extra)
        .fallback(nothing_here)
}

async fn nothing_here() -> Problem {
    Problem::not_found("No page and no endpoint has this path.")
}

async fn wrong_method() -> impl IntoResponse {
    let detail = "The path is known and the method is not; the header `Allow` names those that are.";
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "The method is not possible here",
        detail,
    )
}

#[cfg(test)]
mod tests;
