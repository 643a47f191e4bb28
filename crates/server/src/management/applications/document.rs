//! The document of one application: what the store keeps of it, and its table in the policy.

use nightlatch_core::policy::ApplicationBase;
use nightlatch_store::Application;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::ApplicationId;
use crate::http::logout_url::LogoutUrl;
use crate::http::origin::WebOrigin;
use crate::http::problem::Problem;
use crate::management::at_most::AtMost;
use crate::management::input::impossible;
use crate::management::text::Text;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Application")]
pub(in crate::management) struct Document {
    #[schemars(with = "ApplicationId")]
    pub(super) id: Box<str>,
    /// What people call it.
    name: Box<str>,
    /// Where its pages come from: they may call the browser side from there.
    #[schemars(with = "AtMost<32, WebOrigin>")]
    origins: Vec<Box<str>>,
    /// Where people may be led after signing out.
    #[schemars(with = "AtMost<32, LogoutUrl>")]
    logout_urls: Vec<Box<str>>,
    /// Its table in the policy in force.
    base: ApplicationBase,
}

/// An application as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApplicationToWrite")]
pub(in crate::management) struct Written {
    /// Where it is sent it is the one in the path.
    pub(super) id: Option<ApplicationId>,
    /// What people call it.
    name: Text,
    /// Where its pages come from.
    #[serde(default)]
    origins: AtMost<32, WebOrigin>,
    /// Where people may be led after signing out.
    #[serde(default)]
    logout_urls: AtMost<32, LogoutUrl>,
    /// Its table in the policy. Left out, it stays as it is.
    pub(super) base: Option<ApplicationBase>,
}

impl Document {
    pub(super) fn of(application: Application, base: ApplicationBase) -> Self {
        Self {
            id: application.id,
            name: application.name,
            origins: application.origins,
            logout_urls: application.logout_urls,
            base,
        }
    }
}

impl Written {
    /// The document that a JSON value is.
    pub(super) fn read(value: Value) -> Result<Self, Problem> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let key = error.path().to_string();
            impossible(format!("{key}: {}", error.into_inner()))
        })
    }

    /// For the store.
    pub(super) fn application(self, id: &ApplicationId) -> Application {
        Application {
            id: id.as_str().into(),
            name: self.name.into_inner(),
            origins: self.origins.into_inner(),
            logout_urls: self.logout_urls.into_inner(),
            version: 0,
        }
    }
}
