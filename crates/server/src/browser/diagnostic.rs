//! `POST diagnostic`: what does not work in a page, for the metrics. Nothing is stored, and nothing is believed: anybody can say
//! so, and all that moves is a counter of a known word.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::form::JsonBody;
use crate::http::problem::Problem;
use crate::http::write::read_from_script;
use crate::server_state::ServerState;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    code: Code,
}

/// The words of `onDiagnostic` in the SDK.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Code {
    File,
    Push,
    Rescue,
    Server,
    ServiceWorker,
    SignOut,
    Worker,
}

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Push => "push",
            Self::Rescue => "rescue",
            Self::Server => "server",
            Self::ServiceWorker => "service-worker",
            Self::SignOut => "sign-out",
            Self::Worker => "worker",
        }
    }
}

pub(super) async fn post(State(server): State<Arc<ServerState>>, request: Request) -> Result<StatusCode, Problem> {
    read_from_script(server.origins(), request.headers())?;
    let JsonBody(report) = JsonBody::<Report>::from_request(request, &()).await?;
    server.metrics.diagnosed(report.code.as_str());
    Ok(StatusCode::NO_CONTENT)
}
