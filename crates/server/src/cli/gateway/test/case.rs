//! The list of cases, and what becomes of each.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::cases::{activity, cookies, denials, forgery, open, passing, paths, protocol};
use super::kit::Kit;
use super::outcome::Outcome;

/// One case, and what it found.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) case: &'static Case,
    pub(super) outcome: anyhow::Result<Outcome>,
}

/// Something that must hold of every gateway.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) holds: &'static str,
    run: for<'a> fn(&'a Kit<'a>) -> BoxFuture<'a, anyhow::Result<Outcome>>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Tried {
    pub(super) fn is_failed(&self) -> bool {
        self.outcome.is_err()
    }
}

macro_rules! cases {
    ($($name:literal, $holds:literal, $run:path;)*) => {
        &[$(Case { name: $name, holds: $holds, run: |kit| $run(kit).boxed() }),*]
    };
}

const CASES: &[Case] = cases! {
    "allow", "a session passes, and the application is told who it is", passing::allow;
    "bearer", "a token in Authorization is as good as the cookie", passing::bearer;
    "methods", "every method arrives with its body, once", passing::methods;
    "address", "path and query arrive as they were sent, and the host with its port", passing::address;
    "endpoints", "pages reach the endpoints of nightlatch, and nobody the check", passing::endpoints;
    "own-cookie", "the application does not get the cookie of the session", passing::own_cookie;
    "own-authorization", "the application gets its own Authorization, and no token of ours", passing::own_authorization;
    "nobody", "without a session a page leads to the sign-in, anything else is 401", denials::nobody;
    "sign-in", "the page to sign in at is there without a session", open::sign_in;
    "open", "everybody sees what is open, as nobody", open::open;
    "preflights", "a preflight passes as nobody's, and nothing that only looks like one", open::preflights;
    "other-methods", "without a session no method passes", denials::other_methods;
    "idle", "a session that was idle too long is over", denials::idle;
    "absolute", "a session that is too old is over", denials::absolute;
    "locked", "a locked session is served nothing", denials::locked;
    "step-up", "a gate asks for authentication again, and opens after it", denials::step_up;
    "forbidden", "a session of another application is refused without a redirect", denials::forbidden;
    "ended", "a session that somebody ended is over at once", denials::ended;
    "unknown-host", "a host that is no site of nightlatch is refused", denials::unknown_host;
    "identity-forgery", "no spelling of an identity header of the client arrives", forgery::identity;
    "forwarding-forgery", "no spelling of a forwarding header of the client arrives", forgery::forwarding;
    "connection-forgery", "what the client names in Connection takes out nothing of ours", forgery::connection;
    "target-forgery", "no header of the client changes what is asked about", forgery::target;
    "cookies", "a cookie that is there twice, or is none of ours, is no session", cookies::odd;
    "other-cookies", "the application gets its own cookies as they were sent", cookies::others;
    "sizes", "an upload of some megabytes and eleven kilobytes of cookies pass", passing::sizes;
    "escapes", "a path with escapes arrives as it was sent where every reading may pass", paths::escapes;
    "ranges", "ranges are the business of the application", protocol::ranges;
    "conditions", "conditional requests are the business of the application", protocol::conditions;
    "upgrades", "a WebSocket passes with a session and not without", protocol::upgrades;
    "big-headers", "headers that are too big for somebody are refused, not passed by", protocol::big_headers;
    "prefetch", "what browsers fetch ahead does not keep a session alive", activity::prefetch;
    "passive", "what the application calls passive does not keep a session alive", activity::passive;
    "navigation", "a page that is opened keeps a session alive", activity::navigation;
    "paths", "no way to write a path gets past the check without a session", paths::without_session;
    "gated-paths", "no way to write a path gets past a gate", paths::past_gate;
};

/// Tries one after the other.
pub(super) async fn try_all(kit: &Kit<'_>) -> Vec<Tried> {
    let mut tried = Vec::with_capacity(CASES.len());
    for case in CASES {
        let outcome = (case.run)(kit).await;
        tried.push(Tried { case, outcome });
    }
    tried
}
