//! The path corpus through the gateway.

use std::fmt::Write as _;

use anyhow::{bail, ensure};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::super::corpus::targets;
use super::super::exchange::{Answer, Request};
use super::super::kit::{Kit, Session};
use super::super::outcome::Outcome;
use super::super::readings::may_be_read_as;
use super::denials::stopped_at;
use super::{NEEDS_ECHO, passes, told};

const AT_A_TIME: usize = 4;
const TOLD_AT_MOST: usize = 8;

/// The application answers none of them. What nightlatch itself answers, below its prefix, is for everybody.
pub(in super::super) async fn without_session(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let gate = kit.args.gate.as_deref().unwrap_or("/admin");
    let answers = ask_all(kit, None, gate).await;
    let reached = answers.iter().filter(|(_, answer)| {
        let passed = |answer: &Answer| answer.is_echo() || (!kit.has_echo && answer.status == 200);
        answer.as_ref().is_some_and(passed)
    });
    complain("the application is reached without a session", reached)?;
    Ok(Outcome::Looked(format!(
        "{} targets, none reached the application",
        answers.len()
    )))
}

/// What the application receives of a session that a gate stops is nothing that anybody takes for a page behind the gate.
pub(in super::super) async fn past_gate(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let Some(gate) = kit.args.gate.as_deref() else {
        return Ok(Outcome::Skipped("needs --gate"));
    };
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = stopped_at(kit, gate).await?;
    let answers = ask_all(kit, Some(&session), gate).await;
    let received = |answer: &Option<Answer>| answer.as_ref().and_then(Answer::received);
    let passed = answers.iter().filter(|(_, answer)| received(answer).is_some()).count();
    let past = answers
        .iter()
        .filter(|(_, answer)| received(answer).is_some_and(|received| may_be_read_as(&received.target, gate)));
    complain("a page behind the gate is reached", past)?;
    let total = answers.len();
    ensure!(
        passed > 0,
        "not one of {total} targets reaches the application, not even those of other pages"
    );
    Ok(Outcome::Looked(format!(
        "{total} targets, {passed} passed to other pages"
    )))
}

/// What GitLab, Jenkins, `RabbitMQ` and npm need.
pub(in super::super) async fn escapes(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.args.escapes {
        return Ok(Outcome::Skipped("needs --escapes"));
    }
    let session = kit.session().await?;
    for target in [
        "/api/v4/projects/group%2Fproject",
        "/job/x/job/feature%252Fy/",
        "/api/queues/%2F/name",
        "/@scope%2fname",
        "/share/a%5Cb",
        "/caf%E9?x=%2f",
    ] {
        let request = Request::fetch(target).with("Cookie", &session.cookie);
        if let Some(received) = passes(kit, &request).await? {
            // Some write the digits of an escape in capitals, which is the same escape.
            let is_same = received.target.eq_ignore_ascii_case(target);
            ensure!(is_same, "`{target}` arrives as `{}`", received.target);
        }
    }
    Ok(Outcome::Passed)
}

async fn ask_all(kit: &Kit<'_>, session: Option<&Session>, gate: &str) -> Vec<(Vec<u8>, Option<Answer>)> {
    let targets = targets(&kit.args.gateway.authority, gate);
    let asked = stream::iter(targets).map(|target| async move {
        let request = Request::fetch(&target);
        let request = match session {
            Some(session) => request.with("Cookie", &session.cookie),
            None => request,
        };
        let answer = kit.ask(&request).await;
        (target, answer)
    });
    asked.buffered(AT_A_TIME).collect().await
}

fn complain<'a>(what: &str, found: impl Iterator<Item = &'a (Vec<u8>, Option<Answer>)>) -> anyhow::Result<()> {
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut text = format!("{what} by {} targets:", found.len());
    for (target, answer) in found.iter().take(TOLD_AT_MOST) {
        let arrived = answer
            .as_ref()
            .and_then(Answer::received)
            .map(|received| received.target);
        let answered = answer.as_ref().map(told).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = write!(
            text,
            " `{}` (as {})",
            target.escape_ascii(),
            arrived.map_or(answered, |arrived| format!("`{arrived}`"))
        );
    }
    bail!(text)
}
