//! The document of one application: what the store keeps of it, and its table in the policy.

use std::borrow::Cow;

use nightlatch_core::policy::ApplicationBase;
use nightlatch_engine::store::Application;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::ApplicationId;
use crate::http::logout_url::LogoutUrl;
use crate::http::origin::WebOrigin;
use crate::http::problem::Problem;
use crate::management::input::impossible;
use crate::management::text::Text;

const MOST: usize = 32;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Application")]
pub(in crate::management) struct Document {
    #[schemars(with = "ApplicationId")]
    pub(super) id: Box<str>,
    /// What people call it.
    name: Box<str>,
    /// Where its pages come from: they may call the browser side from there.
    #[schemars(with = "AtMost<WebOrigin>")]
    origins: Vec<Box<str>>,
    /// Where people may be led after signing out.
    #[schemars(with = "AtMost<LogoutUrl>")]
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
    origins: AtMost<WebOrigin>,
    /// Where people may be led after signing out.
    #[serde(default)]
    logout_urls: AtMost<LogoutUrl>,
    /// Its table in the policy. Left out, it stays as it is.
    pub(super) base: Option<ApplicationBase>,
}

/// A list of at most 32.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
struct AtMost<T>(Vec<T>);

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
            origins: self.origins.0.into_iter().map(WebOrigin::into_inner).collect(),
            logout_urls: self.logout_urls.0.into_iter().map(LogoutUrl::into_inner).collect(),
            version: 0,
        }
    }
}

impl<T> Default for AtMost<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> TryFrom<Vec<T>> for AtMost<T> {
    type Error = String;

    fn try_from(entries: Vec<T>) -> Result<Self, String> {
        if entries.len() > MOST {
            return Err(format!(
                "{} entries are not possible; at most {MOST} are",
                entries.len()
            ));
        }
        Ok(Self(entries))
    }
}

impl<T: JsonSchema> JsonSchema for AtMost<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("AtMost{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "maxItems": MOST })
    }
}
