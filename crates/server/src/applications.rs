//! The applications as requests of the browser side need them: read on every request, without lock and store.

pub(crate) mod following;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::HeaderValue;
use nightlatch_engine::Engine;
use nightlatch_store::{Application, StoreError};

use crate::http::logout_url::LogoutUrl;

/// The applications of the store, as they were last read.
#[derive(Debug, Default)]
pub(crate) struct Applications(ArcSwap<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Which applications list an origin.
    origins: HashMap<Box<str>, Vec<Box<str>>>,
    logout_urls: HashMap<Box<str>, Vec<Box<str>>>,
}

impl Applications {
    /// Reads them again.
    pub(crate) async fn read(&self, engine: &Engine) -> Result<(), StoreError> {
        let applications = engine.applications().await?;
        self.0.store(Arc::new(Known::of(applications)));
        Ok(())
    }

    /// Whether pages of one of them have this origin.
    pub(crate) fn have_origin(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str();
        origin.is_ok_and(|origin| self.0.load().origins.contains_key(origin))
    }

    /// Whether pages of this origin may deal with a session that was made for `application`: those of its own, and of any
    /// where it was made for none.
    pub(crate) fn may_use(&self, origin: &HeaderValue, application: Option<&str>) -> bool {
        let known = self.0.load();
        let listed = origin.to_str().ok().and_then(|origin| known.origins.get(origin));
        listed.is_some_and(|listed| application.is_none_or(|own| listed.iter().any(|listed| **listed == *own)))
    }

    /// The logout URL of an application that is meant by `url`, as it is listed.
    pub(crate) fn logout_url(&self, application: &str, url: &LogoutUrl) -> Option<Box<str>> {
        let known = self.0.load();
        let listed = known.logout_urls.get(application)?.iter();
        listed.into_iter().find(|listed| ***listed == *url.as_str()).cloned()
    }
}

impl Known {
    fn of(applications: Vec<Application>) -> Self {
        let mut known = Self::default();
        for application in applications {
            for origin in application.origins {
                known.origins.entry(origin).or_default().push(application.id.clone());
            }
            known.logout_urls.insert(application.id, application.logout_urls);
        }
        known
    }
}
