//! The browser side: one file per endpoint (DESIGN section 6).

pub(crate) mod abandoned;
mod activity;
mod assets;
pub(crate) mod attendance;
mod attending;
mod choice;
mod diagnostic;
mod draft_key;
mod early;
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
mod streams;
mod tab;
mod writer;

use std::sync::Arc;

use axum::body::{Bytes, HttpBody};
use axum::http::{Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{BoxError, Router};

pub(crate) use self::snippet::Snippet;
use crate::gateway;
use crate::http::cross_origin::cross_origin;
use crate::http::headers::promise_tls;
use crate::http::problem::Problem;
use crate::http::question::repeat_question;
use crate::http::routed::routed;
use crate::http::unread::throw_away;
use crate::server_state::ServerState;

/// Answers a proxy that asks, or a page.
///
/// Proxies ask about every request to every application, so that a question goes past the routes and what stands before
/// them: a preflight that a proxy asks about is the application's, and answering it here would let it pass.
pub(crate) async fn answer<B>(server: Arc<ServerState>, routes: Router, request: Request<B>) -> Response
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let question = gateway::dialect(&server.prefix, request.uri().path());
    let mut response = match question {
        Some(dialect) => {
            let (question, body) = request.into_parts();
            let answer = gateway::ask(&server, dialect, &question).await;
            // Gateways that have a refused upload answered here pass the answer on once they are rid of what they were sent.
            throw_away(body).await;
            answer
        }
        None => routed(routes, request).await,
    };
    // What lets a request pass is for the proxy; everything else reaches browsers.
    if question.is_none() || response.status() != StatusCode::OK {
        promise_tls(&server.cookie, response.headers_mut());
    }
    response
}

/// The endpoints that pages need, below the prefix. `extra` is served beside them.
pub(crate) fn router(server: Arc<ServerState>, extra: Router) -> Router {
    // Written out in full: nesting would rewrite the address of every request.
    let at = |path: &str| format!("{}/{path}", server.prefix);
    Router::new()
        .route(&at("session"), get(session::get).post(session::post))
        .route(&at("activity"), post(activity::post))
        .route(&at("extend"), post(extend::post))
        .route(&at("tab"), post(tab::post))
        .route(&at("tab/{id}"), post(tab::freeze).delete(tab::delete))
        .route(&at("hold"), post(hold::post))
        .route(&at("hold/{id}"), put(hold::put).delete(hold::delete))
        .route(&at("events"), get(events::get))
        .route(&at("sign-out"), post(sign_out::post))
        .route(&at("diagnostic"), post(diagnostic::post))
        .route(&at("choice"), get(choice::get).put(choice::put))
        .route(&at("draft-key"), get(draft_key::get))
        .route(&at("signed-out"), get(signed_out::get))
        .route(&at("sdk.json"), get(snippet::get))
        .route(&at("sdk/{part}"), get(assets::part))
        .route(&at("{asset}"), get(assets::get))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(repeat_question))
        .layer(from_fn_with_state(Arc::clone(&server), cross_origin))
        .with_state(server)
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
