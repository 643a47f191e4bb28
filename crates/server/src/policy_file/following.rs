//! Follows the file that owns the policy while the server runs.

use std::sync::Arc;
use std::time::Duration;

use nightlatch_engine::{PolicyChange, PolicyChanged};
use tokio::signal::unix::Signal;

use super::{PolicyFile, actor, warn_of_lints};
use crate::config::{ConfigError, Position, Stamp};
use crate::server_state::ServerState;

/// The file is looked at so often, and read when it has been the same for as long: whoever writes it in several steps is
/// through by then.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(150);

/// Follows the file until the server stops. `reload` is the signal to read it at once.
pub(crate) async fn follow(server: Arc<ServerState>, mut reload: Signal) {
    let Some(file) = &server.policy_file else {
        return ignore(&server, reload).await;
    };
    let mut in_force = file.source.stamp;
    let mut last_seen = in_force;
    loop {
        let asked = tokio::select! {
            () = server.shutdown.cancelled() => return,
            _ = reload.recv() => true,
            () = tokio::time::sleep(LOOKED_AT_EVERY) => false,
        };
        let seen = file.stamp().await;
        let settled = seen == last_seen;
        last_seen = seen;
        if !asked && (!settled || seen == in_force) {
            continue;
        }
        if adopt(&server, file, seen).await && file.stamp().await == seen {
            in_force = seen;
        }
    }
}

/// Where the server owns the policy there is nothing to read again.
async fn ignore(server: &ServerState, mut reload: Signal) {
    loop {
        tokio::select! {
            () = server.shutdown.cancelled() => return,
            _ = reload.recv() => tracing::info!("nothing is read again: no file owns the policy"),
        }
    }
}

/// Puts the policy of the file in force, or notes why not. False where it is to be tried again.
async fn adopt(server: &ServerState, file: &PolicyFile, seen: Option<Stamp>) -> bool {
    let config = if seen.is_some_and(|stamp| stamp.is_empty()) {
        Err(vec![file.problem(
            "the file is empty; write at least [policy], if the defaults are meant",
        )])
    } else {
        file.read().await
    };
    let config = match config {
        Ok(config) => config,
        Err(problems) => {
            for ConfigError {
                position, key, message, ..
            } in &problems
            {
                let Position { line, column } = position.unwrap_or(Position { line: 0, column: 0 });
                let (file, key) = (file.name(), key.as_deref().unwrap_or_default());
                tracing::error!(%file, line, column, key, "{message}; the policy before stays in force");
            }
            server.metrics.policy_file_read(false);
            file.set_problems(problems);
            return true;
        }
    };
    // Another node may have put another policy in force since, and a file that stays the same does not put it back.
    if *config.policy == *file.written() {
        tracing::info!(file = %file.name(), "the file was read again; its policy is the one it had");
        server.metrics.policy_file_read(true);
        file.set_problems(Vec::new());
        return true;
    }
    let change = PolicyChange {
        policy: config.policy.clone(),
        actor: actor(&config),
        reason: None,
        restored: None,
        expected: None,
    };
    match server.engine.change_policy(change).await {
        Ok(changed) => {
            match changed {
                PolicyChanged::Unchanged(revision) | PolicyChanged::Stale(revision) => {
                    tracing::info!(file = %file.name(), revision, "the file was read again; its policy is the one in force");
                }
                PolicyChanged::InForce(_) => warn_of_lints(&config.policy),
            }
            server.metrics.policy_file_read(true);
            file.set_written(config.policy);
            file.set_problems(Vec::new());
            true
        }
        Err(error) => {
            tracing::warn!(%error, file = %file.name(), "the policy of the file waits for the store");
            file.set_problems(vec![file.problem(&format!("it waits for the store: {error}"))]);
            false
        }
    }
}
