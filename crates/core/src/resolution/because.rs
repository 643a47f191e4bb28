//! What a limit comes from, in words general enough for the person whom it signs out.

use super::Layer;
use crate::policy::Policy;

/// What a limit comes from. Found while resolving, so that telling a person costs no second look at the policy; says
/// nothing of how the policy is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// A rule for the page.
    Page,
    /// A rule for a role of the person.
    Role,
    /// A rule for the class of the device.
    Device,
    /// The application's own value, or a rule for it.
    Application,
    /// The person's own choice.
    Choice,
    /// The value for everybody.
    Organisation,
    /// A system limit that wins over everything.
    System,
}

impl Because {
    /// A rule that asks for several things is told by the narrowest.
    pub(super) fn of(policy: &Policy, layer: Layer) -> Self {
        let criteria = match layer {
            Layer::Policy => return Self::Organisation,
            Layer::Application => return Self::Application,
            Layer::Choice => return Self::Choice,
            Layer::Cap | Layer::Development => return Self::System,
            Layer::Lengthening(index) | Layer::Tightening(index) => &policy.rules[index].criteria,
        };
        if criteria.path.is_some() {
            Self::Page
        } else if criteria.role.is_some() {
            Self::Role
        } else if criteria.device.is_some() {
            Self::Device
        } else if criteria.application.is_some() {
            Self::Application
        } else {
            Self::Organisation
        }
    }
}
