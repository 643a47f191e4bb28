//! A sign-in for which there is no room: the answer shows the sessions that are there, so that the person can choose.

use nightlatch_core::policy::OnMaxSessions;
use nightlatch_core::resolution::SessionLimit;
use nightlatch_engine::Engine;
use nightlatch_store::Record;
use serde_json::json;

use super::View;
use crate::http::problem::Problem;
use crate::management::reach::Reach;
use crate::management::refusal::Refusal;

pub(super) fn full(engine: &Engine, reach: &Reach, limit: &SessionLimit, sessions: &[Record]) -> Problem {
    let most = limit.most;
    let mend = match limit.on_reached {
        OnMaxSessions::Ask => "let them choose, and name those to end in `ending`",
        OnMaxSessions::Refuse | OnMaxSessions::EndOldest => "one of them has to end first",
    };
    let sessions: Vec<_> = sessions
        .iter()
        .filter(|record| reach.contains_record(record))
        .filter_map(|record| View::if_live(record, engine))
        .collect();
    Refusal::TooManySessions
        .because(format!(
            "The policy allows {most} at the same time, and there are as many; {mend}."
        ))
        .with_member("limit", json!(most))
        .with_member("on_max_sessions", json!(limit.on_reached))
        .with_member("sessions", json!(sessions))
}
