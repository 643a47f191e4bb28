//! What a change of policy would do to every session that lives now, before it is made.

use nightlatch_core::plan::{Impact, Plan, impact};
use nightlatch_core::policy::Policy;
use nightlatch_core::time::Instant;
use nightlatch_store::token::Handle;
use nightlatch_store::{Filter, Page, Record, Result, Revision};

use super::Engine;
use crate::in_force::History;
use crate::live::WorkingCopy;
use crate::stripes::Generation;

/// So many sessions are read in one go.
const PAGE: usize = 1000;

/// A plan, and the state of things it was made for.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The revision in force.
    pub revision: Revision,
    /// The instant at which the change was thought to be made.
    pub at: Instant,
    /// The counts.
    pub plan: Plan,
    /// The sessions that end at the change, in the order of their creation.
    pub ending: Vec<Handle>,
}

impl Engine {
    /// Plans a change to `candidate`. Nothing is changed, and nobody waits for it.
    pub async fn plan(&self, candidate: &Policy) -> Result<Planned> {
        let history = self.in_force.load_full();
        let for_development = self.options.development.then(|| candidate.clone().for_development());
        let candidate = for_development.as_ref().unwrap_or(candidate);
        let mut planned = Planned {
            revision: history.revision(),
            at: self.now(),
            plan: Plan::default(),
            ending: Vec::new(),
        };
        let mut page = self.page_behind(None).await?;
        while let Some(last) = page.last() {
            // The next page is read while this one is worked out.
            let next = self.page_behind(Some(last.handle));
            let (next, ()) = tokio::join!(next, async {
                for record in page {
                    self.plan_for(record, &history, candidate, &mut planned);
                }
            });
            page = next?;
        }
        Ok(planned)
    }

    async fn page_behind(&self, after: Option<Handle>) -> Result<Vec<Record>> {
        let page = Page { after, limit: PAGE };
        self.health
            .read(self.store.list(&Filter::default(), page).await, self.now())
    }

    fn plan_for(&self, record: Record, history: &History, candidate: &Policy, planned: &mut Planned) {
        let mut copy = self.merged(WorkingCopy::from_record(record, Generation::default()));
        history.catch_up(&mut copy.session, &mut copy.revisions);
        let policies = history.policies(copy.revisions);
        let Some(impact) = impact(&copy.session, &policies, candidate, planned.at) else {
            return;
        };
        planned.plan.add(&copy.session.facts, impact);
        if let Impact::Ends(_) = impact {
            planned.ending.push(copy.handle);
        }
    }
}
