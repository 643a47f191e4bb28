//! What is known about a session for as long as it lives, as far as rules may ask for it.

use serde::{Deserialize, Serialize};

/// Application, device class and roles of a session, fixed at sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The application the person signed in to, by its key in the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<str>>,
    /// The class of the device, for example `mobile` or `desktop`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Box<str>>,
    /// Every role of the subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Box<str>>,
}
