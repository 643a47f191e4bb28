//! What the log says at start: for each application whether limits are active, and which. Rules, choices and open pages make
//! them stricter or longer for single sessions; `nightlatch explain` says how.

use std::collections::BTreeSet;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{OnIdle, Policy};
use nightlatch_core::resolution::Policies;

use crate::config::Config;

/// One line for each application that the policy or a site names, and one for all others.
pub(crate) fn tell(config: &Config, policy: &Policy) {
    let of_policy = policy.applications.keys();
    let of_sites = config.sites.iter().filter_map(|site| site.application.as_ref());
    let named: BTreeSet<&str> = of_policy.chain(of_sites).map(AsRef::as_ref).collect();
    for application in named.into_iter().map(Some).chain([None]) {
        let facts = Facts {
            application: application.map(Box::from),
            ..Facts::default()
        };
        let policies = Policies {
            own: policy,
            today: policy,
        };
        let (idle, absolute) = (policies.idle(&facts, None, None), policies.absolute(&facts));
        let active = idle.limit != Limit::OFF || absolute.limit != Limit::OFF;
        tracing::info!(
            application = application.unwrap_or("(any other)"),
            active,
            idle = %idle.limit,
            absolute = %absolute.limit,
            on_idle = match idle.outcome {
                OnIdle::SignOut => "sign-out",
                OnIdle::Lock => "lock",
            },
            warn_before = %policy.warn_before,
            rules = policy.rules.len(),
            "limits of sessions"
        );
        if !active {
            tracing::warn!(
                application = application.unwrap_or("(any other)"),
                "no limit ends these sessions, however long nobody is there"
            );
        }
    }
}
