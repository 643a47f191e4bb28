//! The policy that a write starts from, and putting another in its place.

use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_engine::{PolicyChange, PolicyChanged};
use nightlatch_store::Revision;

use super::{document, ensure_server_owns};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::entity_tag::{Conditions, EntityTag, Tagged};
use crate::management::refusal::Refusal;
use crate::management::text::Text;

/// Who writes, why, and which earlier revision they bring back.
pub(super) struct Author {
    pub(super) actor: Box<str>,
    pub(super) reason: Option<Text>,
    pub(super) restored: Option<Revision>,
}

/// The policy in force, which the server owns and which is in the state that the writer knows.
pub(super) struct Before {
    pub(super) document: PolicyDocument,
    revision: Revision,
}

impl Before {
    pub(super) fn of(management: &Management, conditions: &Conditions) -> Result<Self, Problem> {
        ensure_server_owns(&management.server)?;
        let (revision, policy) = management.server.engine.policy();
        let document = document(&policy);
        conditions.hold(Some(&EntityTag::of(&document)))?;
        Ok(Self { document, revision })
    }

    /// Puts `policy` in its place, unless somebody else was faster.
    pub(super) async fn replace(
        self,
        management: &Management,
        policy: Policy,
        author: Author,
    ) -> Result<Tagged<PolicyDocument>, Problem> {
        let after = document(&policy);
        let change = PolicyChange {
            policy,
            actor: author.actor,
            reason: author.reason.map(Text::into_inner),
            restored: author.restored,
            expected: Some(self.revision),
        };
        match management.server.engine.change_policy(change).await? {
            PolicyChanged::InForce(_) | PolicyChanged::Unchanged(_) => Ok(Tagged::written(after)),
            PolicyChanged::Stale(_) => {
                Err(Refusal::Stale.because("Somebody else has changed it meanwhile. Read it again."))
            }
        }
    }
}
