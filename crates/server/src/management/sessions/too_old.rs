//! An authentication that is too old for what it is to do.

use nightlatch_core::session::Outdated;
use nightlatch_core::time::{Instant, Span};

use crate::http::problem::Problem;
use crate::management::input::impossible;
use crate::management::refusal::Refusal;

/// No session can begin with it: it would have reached its absolute limit already.
pub(super) fn too_old(age: Span, absolute: Span) -> Problem {
    let seconds = absolute.as_millis() / 1000;
    Refusal::AuthenticationTooOld.because(format!(
        "auth_time: they authenticated {age} ago, and the policy lets a session of theirs last {absolute} from then \
         (absolute), so it would be over at once. Let them authenticate again: `max_age={seconds}` makes an OpenID \
         provider do so."
    ))
}

/// No session can begin or go on with it: whoever authenticated the person says that it is over.
pub(super) fn passed(age: Span) -> Problem {
    impossible(format!(
        "not_after: that was {age} ago, so the session would be over at once. Send an instant to come, or let them \
         authenticate again."
    ))
}

/// It renews no session: something came after it.
pub(super) fn outdated_by(age: Span, outdated: Outdated, now: Instant) -> Problem {
    let later = match outdated {
        Outdated::Superseded { known } => {
            format!("the session knows of an authentication {} ago", now.since(known))
        }
        Outdated::BeforeLock { locked } => format!("the session locked {} ago", now.since(locked)),
    };
    Refusal::AuthenticationTooOld.because(format!(
        "auth_time: they authenticated {age} ago, and {later}, which is later. Let them authenticate again \
         (`prompt=login` makes an OpenID provider do so) and send the `auth_time` of that; leave it out where they have \
         authenticated just now."
    ))
}
