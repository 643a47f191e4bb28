//! Which session a request names: the cookie or `Authorization: Bearer`, and nothing else.

use axum::http::{HeaderMap, header};
use nightlatch_engine::token::Digest;

use super::cookie::Presented;
use super::problem::Problem;
use crate::latch::Latch;

/// How a request names its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) digest: Digest,
    /// Sent by a client on purpose. Browsers never add it by themselves, so no other site can make them.
    pub(crate) bearer: bool,
}

/// The session a request names, if any. What cannot be a token names none. In `Authorization` something else may stand that
/// is for the application behind: then the cookie counts.
pub(crate) fn credential(latch: &Latch, headers: &HeaderMap) -> Option<Credential> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(digest) = authorization.and_then(bearer_token).and_then(Digest::of) {
        return Some(Credential { digest, bearer: true });
    }
    match latch.cookie.read(headers) {
        Presented::One(token) => Digest::of(token).map(|digest| Credential { digest, bearer: false }),
        Presented::Nothing => None,
        Presented::Several => {
            tracing::warn!("a request presents the session cookie twice; it names no session");
            None
        }
    }
}

/// The same where a session is needed.
pub(crate) fn required(latch: &Latch, headers: &HeaderMap) -> Result<Credential, Problem> {
    credential(latch, headers).ok_or_else(Problem::no_session)
}

/// The token of an `Authorization` header. The scheme is compared without regard to case (RFC 9110 section 11.1).
pub(crate) fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
