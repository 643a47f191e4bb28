//! Keeps what the browser side knows of applications up to date.

use std::sync::Arc;
use std::time::Duration;

use crate::server_state::ServerState;

/// What another process writes is known here within this time.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Reads them again and again until the server stops. While the store fails, what was read last stays.
pub(crate) async fn follow(server: Arc<ServerState>) {
    loop {
        if let Err(error) = server.applications.read(&server.engine).await {
            tracing::debug!(%error, "the applications wait for the store");
        }
        tokio::select! {
            () = server.shutdown.cancelled() => return,
            () = tokio::time::sleep(READ_EVERY) => {}
        }
    }
}
