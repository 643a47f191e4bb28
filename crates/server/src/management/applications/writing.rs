//! How an application is written: its table goes into the policy, the rest into the store.
//!
//! The policy comes first. Where the store fails in between, the same request sent again brings the rest. A client that hangs
//! up in between changes nothing: all of it runs to its end.

use nightlatch_core::policy::{ApplicationBase, Policy, PolicyDocument};
use nightlatch_engine::store::{Application, Revision};
use nightlatch_engine::{Engine, PolicyChange, PolicyChanged, Uncancelled};

use super::document::{Document, Written};
use super::id::ApplicationId;
use super::{audited, find};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::entity_tag::{EntityTag, Preconditions};
use crate::management::policy::owner::ensure_server_owns;
use crate::management::policy::violations::valid;
use crate::management::refusal::Refusal;
use crate::management::scope::{Scope, Scopes};

/// What a write may be refused for, besides what its arguments say.
pub(super) const REFUSALS: &[Refusal] = &[Refusal::PolicyOwnedByFile, Refusal::InvalidPolicy, Refusal::Stale];

/// Who writes.
pub(super) struct Writer {
    pub(super) actor: Box<str>,
    pub(super) scopes: Scopes,
}

/// An application as it is now.
pub(super) struct Current {
    pub(super) id: ApplicationId,
    pub(super) application: Option<Application>,
    base: ApplicationBase,
    policy: PolicyDocument,
    revision: Revision,
}

impl Current {
    /// It stays so while the caller holds the turn, but for what other processes write.
    pub(super) async fn read(engine: &Engine, id: ApplicationId) -> Result<Self, Problem> {
        let application = find(engine.store(), id.as_str()).await?;
        let (revision, policy) = engine.policy();
        Ok(Self {
            base: policy.applications.get(id.as_str()).cloned().unwrap_or_default(),
            policy: PolicyDocument::clone(&policy),
            id,
            application,
            revision,
        })
    }

    pub(super) fn document(&self) -> Option<Document> {
        let application = self.application.clone()?;
        Some(Document::of(application, self.base.clone()))
    }

    pub(super) fn hold(&self, preconditions: &Preconditions) -> Result<(), Problem> {
        preconditions.hold(self.document().as_ref().map(EntityTag::of).as_ref())
    }

    /// Writes what is different. What is written already makes neither a revision nor an entry in the audit.
    pub(super) async fn write(
        self,
        management: &Management,
        engine: &Uncancelled,
        writer: &Writer,
        written: Written,
    ) -> Result<Document, Problem> {
        if written.id.as_ref().is_some_and(|id| *id != self.id) {
            let detail = "id: it is another one than in the path; an application keeps its id";
            return Err(Refusal::InvalidValue.because(detail));
        }
        let base = written.base.clone().unwrap_or_else(|| self.base.clone());
        self.change_base(management, engine, writer, &base).await?;
        let expected = self.application.as_ref().map(|before| before.version);
        let application = Application {
            version: expected.unwrap_or(0),
            ..written.application(&self.id)
        };
        if self.application.as_ref() != Some(&application) {
            let what = if expected.is_some() { "changed" } else { "added" };
            let audit = audited(management, self.id.as_str(), what, &writer.actor);
            if !engine.put_application(&application, expected, audit).await? {
                return Err(changed_meanwhile());
            }
            management.latch.applications.read(engine.store()).await?;
        }
        Ok(Document::of(application, base))
    }

    /// Removes it, and its table where the server owns the policy; a file keeps what is written in it.
    pub(super) async fn remove(
        self,
        management: &Management,
        engine: &Uncancelled,
        writer: &Writer,
    ) -> Result<(), Problem> {
        let latch = &management.latch;
        if latch.policy_file.is_none() {
            self.change_base(management, engine, writer, &ApplicationBase::default())
                .await?;
        }
        let expected = self.application.as_ref().map(|before| before.version);
        let audit = audited(management, self.id.as_str(), "removed", &writer.actor);
        if !engine.remove_application(self.id.as_str(), expected, audit).await? {
            return Err(changed_meanwhile());
        }
        latch.applications.read(engine.store()).await?;
        Ok(())
    }

    async fn change_base(
        &self,
        management: &Management,
        engine: &Uncancelled,
        writer: &Writer,
        base: &ApplicationBase,
    ) -> Result<(), Problem> {
        if *base == self.base {
            return Ok(());
        }
        if !writer.scopes.contain(Scope::PolicyWrite) {
            let detail =
                "Base values are part of the policy: a change of them needs a key with the scope `policy:write`.";
            return Err(Refusal::MissingScope.because(detail));
        }
        ensure_server_owns(&management.latch)?;
        let id = self.id.as_str();
        let change = PolicyChange {
            policy: self.policy_with(base)?,
            actor: writer.actor.clone(),
            reason: Some(format!("application {id}").into()),
            restored: None,
            expected: Some(self.revision),
        };
        match engine.change_policy(change).await? {
            PolicyChanged::InForce(_) | PolicyChanged::Unchanged(_) => Ok(()),
            PolicyChanged::Stale(_) => Err(changed_meanwhile()),
        }
    }

    fn policy_with(&self, base: &ApplicationBase) -> Result<Policy, Problem> {
        let mut policy = self.policy.clone();
        if *base == ApplicationBase::default() {
            policy.applications.remove(self.id.as_str());
        } else {
            policy.applications.insert(self.id.as_str().into(), base.clone());
        }
        valid(policy)
    }
}

fn changed_meanwhile() -> Problem {
    Refusal::Stale
        .because("Somebody else has changed it, or the policy, meanwhile. Read it again, then apply your change.")
}
