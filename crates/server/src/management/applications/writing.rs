//! How an application is written: its table goes into the policy, the rest into the store.
//!
//! The policy comes first. Where the store fails in between, the same request sent again brings the rest. A client that hangs
//! up in between changes nothing: all of it runs to its end.

use nightlatch_core::policy::{ApplicationBase, Policy, PolicyDocument};
use nightlatch_engine::{PolicyChange, PolicyChanged, Uncancelled};
use nightlatch_store::{Application, Revision};
use tokio::sync::MutexGuard;

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

/// An application as it is now. It stays so while this lives, except for what other processes write.
pub(super) struct Current<'a> {
    pub(super) id: ApplicationId,
    pub(super) application: Option<Application>,
    base: ApplicationBase,
    policy: PolicyDocument,
    revision: Revision,
    management: &'a Management,
    engine: &'a Uncancelled,
    _turn: MutexGuard<'a, ()>,
}

impl<'a> Current<'a> {
    /// Takes the turn, then reads the application.
    pub(super) async fn read(
        management: &'a Management,
        engine: &'a Uncancelled,
        id: ApplicationId,
    ) -> Result<Self, Problem> {
        let turn = management.applications_turn.lock().await;
        let application = find(engine, id.as_str()).await?;
        let (revision, policy) = engine.policy();
        Ok(Self {
            base: policy.applications.get(id.as_str()).cloned().unwrap_or_default(),
            policy: PolicyDocument::clone(&policy),
            id,
            application,
            revision,
            management,
            engine,
            _turn: turn,
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
    pub(super) async fn write(self, writer: &Writer, written: Written) -> Result<Document, Problem> {
        if written.id.as_ref().is_some_and(|id| *id != self.id) {
            let detail = "id: it is another one than in the path; an application keeps its id";
            return Err(Refusal::InvalidValue.because(detail));
        }
        let base = written.base.clone().unwrap_or_else(|| self.base.clone());
        self.change_base(writer, &base).await?;
        let expected = self.application.as_ref().map(|before| before.version);
        let application = Application {
            version: expected.unwrap_or(0),
            ..written.application(&self.id)
        };
        if self.application.as_ref() != Some(&application) {
            let what = if expected.is_some() { "changed" } else { "added" };
            let audit = audited(self.management, self.id.as_str(), what, &writer.actor);
            if !self.engine.put_application(&application, expected, audit).await? {
                return Err(changed_meanwhile());
            }
            self.management.server.applications.read(self.engine).await?;
        }
        Ok(Document::of(application, base))
    }

    /// Removes it, and its table where the server owns the policy; a file keeps what is written in it.
    pub(super) async fn remove(self, writer: &Writer) -> Result<(), Problem> {
        let server = &self.management.server;
        if server.policy_file.is_none() {
            self.change_base(writer, &ApplicationBase::default()).await?;
        }
        let expected = self.application.as_ref().map(|before| before.version);
        let audit = audited(self.management, self.id.as_str(), "removed", &writer.actor);
        let id = self.id.as_str();
        if !self.engine.remove_application(id, expected, audit).await? {
            return Err(changed_meanwhile());
        }
        server.applications.read(self.engine).await?;
        Ok(())
    }

    async fn change_base(&self, writer: &Writer, base: &ApplicationBase) -> Result<(), Problem> {
        if *base == self.base {
            return Ok(());
        }
        if !writer.scopes.contain(Scope::PolicyWrite) {
            let detail =
                "Base values are part of the policy: a change of them needs a key with the scope `policy:write`.";
            return Err(Refusal::MissingScope.because(detail));
        }
        ensure_server_owns(&self.management.server)?;
        let id = self.id.as_str();
        let change = PolicyChange {
            policy: self.policy_with(base)?,
            actor: writer.actor.clone(),
            reason: Some(format!("application {id}").into()),
            restored: None,
            expected: Some(self.revision),
        };
        match self.engine.change_policy(change).await? {
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
