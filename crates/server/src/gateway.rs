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
pub(crate) mod place;
mod preflight;
mod request;
mod sign_in_page;
#[cfg(test)]
mod site_for_tests;
pub(crate) mod sites;

use axum::http::request::Parts;
use axum::response::Response;

use crate::server_state::ServerState;

/// A way of asking over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Request,
    Forward,
    Ext,
}

/// The way in which a request to this path asks; none where it is no question of a proxy.
pub(crate) fn dialect(prefix: &str, path: &str) -> Option<Dialect> {
    match path.strip_prefix(prefix)?.strip_prefix("/auth/")? {
        "request" => Some(Dialect::Request),
        "forward" => Some(Dialect::Forward),
        "ext" => Some(Dialect::Ext),
        rest => rest.starts_with("ext/").then_some(Dialect::Ext),
    }
}

/// Answers a question, whatever its method: it is the proxy's business which one it asks with.
pub(crate) async fn ask(server: &ServerState, dialect: Dialect, question: &Parts) -> Response {
    match dialect {
        Dialect::Request => request::ask(server, question).await,
        Dialect::Forward => forward::ask(server, question).await,
        Dialect::Ext => ext::ask(server, question).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_at_its_own_path_and_nowhere_else() {
        for (path, asked) in [
            ("/latch/auth/request", Some(Dialect::Request)),
            ("/latch/auth/forward", Some(Dialect::Forward)),
            ("/latch/auth/ext", Some(Dialect::Ext)),
            ("/latch/auth/ext/", Some(Dialect::Ext)),
            ("/latch/auth/ext/a/b", Some(Dialect::Ext)),
            ("/latch/auth/extra", None),
            ("/latch/auth/request/", None),
            ("/latch/auth/Request", None),
            ("/latch/auth/%72equest", None),
            ("/latch/auth/", None),
            ("/latch/session", None),
            ("/other/latch/auth/request", None),
            ("/auth/request", None),
        ] {
            assert_eq!(dialect("/latch", path), asked, "{path}");
        }
    }
}
