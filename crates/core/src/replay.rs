//! Replay: what would have happened to recorded sessions under another policy.
//!
//! A [`Recording`] says when people were there. [`replay`] runs it through the rules of a candidate: whoever comes back
//! after an end signs in again, and what that would have cost and saved is counted. [`observe`] counts the same for what
//! the recording itself says happened.
//!
//! A recording knows no pages, tabs, holds or choices, so a candidate's rules on paths, `absent`, `hold_max` and `choice`
//! have no effect here.

mod count;
mod course;
mod recording;

pub use count::{Replay, Tally, Unattended};
pub use recording::{Recorded, RecordedEnd, Recording, Stay};

use crate::policy::Policy;
use crate::time::Span;

/// What would have happened under `policy`. Whoever comes back within `within` of an end was interrupted by it, and
/// whoever gives no sign for longer than `within` was away.
#[must_use]
pub fn replay(recording: &Recording, policy: &Policy, within: Span) -> Replay {
    count::count(recording, |chain, account| {
        course::follow(chain, policy, within, account);
    })
}

/// What did happen, as far as it is recorded, counted in the same way. Nothing is known of the last absence of a session
/// without a recorded end; [`Tally::endless`] counts those.
#[must_use]
pub fn observe(recording: &Recording, within: Span) -> Replay {
    count::count(recording, |chain, account| course::observe(chain, within, account))
}
