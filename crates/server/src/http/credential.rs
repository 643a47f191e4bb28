//! Which session a request names: the cookie or `Authorization: Bearer`, and nothing else.
//!
//! `Authorization` belongs to the application behind as well, whose own tokens may look like ours. So a bearer counts where
//! it is one of ours, whatever has become of its session; else the cookie counts as if nothing stood beside it.

use axum::http::{HeaderMap, header};
use nightlatch_engine::Standing;
use nightlatch_store::StoreError;
use nightlatch_store::token::Digest;

use super::cookie::Presented;
use super::problem::Problem;
use crate::server_state::ServerState;

/// How a request names its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) digest: Digest,
    /// Sent by a client on purpose. Browsers never add it by themselves, so no other site can make them.
    pub(crate) bearer: bool,
}

impl Credential {
    /// The application that the session was made for, over or not; none too where there is no such session.
    pub(crate) async fn application(self, server: &ServerState) -> Result<Option<Box<str>>, StoreError> {
        Ok(match server.engine.status(&self.digest).await? {
            Standing::Live(session) => session.facts.application.clone(),
            Standing::Ended { handle, .. } => {
                let found = server.engine.find(&handle).await?;
                found.and_then(|(record, _)| record.session.facts.application.clone())
            }
            Standing::Unknown => None,
        })
    }
}

/// The session a request names, if any. What cannot be a token names none, and neither do two tokens of ours: nobody can tell
/// which is meant.
pub(crate) async fn credential(server: &ServerState, headers: &HeaderMap) -> Result<Option<Credential>, StoreError> {
    let by_cookie = by_cookie(server, headers);
    let mut bearers = bearers(headers);
    let Some(first) = bearers.next() else {
        return Ok(by_cookie);
    };
    let bearer = |digest| Credential { digest, bearer: true };
    let mut others = bearers.filter(|other| *other != first).peekable();
    if by_cookie.is_none() && others.peek().is_none() {
        // Whether it is ours is found out when its session is looked up.
        return Ok(Some(bearer(first)));
    }
    let mut named = None;
    for digest in std::iter::once(first).chain(others) {
        if !server.engine.is_ours(&digest).await? {
            continue;
        }
        if named.is_some_and(|named| named != digest) {
            tracing::warn!("a request presents two bearer tokens of ours; it names no session");
            return Ok(None);
        }
        named = Some(digest);
    }
    Ok(named.map(bearer).or(by_cookie))
}

/// The same where a session is needed.
pub(crate) async fn required(server: &ServerState, headers: &HeaderMap) -> Result<Credential, Problem> {
    credential(server, headers).await?.ok_or_else(Problem::no_session)
}

fn by_cookie(server: &ServerState, headers: &HeaderMap) -> Option<Credential> {
    match server.cookie.read(headers) {
        Presented::One(token) => Digest::of(token).map(|digest| Credential { digest, bearer: false }),
        Presented::Nothing => None,
        Presented::Several => {
            tracing::warn!("a request presents the session cookie twice; it names no session");
            None
        }
    }
}

/// The bearer tokens of all `Authorization` lines that may be ours. Servers join several lines with commas.
fn bearers(headers: &HeaderMap) -> impl Iterator<Item = Digest> {
    let lines = headers.get_all(header::AUTHORIZATION).iter();
    let elements = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    elements.filter_map(bearer_token).filter_map(Digest::of)
}

/// The token of an `Authorization` header. The scheme is compared without regard to case (RFC 9110 section 11.1).
pub(crate) fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
