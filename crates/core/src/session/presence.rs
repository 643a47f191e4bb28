//! What a session knows of its tabs, holds and pauses (LIFETIME section 3). Most sessions of applications without the
//! browser SDK have none of it, so it is kept behind one pointer.

use std::collections::BTreeMap;

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::tab::{Attended, OpenTab};
use crate::node::NodeId;
use crate::path::Path;
use crate::time::{Instant, Span};

/// Names a tab: chosen by the browser, unique within its session.
pub type TabId = Box<str>;
/// Names a hold: unique within its session.
pub type HoldId = Box<str>;

/// Pauses that lie further back than this many are drawn together, so that a browser cannot make a session grow.
const PAUSES_KEPT: usize = 64;

/// Open tabs, holds and pauses of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presence {
    /// The open tabs.
    pub tabs: LiteMap<TabId, OpenTab>,
    /// When the last tab closed; `None` while a tab is open or before any was.
    pub left: Option<Instant>,
    /// Every hold the session ever had.
    pub holds: BTreeMap<HoldId, Hold>,
    /// The latest end among the holds that have ended.
    pub held_until: Option<Instant>,
    /// Since when the idle clock stands still, if it does.
    pub paused_since: Option<Instant>,
    /// Finished pauses that may still shift the idle deadline, oldest first.
    pub pauses: Vec<Pause>,
    /// The holds that have ended since somebody took note of it ([`Session::take_ended_holds`](super::Session::take_ended_holds)).
    #[serde(skip)]
    pub ended: Vec<EndedHold>,
}

/// A hold runs until its requested end or the bound that `hold_max` sets, and once ended stays ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Runs at most until this instant.
    Until(Instant),
    /// Has ended; the id is still known.
    Ended,
}

/// That a hold has ended. One that is replaced while it runs has not: the work goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedHold {
    /// Its id.
    pub id: HoldId,
    /// When.
    pub at: Instant,
    /// Why.
    pub by: HoldEnd,
}

/// Why a hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldEnd {
    /// It was given back.
    Released,
    /// It had run for as long as was asked for.
    RanOut,
    /// `hold_max` had passed since the last activity.
    HoldMax,
}

/// A stretch during which the idle clock stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Where it began.
    pub from: Instant,
    /// Where it was over.
    pub to: Instant,
}

impl Presence {
    /// Whether a tab was open before and none is now.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.left.is_some()
    }

    /// Whether any hold has not ended yet.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.holds.values().any(|hold| matches!(hold, Hold::Until(_)))
    }

    /// The end of the latest hold; that of a running one is where its bound lies now.
    pub(super) fn latest_hold_end(&self, bound: Instant) -> Option<Instant> {
        self.running()
            .map(|until| until.min(bound))
            .chain(self.held_until)
            .max()
    }

    fn running(&self) -> impl Iterator<Item = Instant> {
        self.holds.values().filter_map(|hold| match hold {
            Hold::Until(until) => Some(*until),
            Hold::Ended => None,
        })
    }

    /// How long the idle clock has stood still between `base` and now, the pause that goes on left out.
    pub(super) fn paused_after(&self, base: Instant) -> Span {
        self.pauses
            .iter()
            .fold(Span::ZERO, |total, pause| total + pause.to.since(pause.from.max(base)))
    }

    /// Ends for good the holds whose end lies at or before `now`.
    pub(super) fn end_holds(&mut self, bound: Instant, now: Instant) {
        for (id, hold) in &mut self.holds {
            if let Hold::Until(until) = *hold
                && until.min(bound) <= now
            {
                *hold = Hold::Ended;
                let at = until.min(bound);
                self.held_until = self.held_until.max(Some(at));
                let by = if bound < until {
                    HoldEnd::HoldMax
                } else {
                    HoldEnd::RanOut
                };
                self.ended.push(EndedHold { id: id.clone(), at, by });
            }
        }
    }

    /// Starts or replaces a hold; the one it replaces ends here.
    pub(super) fn hold(&mut self, id: HoldId, until: Instant, now: Instant) {
        let replaced = self.holds.insert(id, Hold::Until(until));
        if let Some(Hold::Until(_)) = replaced {
            self.held_until = self.held_until.max(Some(now));
        }
    }

    /// Ends a hold at `now`. False if the session never had it.
    pub(super) fn release(&mut self, id: &str, now: Instant) -> bool {
        let Some(hold) = self.holds.get_mut(id) else {
            return false;
        };
        if matches!(*hold, Hold::Until(_)) {
            *hold = Hold::Ended;
            self.held_until = self.held_until.max(Some(now));
            self.ended.push(EndedHold {
                id: id.into(),
                at: now,
                by: HoldEnd::Released,
            });
        }
        true
    }

    pub(super) fn open_tab(&mut self, tab: TabId, open: OpenTab, now: Instant) {
        if self.tabs.is_empty() {
            // Most browsers have one, and a vector takes room for four by itself.
            self.tabs = LiteMap::with_capacity(1);
        }
        self.tabs.insert(tab, open);
        self.left = None;
        self.resume(now);
    }

    /// Another node looks after a tab. False if the tab is not open, or somebody else than `from` looks after it.
    pub(super) fn attend(&mut self, tab: &str, from: Option<Attended>, to: Attended) -> bool {
        let open = self.tabs.get_mut(tab).filter(|open| open.attended == from);
        open.is_some_and(|open| {
            open.attended = Some(to);
            true
        })
    }

    /// Closes a tab and answers its page; `None` if the tab is not open, or not up to the node that closes it.
    pub(super) fn close_tab(
        &mut self,
        tab: &str,
        by: Option<NodeId>,
        pauses: bool,
        now: Instant,
    ) -> Option<Path<'static>> {
        let open = self.tabs.get(tab)?;
        if by.is_some_and(|node| !open.is_up_to(node)) {
            return None;
        }
        let OpenTab { page, .. } = self.tabs.remove(tab)?;
        if self.tabs.is_empty() {
            self.left = Some(now);
            if pauses {
                self.paused_since = Some(now);
            }
        }
        Some(page)
    }

    /// The idle clock starts to stand still, if no tab is open, or runs on.
    pub(super) fn pause_while_absent(&mut self, pauses: bool, now: Instant) {
        if !pauses {
            self.resume(now);
        } else if self.is_absent() && self.paused_since.is_none() {
            self.paused_since = Some(now);
        }
    }

    fn resume(&mut self, now: Instant) {
        if let Some(from) = self.paused_since.take()
            && from < now
        {
            self.pauses.push(Pause { from, to: now });
        }
        if let [first, second, ..] = self.pauses.as_slice()
            && self.pauses.len() > PAUSES_KEPT
        {
            // Moved to the earliest place, a pause never lasts longer for any later activity: the session can only end earlier.
            let together = first.to.since(first.from) + second.to.since(second.from);
            let merged = Pause {
                from: first.from,
                to: first.from + together,
            };
            self.pauses.splice(..2, [merged]);
        }
    }

    /// Forgets pauses that lie before the last activity: nothing counts from there any more.
    pub(super) fn forget_pauses_before(&mut self, seen: Instant) {
        self.pauses.retain(|pause| pause.to > seen);
    }
}
