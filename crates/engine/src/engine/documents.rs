//! Applications and API keys. Who writes them mostly has to do more with what comes of it; all of that goes into one
//! [`Engine::run_to_completion`](super::Engine::run_to_completion).

use nightlatch_store::audit::AuditEntry;
use nightlatch_store::{ApiKey, Application, Claim, Created, Removed, Result};

use super::{Engine, Uncancelled};

impl Engine {
    /// Every application, by id.
    pub async fn applications(&self) -> Result<Vec<Application>> {
        self.health.read(self.store.applications().await, self.now())
    }

    /// Every API key, by name.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.health.read(self.store.api_keys().await, self.now())
    }
}

impl Uncancelled {
    /// See [`Documents::put_application`](nightlatch_store::Documents::put_application).
    pub async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        self.writes().put_application(application, expected, audit).await
    }

    /// See [`Documents::remove_application`](nightlatch_store::Documents::remove_application).
    pub async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        self.writes().remove_application(id, expected, audit).await
    }

    /// See [`Documents::add_api_key`](nightlatch_store::Documents::add_api_key).
    pub async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        self.writes().add_api_key(key, claim, audit).await
    }

    /// See [`Documents::replace_api_key`](nightlatch_store::Documents::replace_api_key).
    pub async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        self.writes().replace_api_key(key).await
    }

    /// See [`Documents::remove_api_key`](nightlatch_store::Documents::remove_api_key).
    pub async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        self.writes().remove_api_key(name, unless_last, audit).await
    }
}
