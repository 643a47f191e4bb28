//! Which background work is up to this node.

use std::sync::{Mutex, PoisonError};

use nightlatch_store::nodes::{TURN, Turn};

use crate::clock::Uptime;

/// The turns that the last beat gave. They save work; every write stands for itself.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<(Vec<Turn>, Uptime)>);

impl Turns {
    pub(crate) fn given(&self, turns: Vec<Turn>, sent: Uptime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (turns, sent + TURN);
    }

    pub(crate) fn contain(&self, turn: Turn, now: Uptime) -> bool {
        let (turns, until) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now < *until && turns.contains(&turn)
    }
}
