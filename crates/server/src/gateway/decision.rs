//! Whether a request may pass.

use axum::http::{HeaderMap, HeaderValue};
use nightlatch_core::facts::Facts;
use nightlatch_core::path::{Path, Readings};
use nightlatch_core::resolution::is_passive;
use nightlatch_core::session::{Answer, EndReason, RequestKind, StepUp, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_engine::{Outcome, Snapshot, Standing};
use nightlatch_store::StoreError;
use nightlatch_store::token::Digest;

use super::original::{Original, Unbelievable};
use super::place::Place;
use super::preflight::is_preflight;
use super::sites::Nowhere;
use crate::config::Preflights;
use crate::http::application_headers;
use crate::http::credential::{Credential, credential};
use crate::http::request_kind::request_kind;
use crate::server_state::ServerState;

/// The answer to the question of a proxy.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are the large one")]
pub(crate) enum Decision<'a> {
    Allow {
        place: &'a Place,
        /// The one that the request is for, where that is known.
        application: Option<&'a str>,
        session: Snapshot,
        credential: Credential,
        /// What the application may get of that header.
        authorization: Vec<HeaderValue>,
    },
    /// Everybody may, signed in or not: it is nobody's, and shows nobody to be there.
    Open {
        place: &'a Place,
        /// What the application may get of that header.
        authorization: Vec<HeaderValue>,
    },
    Deny(Denial<'a>),
}

#[derive(Debug)]
pub(crate) enum Denial<'a> {
    /// Authenticating helps.
    Unauthenticated { place: &'a Place, why: Why },
    /// It does not: the session is for something else, or the request for nothing of ours.
    Forbidden(Forbidden),
    /// The proxy or the client says what cannot be.
    Unbelievable(Unbelievable),
    /// Nobody can tell now.
    Unavailable(StoreError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Nobody,
    Ended { at: Instant, reason: EndReason },
    Locked,
    StepUp(StepUp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error(transparent)]
    Nowhere(#[from] Nowhere),
    #[error("the session is for another application")]
    OtherApplication,
}

impl Why {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Ended { reason, .. } => reason.as_str(),
            Self::Locked => "locked",
            Self::StepUp(step_up) => step_up.as_str(),
        }
    }
}

/// Decides on what the proxy asks about, whose client sent `headers`.
pub(crate) async fn decide<'a>(
    server: &'a ServerState,
    original: &Result<Original<'a>, Unbelievable>,
    headers: &HeaderMap,
) -> Decision<'a> {
    let decided = match original {
        Ok(original) => decision(server, original, headers).await,
        Err(unbelievable) => Err(Denial::Unbelievable(unbelievable.clone())),
    };
    decided.unwrap_or_else(|denial| {
        server.metrics.refused(denial.as_str());
        Decision::Deny(denial)
    })
}

impl From<Nowhere> for Denial<'_> {
    fn from(nowhere: Nowhere) -> Self {
        match nowhere {
            // It is refused here as on a host whose sites all refuse it.
            Nowhere::Uncertain(why) => Self::Unbelievable(Unbelievable::Path(why)),
            elsewhere => Self::Forbidden(elsewhere.into()),
        }
    }
}

impl Denial<'_> {
    /// The word for it.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthenticated { why, .. } => why.as_str(),
            Self::Forbidden(_) => "forbidden",
            Self::Unbelievable(_) => "unbelievable",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

async fn decision<'a>(
    server: &'a ServerState,
    original: &Original<'a>,
    headers: &HeaderMap,
) -> Result<Decision<'a>, Denial<'a>> {
    let readings = &original.readings;
    let place = server.sites.find(original.host, readings)?;
    let authorization = application_headers::authorization(server, headers)
        .await
        .map_err(Denial::Unavailable)?;
    if server.sites.is_open(place, original.target, readings)
        || place.preflights == Preflights::Pass && is_preflight(original, headers)
    {
        return Ok(Decision::Open { place, authorization });
    }
    server.metrics.checks.inc();
    let unauthenticated = |why| Denial::Unauthenticated { place, why };
    let Some(credential) = credential(server, headers).await.map_err(Denial::Unavailable)? else {
        return Err(unauthenticated(Why::Nobody));
    };
    let digest = credential.digest;
    let application = original.application.or(place.application.as_deref());
    if let Some(application) = application {
        let facts = server.engine.facts(&digest).await.map_err(Denial::Unavailable)?;
        if facts.is_some_and(|facts| is_for_another(&facts, application)) {
            return Err(Denial::Forbidden(Forbidden::OtherApplication));
        }
    }
    // Whoever is stopped at one reading is stopped, and has not been active.
    for other in &readings.others {
        ask(server, &digest, other, RequestKind::Passive)
            .await?
            .map_err(unauthenticated)?;
    }
    let kind = match request_kind(headers, server.navigation) {
        kind if readings.others.is_empty() => kind,
        kind => strictest_kind(server, &digest, readings, kind).await?,
    };
    let session = ask(server, &digest, &readings.canonical, kind).await?;
    session
        .map(|session| Decision::Allow {
            place,
            application,
            session,
            credential,
            authorization,
        })
        .map_err(unauthenticated)
}

/// What shows nobody under one reading shows nobody.
async fn strictest_kind<'a>(
    server: &ServerState,
    digest: &Digest,
    readings: &Readings<'_>,
    kind: RequestKind,
) -> Result<RequestKind, Denial<'a>> {
    let facts = server.engine.facts(digest).await.map_err(Denial::Unavailable)?;
    let facts = facts.unwrap_or_default();
    let passive = server
        .engine
        .with_policy(|policy| readings.all().any(|path| is_passive(policy, &facts, path)));
    Ok(if passive { RequestKind::Passive } else { kind })
}

/// A session that was made for no application is good for all of them.
fn is_for_another(facts: &Facts, application: &str) -> bool {
    facts.application.as_deref().is_some_and(|own| own != application)
}

async fn ask<'a>(
    server: &ServerState,
    digest: &Digest,
    path: &Path<'_>,
    kind: RequestKind,
) -> Result<Result<Snapshot, Why>, Denial<'a>> {
    let outcome = server.engine.request(digest, path, kind).await;
    Ok(allowed(outcome.map_err(Denial::Unavailable)?))
}

fn allowed(outcome: Outcome) -> Result<Snapshot, Why> {
    match (outcome.answer, outcome.standing) {
        (Some(Answer::Verdict(Verdict::Allow)), Standing::Live(session)) => Ok(session),
        (Some(Answer::Verdict(Verdict::StepUp(step_up))), _) => Err(Why::StepUp(step_up)),
        (Some(Answer::Verdict(Verdict::Locked)), _) => Err(Why::Locked),
        (Some(Answer::Verdict(Verdict::Ended { at, reason })), _) | (_, Standing::Ended { at, reason, .. }) => {
            Err(Why::Ended { at, reason })
        }
        _ => Err(Why::Nobody),
    }
}
