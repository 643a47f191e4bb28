//! What a session is before anything happens to it.

use super::duration::wish;
use super::{Ms, list, object, text};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) application: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) choice: Option<Ms>,
}

impl Session {
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let keys = object(value, &["application", "device", "roles", "choice"])?;
        let optional = |key: &str| keys.get(key).map(|value| text(value).map(str::to_owned)).transpose();
        let roles = keys.get("roles").map_or(Ok([].as_slice()), list)?;
        Ok(Self {
            application: optional("application")?,
            device: optional("device")?,
            roles: roles
                .iter()
                .map(|role| text(role).map(str::to_owned))
                .collect::<Result<_, _>>()?,
            choice: keys.get("choice").map(wish).transpose()?,
        })
    }
}
