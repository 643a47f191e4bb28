//! An authentication with which no session can begin: it would have reached its absolute limit already.

use nightlatch_core::time::Span;

use crate::http::problem::Problem;
use crate::management::refusal::Refusal;

pub(super) fn too_old(age: Span, absolute: Span) -> Problem {
    let seconds = absolute.as_millis() / 1000;
    Refusal::AuthenticationTooOld.because(format!(
        "auth_time: they authenticated {age} ago, and the policy lets a session of theirs last {absolute} from then \
         (absolute), so it would be over at once. Let them authenticate again: `max_age={seconds}` makes an OpenID \
         provider do so."
    ))
}
