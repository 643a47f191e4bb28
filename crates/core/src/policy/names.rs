//! The applications, devices and roles that a policy speaks of.

use std::collections::BTreeSet;

use super::{Match, OneOrMany, PolicyDocument};

/// The names in a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// Those that have a base of their own, or that an entry matches on.
    pub applications: BTreeSet<&'a str>,
    /// Classes of device that an entry matches on.
    pub devices: BTreeSet<&'a str>,
    /// Roles that an entry matches on.
    pub roles: BTreeSet<&'a str>,
}

impl PolicyDocument {
    /// Every name that this policy speaks of.
    #[must_use]
    pub fn names(&self) -> Names<'_> {
        let mut names = Names {
            applications: self.applications.keys().map(AsRef::as_ref).collect(),
            ..Names::default()
        };
        let rules = self.rules.iter().map(|rule| &rule.criteria);
        let gates = self.gates.iter().map(|gate| &gate.criteria);
        let passive = self.passive.iter().map(|passive| &passive.criteria);
        for criteria in rules.chain(gates).chain(passive) {
            let Match {
                application,
                device,
                role,
                path: _,
            } = criteria;
            names.applications.extend(each(application.as_ref()));
            names.devices.extend(each(device.as_ref()));
            names.roles.extend(each(role.as_ref()));
        }
        names
    }
}

fn each(names: Option<&OneOrMany<Box<str>>>) -> impl Iterator<Item = &str> {
    names.into_iter().flat_map(|names| names.iter().map(AsRef::as_ref))
}
