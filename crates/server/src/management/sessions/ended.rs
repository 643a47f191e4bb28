//! A session that is over cannot be changed.

use crate::http::problem::Problem;
use crate::management::refusal::Refusal;

pub(super) fn has_ended(reason: &str) -> Problem {
    Refusal::SessionEnded.because(format!(
        "The session has ended ({reason}) and does not live again. Create a new one."
    ))
}
