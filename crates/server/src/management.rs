//! The management listener: operators and application back ends, each with a key of their own.

mod admission;
mod applications;
mod at_most;
mod audit;
mod docs;
mod entity_tag;
pub(crate) mod explain;
mod health;
mod input;
pub(crate) mod keys;
mod merge_patch;
mod metrics;
pub(crate) mod name;
mod nodes;
mod openapi;
mod operation;
mod page;
mod policy;
mod reach;
mod refusal;
pub(crate) mod rfc3339;
mod schema;
pub(crate) mod scope;
mod sessions;
mod signature;
pub(crate) mod text;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::sync::Mutex;

use self::health::Readiness;
use self::keys::KeyRing;
pub(crate) use self::keys::ensure_key;
use self::metrics::StrainAsked;
use self::operation::Operation;
use self::refusal::Refusal;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

/// What the handlers of this listener need.
#[derive(Debug)]
struct Management {
    server: Arc<ServerState>,
    keys: KeyRing,
    readiness: Readiness,
    strain_asked: StrainAsked,
    /// Held while an application is written: it lies in two places.
    applications_turn: Mutex<()>,
}

pub(crate) fn router(server: Arc<ServerState>) -> Router {
    let keys = KeyRing::new(Arc::clone(&server.engine));
    let management = Arc::new(Management {
        server,
        keys,
        readiness: Readiness::default(),
        strain_asked: StrainAsked::default(),
        applications_turn: Mutex::default(),
    });
    let keyed = routes().layer(from_fn_with_state(Arc::clone(&management), admission::admit));
    Router::new()
        .nest(API, keyed.merge(open()))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(management)
}

/// Below this path stands everything that has a description.
const API: &str = "/api/v1";

/// Every operation: one table that is the router and the description alike.
fn operations() -> Vec<Operation> {
    vec![
        sessions::list::operation(),
        sessions::create::operation(),
        sessions::show::operation(),
        sessions::end::operation(),
        sessions::reauthenticate::operation(),
        sessions::bound::operation(),
        sessions::end_matching::operation(),
        explain::session(),
        sessions::summary::operation(),
        sessions::of_subject::listing(),
        sessions::of_subject::ending(),
        applications::list::operation(),
        applications::create::operation(),
        applications::show::operation(),
        applications::write::replacing(),
        applications::write::patching(),
        applications::remove::operation(),
        policy::operation(),
        policy::write::replacing(),
        policy::write::patching(),
        policy::state::operation(),
        policy::plan::operation(),
        policy::lints::operation(),
        policy::report::json(),
        policy::report::markdown(),
        policy::revisions::listing(),
        policy::revisions::showing(),
        policy::restore::operation(),
        explain::anybody(),
        audit::operation(),
        nodes::operation(),
        keys::list::operation(),
        keys::create::operation(),
        keys::remove::operation(),
    ]
}

/// Everything that needs a key, the answer to an unknown path included: without one nobody learns what is kept here.
fn routes() -> Router<Arc<Management>> {
    let described = operations().into_iter().fold(Router::new(), |router, operation| {
        let path = operation.path.strip_prefix(API).unwrap_or(operation.path);
        router.route(path, operation.into_route())
    });
    described
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
}

/// The description itself, for people and for tools.
fn open() -> Router<Arc<Management>> {
    Router::new()
        .route("/openapi.json", get(openapi::openapi))
        .route("/docs", get(docs::docs))
}

async fn nothing_here() -> Problem {
    Problem::not_found("No such path. The management API is below /api/v1/; /api/v1/docs describes it.")
}

/// The router adds `Allow`.
async fn wrong_method() -> Problem {
    Refusal::MethodNotAllowed.because("This path does not take the method; the header Allow names those it takes.")
}

#[cfg(test)]
mod tests;
