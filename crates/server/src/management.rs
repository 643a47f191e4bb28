//! The management listener: operators and application back ends, each with a key of their own.

mod admission;
mod audit;
pub(crate) mod explain;
mod health;
mod input;
pub(crate) mod keys;
mod metrics;
mod policy;
pub(crate) mod rfc3339;
mod sessions;
pub(crate) mod text;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use self::health::Readiness;
use self::keys::KeyRing;
pub(crate) use self::keys::ensure_key;
use crate::http::problem::Problem;
use crate::latch::Latch;

/// What the handlers of this listener need.
#[derive(Debug)]
struct Management {
    latch: Arc<Latch>,
    keys: KeyRing,
    readiness: Readiness,
}

pub(crate) fn router(latch: Arc<Latch>) -> Router {
    let keys = KeyRing::new(Arc::clone(&latch.engine));
    let management = Arc::new(Management {
        latch,
        keys,
        readiness: Readiness::default(),
    });
    Router::new()
        .nest("/api/v1", api(&management))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(management)
}

/// Everything that needs a key, the answer to an unknown path included: without one nobody learns what there is.
fn api(management: &Arc<Management>) -> Router<Arc<Management>> {
    Router::new()
        .route("/sessions", get(sessions::list::list).post(sessions::create::create))
        .route("/sessions/end", post(sessions::end_matching::end_matching))
        .route(
            "/sessions/{handle}",
            get(sessions::show::show).delete(sessions::end::end),
        )
        .route(
            "/sessions/{handle}/reauthenticate",
            post(sessions::reauthenticate::reauthenticate),
        )
        .route("/sessions/{handle}/explanation", get(explain::of_session))
        .route(
            "/subjects/{subject}/sessions",
            get(sessions::of_subject::list).delete(sessions::of_subject::end),
        )
        .route("/policy", get(policy::policy))
        .route("/explain", get(explain::of_anybody))
        .route("/audit", get(audit::audit))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(management), admission::admit))
}

async fn nothing_here() -> Problem {
    Problem::not_found(
        "No such path. The management API is below /api/v1/: sessions, subjects, policy, explain, audit.",
    )
}

/// The router adds `Allow`.
async fn wrong_method() -> Problem {
    let detail = "This path does not take the method; the header Allow names those it takes.";
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The method is not possible here",
        detail,
    )
}
