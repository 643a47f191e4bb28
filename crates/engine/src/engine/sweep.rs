//! The sweeper makes expiry visible: it ends what is due, tells the audit and whoever watches. It enforces nothing; every
//! check decides by the deadline itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use nightlatch_core::session::{Occurrence, Presence, State};
use nightlatch_core::time::Instant;
use nightlatch_store::token::Digest;
use nightlatch_store::{Ended, Expiry, Record, Reindex, Result, Touch};

use super::change::Settled;
use super::{Engine, Uncancelled};
use crate::in_force::History;
use crate::live::WorkingCopy;
use crate::stripes::Generation;

/// So many sessions are looked at in one go.
const PAGE: usize = 500;

/// What came of one page.
#[derive(Clone, Copy, Debug)]
struct Swept {
    ended: usize,
    /// Whether nothing more was due.
    last: bool,
}

/// What is to be done about the sessions of one page.
#[derive(Debug, Default)]
pub(super) struct Findings {
    expired: Vec<Expiry>,
    /// Alive, and due at another instant than the index says.
    reindexed: Vec<Reindex>,
    /// Activity that the store had not heard of.
    touched: Vec<Touch>,
    /// What takes the long way: locks, and holds or pauses that a newer policy changes.
    single: Vec<Digest>,
}

impl Engine {
    /// Ends everything that is due. Answers how many sessions ended.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize> {
        let mut ended = 0;
        loop {
            // Whoever stops it stops it between two pages.
            let page = self.run_to_completion(|engine| Box::pin(engine.sweep_page())).await?;
            ended += page.ended;
            if page.last {
                return Ok(ended);
            }
            // The requests that wait get their turn between two pages.
            tokio::task::yield_now().await;
        }
    }

    /// What is to be done about sessions that the store has told of.
    pub(super) fn look_at(&self, page: Vec<Record>) -> Findings {
        let now = self.now();
        let history = self.in_force.load();
        let mut findings = Findings::default();
        for record in page {
            let indexed = record.due;
            let copy = WorkingCopy::from_record(record, Generation::default());
            findings.note(self.merged(copy), indexed, &history, now);
        }
        findings
    }

    /// What the store knows, with the activity that only the table knows.
    pub(super) fn merged(&self, mut copy: WorkingCopy) -> WorkingCopy {
        let table = self.live.pin();
        if let Some(live) = table.get(&copy.digest)
            && !matches!(live.session.state, State::Ended { .. })
        {
            copy.merge(live, live.word.read());
        }
        copy
    }

    fn note_lag(&self, earliest: Option<&Record>, now: Instant) {
        let lag = earliest
            .and_then(|record| record.due)
            .map_or(0, |due| now.since(due).as_millis());
        self.sweep_lag_ms.store(lag, Ordering::Relaxed);
    }
}

impl Uncancelled {
    /// See [`Engine::sweep`].
    pub(super) async fn sweep(&self) -> Result<()> {
        while !self.sweep_page().await?.last {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn sweep_page(&self) -> Result<Swept> {
        let now = self.now();
        if self.options.development {
            // What is due by the store reaches no deadline here, and nothing would take it out of the index.
            return Ok(Swept { ended: 0, last: true });
        }
        let page = self.health.read(self.store.due(now, PAGE).await, now)?;
        self.note_lag(page.first(), now);
        let last = page.len() < PAGE;
        let ended = self.carry_out(&self.look_at(page)).await?;
        Ok(Swept { ended, last })
    }

    /// Does what is to be done. Answers how many sessions ended.
    pub(super) async fn carry_out(&self, findings: &Findings) -> Result<usize> {
        let mut ended = 0;
        // An empty call would prove nothing of the store, and its health goes by what it answers.
        if !findings.expired.is_empty() {
            let expired = self.writes().expire(&findings.expired).await?;
            self.make_known(&expired).await;
            ended = expired.len();
            self.follow_where_others_were_faster(&findings.expired, &expired).await;
        }
        // Before the index: it must never name a later instant than the store would work out from the activity that it knows. Else a
        // crash in between would leave a session that is over out of sight.
        if !findings.touched.is_empty() {
            self.write_touches(&findings.touched).await?;
        }
        if !findings.reindexed.is_empty() {
            self.writes().reindex(&findings.reindexed).await?;
        }
        for digest in &findings.single {
            self.bring_up_to_date(digest).await?;
        }
        Ok(ended)
    }

    /// What was due and was not ended has been changed or ended meanwhile; the table may not know.
    async fn follow_where_others_were_faster(&self, due: &[Expiry], ended: &[Ended]) {
        if ended.len() == due.len() {
            return;
        }
        self.follow_policy_or_doubt().await;
        let ended: HashSet<Digest> = ended.iter().map(|ended| ended.digest).collect();
        let due = due.iter().map(|expiry| expiry.digest);
        let left: Vec<Digest> = due.filter(|digest| !ended.contains(digest)).collect();
        self.reread_or_doubt(&left).await;
    }

    /// Writes what a session's deadlines and a newer policy make of it.
    async fn bring_up_to_date(&self, digest: &Digest) -> Result<()> {
        let turn = self.stripes.turn(digest).await;
        let now = self.now();
        let Some(before) = self.stored_copy(digest, now).await? else {
            return Ok(());
        };
        self.keep(&turn, before.clone());
        let Settled::Alive(mut after) = self.settled(&turn, digest, now).await? else {
            return Ok(());
        };
        // What the table knew before may be older than what is in the store: written over that, it would undo what another node has
        // acknowledged meanwhile, a hold for example.
        let same = after.version == before.version;
        if !same
            || !self
                .write_amendment(&turn, &before, &mut after, None, Vec::new(), now)
                .await?
        {
            self.refresh(&turn, digest).await?;
        }
        Ok(())
    }
}

impl Findings {
    /// Only what ends or locks.
    pub(super) fn ends(self) -> Self {
        Self {
            reindexed: Vec::new(),
            touched: Vec::new(),
            ..self
        }
    }

    pub(super) fn append(&mut self, mut more: Self) {
        self.expired.append(&mut more.expired);
        self.reindexed.append(&mut more.reindexed);
        self.touched.append(&mut more.touched);
        self.single.append(&mut more.single);
    }

    /// How many changes the store is to make.
    pub(super) fn changes(&self) -> usize {
        self.expired.len() + self.reindexed.len() + self.touched.len() + self.single.len()
    }

    fn note(&mut self, before: WorkingCopy, indexed: Option<Instant>, history: &History, now: Instant) {
        let mut copy = before;
        let (worked_out, seen) = (copy.revisions, copy.session.activity.seen);
        let first = copy.first();
        let holds = copy.session.presence.clone();
        let mut occurrences = history.catch_up(&mut copy.session, &mut copy.revisions);
        // What ends a hold now is a matter of its ledger, too.
        let is_held = holds.as_deref().is_some_and(Presence::is_held);
        let redated = copy.session.presence != holds || is_held && copy.revisions != worked_out;
        occurrences.extend(copy.session.expire(&history.policies(copy.revisions), now));
        match occurrences.last() {
            Some(Occurrence::Ended { at, reason }) => self.expired.push(Expiry {
                digest: copy.digest,
                version: copy.version,
                first,
                seen,
                today: copy.revisions.today,
                at: *at,
                reason: *reason,
            }),
            Some(Occurrence::Locked { .. }) => self.single.push(copy.digest),
            None if redated => self.single.push(copy.digest),
            None => {
                let due = copy.due(history);
                if due != indexed || copy.revisions != worked_out {
                    self.reindexed.push(Reindex {
                        digest: copy.digest,
                        version: copy.version,
                        today: copy.revisions.today,
                        due,
                    });
                }
                if seen > copy.stored {
                    self.touched.push(Touch {
                        digest: copy.digest,
                        first,
                        last: seen,
                        page: None,
                    });
                }
            }
        }
    }
}
