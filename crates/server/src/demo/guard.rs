//! The door of every page: one question to the engine, and what its answer means for a browser.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use nightlatch_core::path::Path;
use nightlatch_core::session::{Answer, EndReason, Verdict};
use nightlatch_core::time::Instant;
use nightlatch_engine::{Snapshot, Standing};
use nightlatch_store::StoreError;
use nightlatch_store::token::Digest;

use super::people::{self, ADMINISTRATOR, CUSTOMER, Person};
use crate::http::credential::credential;
use crate::http::problem::Problem;
use crate::http::request_kind::request_kind;
use crate::server_state::ServerState;

/// Somebody with a live session who may see the page they ask for.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) digest: Digest,
    pub(super) session: Snapshot,
}

/// What a request finds at the door.
#[derive(Debug)]
pub(super) enum Admission {
    Open(Box<Visitor>),
    /// They are signed in, but this page asks who they are.
    StepUp,
    Locked,
    Ended {
        at: Instant,
        reason: EndReason,
    },
    Nobody,
}

/// The verdict on a request to `path`.
pub(super) async fn admission(server: &ServerState, headers: &HeaderMap, path: &str) -> Result<Admission, StoreError> {
    let Some(credential) = credential(server, headers).await? else {
        return Ok(Admission::Nobody);
    };
    let digest = credential.digest;
    let outcome = server
        .engine
        .request(
            &digest,
            &Path::canonical(path),
            request_kind(headers, server.navigation),
        )
        .await?;
    Ok(match (outcome.answer, outcome.standing) {
        (Some(Answer::Verdict(Verdict::Allow)), Standing::Live(session)) => {
            Admission::Open(Box::new(Visitor { digest, session }))
        }
        (Some(Answer::Verdict(Verdict::StepUp(_))), _) => Admission::StepUp,
        (Some(Answer::Verdict(Verdict::Locked)), _) => Admission::Locked,
        (Some(Answer::Verdict(Verdict::Ended { at, reason })), _) => Admission::Ended { at, reason },
        _ => Admission::Nobody,
    })
}

/// A handler that takes a visitor is reached by visitors alone; others are sent to where they get on.
impl FromRequestParts<Arc<ServerState>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<ServerState>) -> Result<Self, Response> {
        let path = parts.uri.path();
        let elsewhere = match admission(server, &parts.headers, path).await {
            Ok(Admission::Open(visitor)) => return Ok(*visitor),
            Ok(Admission::Nobody) => format!("/demo/sign-in?next={path}"),
            Ok(Admission::StepUp) => format!("/demo/sign-in?mode=confirm&next={path}"),
            Ok(Admission::Locked) => format!("/demo/sign-in?mode=unlock&next={path}"),
            // The cookie stays: the other tabs, too, are to learn why.
            Ok(Admission::Ended { reason, .. }) => format!("{}/signed-out?reason={}", server.prefix, reason.as_str()),
            Err(error) => return Err(Problem::from(error).into_response()),
        };
        Err(Redirect::to(&elsewhere).into_response())
    }
}

impl Visitor {
    /// The person, unless an application's back end made the session for somebody else.
    fn person(&self) -> Option<&'static Person> {
        people::by_id(&self.session.subject)
    }

    pub(super) fn name(&self) -> &str {
        self.person().map_or(&*self.session.subject, |person| person.name)
    }

    pub(super) fn first_name(&self) -> &str {
        self.name().split(' ').next().unwrap_or_default()
    }

    pub(super) fn initials(&self) -> String {
        let first = || {
            self.session
                .subject
                .chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .collect()
        };
        self.person().map_or_else(first, |person| person.initials.to_owned())
    }

    pub(super) fn role(&self) -> &'static str {
        if self.is_administrator() {
            ADMINISTRATOR
        } else {
            CUSTOMER
        }
    }

    pub(super) fn is_administrator(&self) -> bool {
        self.session
            .facts
            .roles
            .iter()
            .any(|role| role.eq_ignore_ascii_case(ADMINISTRATOR))
    }
}
