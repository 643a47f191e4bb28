//! Forward authentication: a proxy in front of applications asks here, request by request, whether it may pass.
//!
//! There is one endpoint for each way in which proxies ask, and each believes only the headers of its own way.

mod answer;
#[cfg(test)]
mod corpus;
pub(crate) mod decision;
pub(crate) mod denial;
#[cfg(feature = "envoy-grpc")]
pub(crate) mod envoy_grpc;
mod ext;
pub(crate) mod fastcgi;
mod forward;
pub(crate) mod identity;
pub(crate) mod original;
mod request;
#[cfg(test)]
mod site_for_tests;
mod sites;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

pub(crate) use self::sites::{Place, Sites};
use crate::latch::Latch;

/// Whatever the method: it is the proxy's business which one it asks with.
pub(crate) fn router(prefix: &str) -> Router<Arc<Latch>> {
    let at = |path: &str| format!("{prefix}/auth/{path}");
    Router::new()
        .route(&at("request"), any(request::ask))
        .route(&at("forward"), any(forward::ask))
        .route(&at("ext"), any(ext::ask))
        .route(&at("ext/"), any(ext::ask))
        .route(&at("ext/{*path}"), any(ext::ask))
}
