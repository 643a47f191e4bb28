//! The file that owns the policy, while the server runs: what changes in its policy comes into force at once. A file that
//! is wrong changes nothing, and is told of until it is right.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightlatch_core::policy::{Policy, Severity, lint};
use nightlatch_engine::{PolicyChange, PolicyChanged};
use tokio::signal::unix::Signal;

use crate::config::{Config, ConfigError, PolicyOwner, Position, Source, Stamp};
use crate::latch::Latch;

/// The file is looked at so often, and read when it has been the same for as long: whoever writes it in several steps is
/// through by then.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(150);

/// The file, and what is wrong with it now.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    source: Source,
    problems: Mutex<Arc<[ConfigError]>>,
}

impl PolicyFile {
    /// The file that owns the policy of a configuration; none where the server does.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let source = config.source.clone()?;
        (config.policy_owner == PolicyOwner::File).then(|| Self {
            source,
            problems: Mutex::default(),
        })
    }

    /// Its path.
    pub(crate) fn name(&self) -> std::borrow::Cow<'_, str> {
        self.source.path.to_string_lossy()
    }

    /// Why it is not in force as it is written; nothing where it is.
    pub(crate) fn problems(&self) -> Arc<[ConfigError]> {
        Arc::clone(&self.problems.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_problems(&self, problems: Vec<ConfigError>) {
        *self.problems.lock().unwrap_or_else(PoisonError::into_inner) = problems.into();
    }

    async fn stamp(&self) -> Option<Stamp> {
        let metadata = tokio::fs::metadata(&self.source.path).await.ok()?;
        Some(Stamp::of(&metadata))
    }

    /// Reads the file where it may wait for the disk.
    async fn read(&self) -> Result<Config, Vec<ConfigError>> {
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || source.read()).await;
        let config = read.unwrap_or_else(|_| Err(vec![self.problem("reading it was stopped; it is read again")]))?;
        if config.policy_owner == PolicyOwner::Server {
            let handed_over = "the server owns the policy by this file; restart it to hand the policy over";
            return Err(vec![self.problem(handed_over)]);
        }
        Ok(config)
    }

    fn problem(&self, message: &str) -> ConfigError {
        ConfigError {
            source: self.name().into_owned(),
            position: None,
            key: Some("policy".to_owned()),
            message: message.to_owned(),
        }
    }
}

/// What is odd about a policy that comes into force is told where it is noticed first.
pub(crate) fn warn_of_lints(policy: &Policy) {
    for lint in lint(policy).iter().filter(|lint| lint.severity == Severity::Warning) {
        tracing::warn!(code = %lint.code, key = lint.key, "{}; {}", lint.message, lint.remedy);
    }
}

/// Who brings the policy of a configuration, for the audit.
pub(crate) fn actor(config: &Config) -> Box<str> {
    let source = config.source.as_ref();
    source.map_or_else(
        || "start".into(),
        |source| format!("file:{}", source.path.display()).into(),
    )
}

/// Follows the file until the server stops. `reload` is the signal to read it at once.
pub(crate) async fn follow(latch: Arc<Latch>, mut reload: Signal) {
    let Some(file) = &latch.policy_file else {
        return ignore(&latch, reload).await;
    };
    let mut in_force = file.source.stamp;
    let mut last_seen = in_force;
    loop {
        let asked = tokio::select! {
            () = latch.shutdown.cancelled() => return,
            _ = reload.recv() => true,
            () = tokio::time::sleep(LOOKED_AT_EVERY) => false,
        };
        let seen = file.stamp().await;
        let settled = seen == last_seen;
        last_seen = seen;
        if !asked && (!settled || seen == in_force) {
            continue;
        }
        if adopt(&latch, file, seen).await && file.stamp().await == seen {
            in_force = seen;
        }
    }
}

/// Where the server owns the policy there is nothing to read again.
async fn ignore(latch: &Latch, mut reload: Signal) {
    loop {
        tokio::select! {
            () = latch.shutdown.cancelled() => return,
            _ = reload.recv() => tracing::info!("nothing is read again: no file owns the policy"),
        }
    }
}

/// Puts the policy of the file in force, or notes why not. False where it is to be tried again.
async fn adopt(latch: &Latch, file: &PolicyFile, seen: Option<Stamp>) -> bool {
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
            latch.metrics.policy_file_read(false);
            file.set_problems(problems);
            return true;
        }
    };
    let change = PolicyChange {
        policy: config.policy.clone(),
        actor: actor(&config),
        reason: None,
        restored: None,
        expected: None,
    };
    match latch.engine.change_policy(change).await {
        Ok(changed) => {
            match changed {
                PolicyChanged::Unchanged(revision) | PolicyChanged::Stale(revision) => {
                    tracing::info!(file = %file.name(), revision, "the file was read again; its policy is the one in force");
                }
                PolicyChanged::InForce(_) => warn_of_lints(&config.policy),
            }
            latch.metrics.policy_file_read(true);
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
