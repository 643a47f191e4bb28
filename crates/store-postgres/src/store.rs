//! The calls of the store.

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::nodes::{Beat, Epoch, Heard, Node, NodeId, Nodes, Strain};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, Touch, Touched,
};

use crate::{
    PostgresStore, amending, audit, beats, changes, clock, creating, documents, ending, forgetting, months, reading,
    strain, touching,
};

impl PostgresStore {
    /// Gives the other nodes a hint where something that they are to hear of was done, or may have been.
    fn hint_if<T>(&self, answer: Result<T>, changes: impl FnOnce(&T) -> bool) -> Result<T> {
        let may_be_done = match &answer {
            Ok(done) => changes(done),
            Err(error) => error.may_be_done(),
        };
        if may_be_done {
            self.hints.tell();
        }
        answer
    }
}

#[async_trait]
impl Sessions for PostgresStore {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        let created = creating::create(&mut self.pools.connection().await?, &self.reading, creation).await;
        self.hint_if(
            created,
            |created| matches!(created, Created::Added(ended) if !ended.is_empty()),
        )
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        reading::by_digest(&mut self.pools.connection().await?, &self.reading, digest).await
    }

    async fn get_many(&self, digests: &[Digest]) -> Result<Vec<Option<Record>>> {
        reading::by_digests(&mut self.pools.connection().await?, &self.reading, digests).await
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        reading::by_handle(&mut self.pools.connection().await?, &self.reading, handle).await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        touching::touch(&mut self.pools.connection().await?, touches).await
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        let amended = amending::amend(&mut self.pools.connection().await?, amendment).await;
        self.hint_if(amended, |amended| *amended)
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        let ended = ending::end(&mut self.pools.connection().await?, selector, end, limit).await;
        self.hint_if(ended, |ended| !ended.is_empty())
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        let ended = ending::expire(&mut self.pools.connection().await?, expiries).await;
        self.hint_if(ended, |ended| !ended.is_empty())
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        amending::reindex(&mut self.pools.connection().await?, sessions).await
    }

    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        reading::due(&mut self.pools.connection().await?, &self.reading, now, limit).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        reading::list(&mut self.pools.connection().await?, &self.reading, filter, page).await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        reading::count(&mut self.pools.connection().await?, filter).await
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        reading::count_outdated(&mut self.pools.connection().await?, revision).await
    }

    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        forgetting::ended(&mut self.pools.connection().await?, before, limit).await
    }
}

#[async_trait]
impl Audit for PostgresStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        audit::audit(&mut self.pools.connection().await?, filter).await
    }

    async fn forget_audit(&self, before: Instant, _: usize) -> Result<usize> {
        months::forget(&mut self.pools.connection().await?, before).await
    }
}

#[async_trait]
impl Documents for PostgresStore {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        documents::policies(&mut self.pools.connection().await?).await
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        let added = documents::add_policy(&mut self.pools.connection().await?, policy, &audit).await;
        self.hint_if(added, |added| *added)
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        documents::applications(&mut self.pools.connection().await?).await
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let put = documents::put_application(&mut self.pools.connection().await?, application, expected, &audit).await;
        self.hint_if(put, |put| *put)
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        let removed = documents::remove_application(&mut self.pools.connection().await?, id, expected, &audit).await;
        self.hint_if(removed, |removed| *removed)
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        documents::api_keys(&mut self.pools.connection().await?).await
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        let added = documents::add_api_key(&mut self.pools.connection().await?, key, claim, &audit).await;
        self.hint_if(added, |added| matches!(added, Created::Added(_)))
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        let replaced = documents::replace_api_key(&mut self.pools.connection().await?, key).await;
        self.hint_if(replaced, |replaced| *replaced)
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        let removed = documents::remove_api_key(&mut self.pools.connection().await?, name, unless_last, &audit).await;
        self.hint_if(removed, |removed| *removed == Removed::Removed)
    }

    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        forgetting::claims(&mut self.pools.connection().await?, before, limit).await
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        documents::secret(&mut self.pools.connection().await?, fresh).await
    }
}

#[async_trait]
impl Changes for PostgresStore {
    async fn latest_instant(&self) -> Result<Instant> {
        clock::latest(&mut self.pools.connection().await?).await
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        clock::probe(&mut self.pools.connection().await?, now).await
    }

    fn nodes(&self) -> Option<&dyn Nodes> {
        Some(self)
    }
}

#[async_trait]
impl Nodes for PostgresStore {
    async fn beat(&self, beat: &Beat) -> Result<Heard> {
        let heard = async { beats::beat(&mut self.pools.for_beats().await?, beat).await }.await;
        match heard {
            Ok(heard) => {
                self.met(&heard.epoch);
                Ok(heard)
            }
            Err(error) => {
                // Where the connection of the beats leads nowhere any more, the idle ones lead there, too: whoever took one would wait
                // as long as this beat has waited.
                self.pools.empty();
                Err(error)
            }
        }
    }

    async fn hinted(&self) {
        self.hints.heard().await;
    }

    async fn move_offset(&self, epoch: &Epoch, expected: Option<i64>, offset: i64) -> Result<bool> {
        beats::move_offset(&mut self.pools.connection().await?, epoch, expected, offset).await
    }

    async fn list(&self) -> Result<Vec<Node>> {
        beats::list(&mut self.pools.connection().await?).await
    }

    async fn leave(&self, node: NodeId) -> Result<()> {
        beats::leave(&mut self.pools.connection().await?, node).await
    }

    async fn seal(&self) -> Result<()> {
        audit::seal_in_turn(&mut self.pools.connection().await?).await
    }

    async fn strain(&self) -> Result<Strain> {
        strain::ask(&mut self.pools.connection().await?).await
    }

    async fn forget_changes(&self, limit: usize) -> Result<usize> {
        changes::forget(&mut self.pools.connection().await?, limit).await
    }
}
