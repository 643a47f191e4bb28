//! What clients know of one session.

use std::collections::BTreeMap;

use nightlatch_core::session::EndReason;
use nightlatch_store::token::Handle;

use super::policies::{IDLE, Moment, Wanted};

/// What a session is like. It is also the name of its application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Plain,
    /// It locks where others end.
    Locking,
    /// One of so many that a person may have.
    Crowded,
}

/// One call of a client, from when it was made until it was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) node: usize,
    pub(crate) session: usize,
    pub(crate) asked: Moment,
    pub(crate) answered: Moment,
}

/// What a change of a session was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The idle clock stands still for so long.
    Hold(Moment),
    Release,
    /// Another idle limit.
    Choose(Moment),
    OpenTab,
    CloseTab,
}

/// An end that somebody was told of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over {
    pub(crate) asked: Moment,
    pub(crate) at: Moment,
    /// Who told.
    pub(crate) node: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) kind: Kind,
    pub(crate) handle: Option<Handle>,
    pub(crate) created: Moment,
    pub(crate) answered: Moment,
    /// Acknowledged activity.
    pub(crate) activity: Vec<Call>,
    /// When the latest call was answered that was activity, or may have been.
    pub(crate) latest: Moment,
    /// Calls that are not answered yet, by when they were made.
    pub(crate) under_way: Vec<Moment>,
    /// The earliest acknowledged end.
    pub(crate) over: Option<Over>,
    /// The nodes that have said that it is over, and since when. Each stays with that, whatever the store forgets.
    pub(crate) final_at: BTreeMap<usize, Moment>,
    /// When somebody was first told that it is locked.
    pub(crate) locked: Option<Moment>,
    /// When somebody first asked for another token in place of this one, answered or not.
    pub(crate) rename_asked: Option<Moment>,
    /// The call that was answered with another token.
    pub(crate) renamed: Option<(Moment, Moment)>,
    wishes: Vec<Wanted<Wish>>,
}

impl Known {
    pub(crate) fn signed_in(kind: Kind, handle: Handle, call: Call) -> Self {
        Self {
            kind,
            handle: Some(handle),
            created: call.asked,
            answered: call.answered,
            ..Self::default()
        }
    }

    /// Answers what to name it by when it is answered.
    pub(crate) fn is_wished(&mut self, wish: Wish, asked: Moment) -> usize {
        self.wishes.push(Wanted::now(wish, asked));
        self.wishes.len() - 1
    }

    pub(crate) fn is_answered(&mut self, wish: usize, acknowledged: bool, at: Moment) {
        self.wishes[wish].is_answered(acknowledged, at);
    }

    /// What was acknowledged then may be forgotten, or not.
    pub(crate) fn doubt_wishes(&mut self, is_lost: impl Fn(Moment, Moment) -> bool) {
        for wished in &mut self.wishes {
            wished.doubt(&is_lost);
        }
    }

    /// What goes on under another token keeps what it has been told.
    pub(crate) fn goes_on_from(&mut self, before: &Self) {
        self.kind = before.kind;
        self.wishes.clone_from(&before.wishes);
    }

    /// The least and the most of the idle limits that may have been in force at any time from `from` to `to`.
    pub(crate) fn idle(&self, from: Moment, to: Moment) -> (Moment, Moment) {
        let limit = |wished: &Wanted<Wish>| match wished.what {
            Wish::Choose(idle) => Some((*wished, idle)),
            _ => None,
        };
        let choices: Vec<(Wanted<Wish>, Moment)> = self.wishes.iter().filter_map(limit).collect();
        let settled = |asked_after: Moment| {
            let mut later = choices.iter().map(|(wished, _)| wished);
            later.any(|wished| wished.acknowledged && wished.answered <= from && wished.asked > asked_after)
        };
        let first = (!settled(0)).then_some(IDLE);
        let possible = choices
            .iter()
            .filter(|(wished, _)| wished.asked <= to && !settled(wished.over()));
        let limits: Vec<Moment> = possible.map(|(_, idle)| *idle).chain(first).collect();
        let least = limits.iter().min().copied().unwrap_or(IDLE);
        (least, limits.iter().max().copied().unwrap_or(IDLE))
    }

    /// Until when it is certainly held, by what was acknowledged before `asked` and perhaps given back until `answered`.
    pub(crate) fn surely_held_until(&self, asked: Moment, answered: Moment) -> Moment {
        let released = |hold: &Wanted<Wish>| {
            let releases = self.wishes.iter().filter(|wished| wished.what == Wish::Release);
            let after = releases.filter(|release| release.over() >= hold.asked && release.asked <= answered);
            after.map(|release| release.asked).min().unwrap_or(Moment::MAX)
        };
        // A later one of the same name takes the place of an earlier one.
        let replaced = |hold: &Wanted<Wish>| {
            let holds = self.wishes.iter().filter(|wished| matches!(wished.what, Wish::Hold(_)));
            let others = holds.filter(|other| other.over() >= hold.asked && other.asked <= answered);
            let ends = others.filter_map(|other| match other.what {
                Wish::Hold(span) => Some(other.asked + span),
                _ => None,
            });
            ends.min().unwrap_or(Moment::MAX)
        };
        let until = |hold: &Wanted<Wish>| match hold.what {
            Wish::Hold(span) if hold.acknowledged && hold.answered <= asked => {
                Some((hold.asked + span).min(released(hold)).min(replaced(hold)))
            }
            _ => None,
        };
        self.wishes.iter().filter_map(until).max().unwrap_or(0)
    }

    /// Until when it may be held, by what was asked for until then.
    pub(crate) fn perhaps_held_until(&self, asked: Moment) -> Moment {
        let until = |wished: &Wanted<Wish>| match wished.what {
            Wish::Hold(span) if wished.asked <= asked => Some(wished.over().saturating_add(span)),
            _ => None,
        };
        self.wishes.iter().filter_map(until).max().unwrap_or(0)
    }

    /// Whether anybody has asked to hold it.
    pub(crate) fn may_have_been_held(&self) -> bool {
        self.wishes.iter().any(|wished| matches!(wished.what, Wish::Hold(_)))
    }

    /// The earliest moment at which it may have lost its last tab, for what was answered from `asked` to `answered`. None where a tab is
    /// certainly open, or none ever was.
    pub(crate) fn left_at_the_earliest(&self, asked: Moment, answered: Moment) -> Option<Moment> {
        let opened_after = |close: &Wanted<Wish>| {
            let opens = self.wishes.iter().filter(|wished| wished.what == Wish::OpenTab);
            let sure = opens.filter(|open| open.acknowledged && open.answered <= asked);
            sure.into_iter().any(|open| open.asked > close.over())
        };
        let closes = self.wishes.iter().filter(|wished| wished.what == Wish::CloseTab);
        let possible = closes.filter(|close| close.asked <= answered && !opened_after(close));
        possible.map(|close| close.asked).min()
    }

    /// The latest moment at which it has certainly lost its last tab, as whoever asks at `asked` has to know.
    pub(crate) fn surely_left_at(&self, asked: Moment) -> Option<Moment> {
        let sure = |wished: &&Wanted<Wish>| wished.acknowledged && wished.answered <= asked;
        let mut closes = self.wishes.iter().filter(|wished| wished.what == Wish::CloseTab);
        let close = closes.rfind(sure)?;
        let mut opens = self.wishes.iter().filter(|wished| wished.what == Wish::OpenTab);
        let may_be_open = opens.any(|open| open.over() >= close.asked);
        (!may_be_open).then_some(close.answered)
    }

    /// Whether only what its clients asked for may end it for this reason.
    pub(crate) fn has_to_be_asked_for(&self, reason: EndReason) -> bool {
        // Another sign-in of the same person may make it go.
        !(self.kind == Kind::Crowded && reason == EndReason::Superseded)
    }
}
