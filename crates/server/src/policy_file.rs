//! The file that owns the policy, while the server runs: what changes in its policy comes into force at once. A file that
//! is wrong changes nothing, and is told of until it is right.

pub(crate) mod following;

use std::sync::{Arc, Mutex, PoisonError};

use nightlatch_core::policy::{Policy, Severity, lint};
use nightlatch_engine::Engine;

use crate::config::{Config, ConfigError, PolicyOwner, Source, Stamp};

/// The file, and what is wrong with it now.
#[derive(Debug)]
pub(crate) struct PolicyFile {
    source: Source,
    /// Its policy when it was last read and valid.
    written: Mutex<Policy>,
    problems: Mutex<Arc<[ConfigError]>>,
}

impl PolicyFile {
    /// The file that owns the policy of a configuration; none where the server does.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let source = config.source.clone()?;
        (config.policy_owner == PolicyOwner::File).then(|| Self {
            source,
            written: Mutex::new(config.policy.clone()),
            problems: Mutex::default(),
        })
    }

    /// Its path.
    pub(crate) fn name(&self) -> std::borrow::Cow<'_, str> {
        self.source.path.to_string_lossy()
    }

    /// Why it is not in force as it is written; nothing where it is.
    pub(crate) fn problems(&self, engine: &Engine) -> Arc<[ConfigError]> {
        let problems = Arc::clone(&self.problems.lock().unwrap_or_else(PoisonError::into_inner));
        let (revision, in_force) = engine.policy();
        if problems.is_empty() && **in_force != *self.written() {
            let message = format!(
                "another policy is in force, revision {revision} of the store that nodes share; give every node the same file, \
                 or change the policy of this one to put it in force"
            );
            return [self.problem(&message)].into();
        }
        problems
    }

    fn written(&self) -> Policy {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_written(&self, policy: Policy) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = policy;
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
