//! Headers of the client that only gateways may set.

use anyhow::ensure;

use super::super::super::spellings::{FORWARDING, IDENTITY, may_be_read_as, spellings};
use super::super::exchange::Request;
use super::super::kit::{Kit, SUBJECT};
use super::super::outcome::Outcome;
use super::denials::stopped_at;
use super::{NEEDS_ECHO, is_stopped, told};

/// What is looked for where it must not arrive.
const FORGED: &str = "forged.example";

pub(in super::super) async fn identity(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    arrives_nowhere(kit, &IDENTITY).await
}

pub(in super::super) async fn forwarding(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    arrives_nowhere(kit, &FORWARDING).await
}

/// Each spelling alone, and all of a name at once: what arrives has nothing of it, or nothing arrives.
async fn arrives_nowhere(kit: &Kit<'_>, names: &[&str]) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let (mut tried, mut refused) = (0, 0);
    for name in names {
        let all = spellings(name);
        let alone = all.iter().map(std::slice::from_ref);
        for spelled in alone.chain([all.as_slice()]) {
            let own = Request::fetch(&kit.args.page).with("Cookie", &session.cookie);
            let request = spelled.iter().fold(own, |request, name| request.with(name, FORGED));
            let answer = kit.ask(&request).await;
            tried += 1;
            let Some(received) = answer.as_ref().and_then(super::super::exchange::Answer::received) else {
                ensure!(
                    is_stopped(answer.as_ref()),
                    "{spelled:?}: {}",
                    answer.as_ref().map(told).unwrap_or_default()
                );
                refused += 1;
                continue;
            };
            let arrived = received
                .headers
                .iter()
                .find(|(sent, value)| names.iter().any(|name| may_be_read_as(sent, name)) && value.contains(FORGED));
            ensure!(arrived.is_none(), "{spelled:?} arrives as {arrived:?}");
        }
    }
    Ok(Outcome::Looked(format!("{tried} requests, {refused} refused")))
}

/// `Connection` names what is for one hop alone. A client that names what the proxy says there must not have it taken out
/// again behind the check, nor from the question.
pub(in super::super) async fn connection(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let request = |named: &str| {
        let request = Request::fetch(&kit.args.page).with("Cookie", &session.cookie);
        request.with("Connection", format!("close, {named}"))
    };
    let mut tried = 0;
    for name in IDENTITY
        .iter()
        .chain(&FORWARDING)
        .chain(&["Cookie", "Authorization", "Host"])
    {
        let answer = kit.ask(&request(name)).await;
        tried += 1;
        let Some(received) = answer.as_ref().and_then(super::super::exchange::Answer::received) else {
            let told = answer.as_ref().map(told).unwrap_or_default();
            ensure!(is_stopped(answer.as_ref()), "`Connection: {name}`: {told}");
            continue;
        };
        let subject = received.values("Nightlatch-Subject");
        ensure!(
            subject == [SUBJECT],
            "`Connection: {name}` makes the subject {subject:?}"
        );
        let session_told = received.values("Nightlatch-Session");
        ensure!(
            session_told == [session.handle.as_str()],
            "`Connection: {name}` makes the session {session_told:?}"
        );
        let phase = received.values("Nightlatch-Phase");
        ensure!(phase.len() == 1, "`Connection: {name}` makes the phase {phase:?}");
    }
    Ok(Outcome::Looked(format!("{tried} requests")))
}

/// Whoever may not pass does not pass by saying that it is for something else.
pub(in super::super) async fn target(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let public = format!("http://{}{}", kit.args.gateway.authority, kit.args.page);
    let lies = [
        ("X-Forwarded-Uri", kit.args.page.as_str()),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "ftp"),
        ("X-Forwarded-Prefix", "/nightlatch"),
        ("X-Original-URL", &public),
        ("X-Original-URI", &kit.args.page),
        ("X-Original-Method", "OPTIONS"),
        ("X-Rewrite-URL", &kit.args.page),
        ("X-HTTP-Method-Override", "OPTIONS"),
        ("Forwarded", "for=127.0.0.1;host=evil.example;proto=ftp"),
        ("X-Envoy-Original-Path", &kit.args.page),
        ("Nightlatch-Subject", "root"),
        ("User-Agent", "kube-probe/1.30"),
    ];
    let session = match &kit.args.gate {
        Some(gate) => Some((stopped_at(kit, gate).await?, gate)),
        None => None,
    };
    let mut tried = 0;
    for (name, value) in lies {
        for spelled in spellings(name) {
            let lying = Request::fetch(&kit.args.page).with(&spelled, value);
            let answer = kit.ask(&lying).await;
            ensure!(
                is_stopped(answer.as_ref()),
                "`{spelled}: {value}` passes without a session"
            );
            tried += 1;
            if let Some((session, gate)) = &session {
                let lying = Request::fetch(gate)
                    .with(&spelled, value)
                    .with("Cookie", &session.cookie);
                let answer = kit.ask(&lying).await;
                ensure!(is_stopped(answer.as_ref()), "`{spelled}: {value}` passes the gate");
                tried += 1;
            }
        }
    }
    Ok(Outcome::Looked(format!("{tried} requests")))
}
