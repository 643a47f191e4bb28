//! Applications and API keys. Who writes them mostly has to do more with what comes of it; all of that goes into one
//! [`Engine::run_to_completion`](super::Engine::run_to_completion).

use nightlatch_store::audit::AuditEntry;
use nightlatch_store::{ApiKey, Application, Claim, Created, Result};

use super::Uncancelled;

impl Uncancelled {
    /// See [`Store::put_application`](nightlatch_store::Store::put_application).
    pub async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.writes().put_application(application, expected, audit).await
    }

    /// See [`Store::remove_application`](nightlatch_store::Store::remove_application).
    pub async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.writes().remove_application(id, expected, audit).await
    }

    /// See [`Store::add_api_key`](nightlatch_store::Store::add_api_key).
    pub async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.writes().add_api_key(key, claim, audit).await
    }

    /// See [`Store::replace_api_key`](nightlatch_store::Store::replace_api_key).
    pub async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.writes().replace_api_key(key).await
    }

    /// See [`Store::remove_api_key`](nightlatch_store::Store::remove_api_key).
    pub async fn remove_api_key(&self, name: &str, audit: AuditEntry) -> Result<bool> {
        self.writes().remove_api_key(name, audit).await
    }
}
