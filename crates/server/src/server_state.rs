//! What every request of the browser side needs to know.

use std::sync::Arc;

use nightlatch_core::time::Span;
use nightlatch_engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::applications::Applications;
use crate::browser::attendance::Attendance;
use crate::config::Config;
use crate::gateway::sites::Sites;
use crate::http::cookie::CookieRules;
use crate::http::request_kind::Navigation;
use crate::http::sign_in_url::SignInUrl;
use crate::http::write::Origins;
use crate::metrics::Metrics;
use crate::policy_file::PolicyFile;

/// The running server, as its handlers see it.
#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) engine: Arc<Engine>,
    pub(crate) prefix: String,
    pub(crate) cookie: CookieRules,
    /// Those of our own pages.
    pub(crate) own_origins: Vec<String>,
    pub(crate) applications: Applications,
    pub(crate) sites: Sites,
    pub(crate) sign_in_url: Option<SignInUrl>,
    pub(crate) provider_note: Option<String>,
    pub(crate) navigation: Navigation,
    /// How far the clock of whoever authenticates people may be ahead.
    pub(crate) auth_time_leeway: Span,
    /// The file that owns the policy; none where the server does.
    pub(crate) policy_file: Option<PolicyFile>,
    pub(crate) metrics: Metrics,
    pub(crate) attendance: Attendance,
    /// Over when the server is about to stop: it answers, and says that it is not ready.
    pub(crate) draining: CancellationToken,
    /// Over when the server stops: streams end then.
    pub(crate) shutdown: CancellationToken,
}

impl ServerState {
    pub(crate) fn new(engine: Arc<Engine>, config: &Config, shutdown: CancellationToken) -> Self {
        Self {
            cookie: CookieRules::new(&config.public_url),
            own_origins: config.public_url.origins(),
            applications: Applications::default(),
            sites: Sites::new(&config.public_url, &config.sites, config.sign_in_url.as_ref()),
            prefix: config.prefix.clone(),
            sign_in_url: config.sign_in_url.clone(),
            provider_note: config.provider_note.clone(),
            navigation: config.navigation,
            auth_time_leeway: config.auth_time_leeway,
            policy_file: PolicyFile::of(config),
            metrics: Metrics::new(Arc::clone(&engine)),
            engine,
            attendance: Attendance::default(),
            draining: CancellationToken::new(),
            shutdown,
        }
    }

    /// The origins whose pages may write.
    pub(crate) fn origins(&self) -> Origins<'_> {
        Origins {
            own: &self.own_origins,
            applications: &self.applications,
        }
    }
}
