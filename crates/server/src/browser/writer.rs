//! Who writes, judged by the head of a request alone: nothing of a body is read for somebody who may not write.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use nightlatch_store::token::Handle;

use super::standing::live;
use crate::http::credential::{Credential, required};
use crate::http::problem::Problem;
use crate::http::write::from_script;
use crate::server_state::ServerState;

/// A session that is not over, asked for by a page that may write. Stands before the body among the arguments of a handler;
/// a handler without a body need not look the session up again.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) credential: Credential,
    pub(super) handle: Handle,
}

impl FromRequestParts<Arc<ServerState>> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<ServerState>) -> Result<Self, Problem> {
        let credential = required(server, &parts.headers).await?;
        from_script(server.origins(), &parts.headers, credential.bearer)?;
        let handle = live(server, &server.engine.status(&credential.digest).await?)?.handle;
        Ok(Self { credential, handle })
    }
}
