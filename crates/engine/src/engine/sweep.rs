//! The sweeper makes expiry visible: it ends what is due, tells the audit and whoever watches. It enforces nothing; every
//! check decides by the deadline itself.

use std::sync::atomic::Ordering;

use nightlatch_core::session::{Occurrence, State};
use nightlatch_core::time::Instant;

use super::Engine;
use crate::live::Held;
use crate::store::{Expiry, Record, Result, Touch};
use crate::token::Digest;

/// So many sessions are looked at in one go.
const PAGE: usize = 500;

/// What is to be done about the sessions of one page.
#[derive(Default)]
struct Findings {
    expired: Vec<Expiry>,
    /// Not due after all: activity that the store had not heard of.
    touched: Vec<Touch>,
    /// Due in a way that takes the long way: locks, and sessions of an earlier policy.
    single: Vec<Digest>,
}

impl Engine {
    /// Ends everything that is due. Answers how many sessions ended.
    pub async fn sweep(&self) -> Result<usize> {
        let mut ended = 0;
        loop {
            let now = self.clock.now();
            let page = self.health.read(self.store.due(now, PAGE).await, now)?;
            self.note_lag(page.first(), now);
            let (full, findings) = (page.len() == PAGE, self.look_at(page, now));
            // An empty call would prove nothing of the store, and its health goes by what it answers.
            if !findings.expired.is_empty() {
                let expired = self.health.wrote(self.store.expire(&findings.expired).await, now)?;
                self.make_known(&expired).await;
                ended += expired.len();
            }
            if !findings.touched.is_empty() {
                self.health.wrote(self.store.touch(&findings.touched).await, now)?;
            }
            for digest in &findings.single {
                self.bring_up_to_date(digest).await?;
            }
            if !full {
                return Ok(ended);
            }
            // The requests that wait get their turn between two pages.
            tokio::task::yield_now().await;
        }
    }

    fn look_at(&self, page: Vec<Record>, now: Instant) -> Findings {
        let history = self.in_force.load();
        let mut findings = Findings::default();
        for record in page {
            let mut held = self.merged(Held::from_record(record));
            if held.revisions.today != history.revision() {
                findings.single.push(held.digest);
                continue;
            }
            let seen = held.session.activity.seen;
            let occurrences = held.session.expire(&history.policies(held.revisions), now);
            match occurrences.last() {
                Some(Occurrence::Ended { at, reason }) => findings.expired.push(Expiry {
                    digest: held.digest,
                    version: held.version,
                    seen,
                    at: *at,
                    reason: *reason,
                }),
                Some(Occurrence::Locked { .. }) => findings.single.push(held.digest),
                None => findings.touched.push(Touch {
                    digest: held.digest,
                    activity: held.session.activity,
                    due: held.due(&history),
                }),
            }
        }
        findings
    }

    /// What the store knows, with the activity that only the table knows.
    fn merged(&self, mut held: Held) -> Held {
        let table = self.live.pin();
        if let Some(live) = table.get(&held.digest)
            && !matches!(live.session.state, State::Ended { .. })
        {
            let activity = live.activity(live.word.read());
            held.session.activity.seen = held.session.activity.seen.max(activity.seen);
            held.session.activity.longest_absence = held.session.activity.longest_absence.max(activity.longest_absence);
        }
        held
    }

    fn note_lag(&self, earliest: Option<&Record>, now: Instant) {
        let lag = earliest
            .and_then(|record| record.due)
            .map_or(0, |due| now.since(due).as_millis());
        self.sweep_lag_ms.store(lag, Ordering::Relaxed);
    }
}
