//! Web sockets: bytes in both directions until one side or the session is over.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use nightlatch_store::token::{Digest, Handle};

use super::session_end::{Ends, OpenStream, over};
use crate::server_state::ServerState;

/// Passes frames on. What is in them is nobody's business here, and none of it is activity.
pub(super) async fn run(
    server: Arc<ServerState>,
    client: OnUpgrade,
    upstream: OnUpgrade,
    session: Option<(Handle, Digest)>,
) {
    let (Ok(client), Ok(upstream)) = tokio::join!(client, upstream) else {
        return;
    };
    let _open = OpenStream::new(&server);
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    let end = async {
        match session {
            Some((handle, digest)) => drop(over(&server, handle, digest, Ends::OfStream).await),
            None => server.shutdown.cancelled().await,
        }
    };
    tokio::select! {
        copied = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {
            if let Err(error) = copied {
                tracing::trace!(%error, "a WebSocket broke off");
            }
        }
        () = end => tracing::debug!("a WebSocket is closed with its session"),
    }
}
