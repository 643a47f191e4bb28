//! What does not pass, and what is said about it.

use anyhow::{bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::exchange::Request;
use super::super::kit::{Kit, Session};
use super::super::outcome::Outcome;
use super::{denies, is_stopped, passes, told};

const METHODS: [&str; 7] = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];
/// What is left of a session that is to end by itself while the kit waits.
const NEARLY_OVER: SignedDuration = SignedDuration::from_secs(5);
/// How old an authentication may have to be for a gate to ask again.
const AGES_IN_MINUTES: [i64; 8] = [1, 2, 6, 16, 31, 61, 241, 721];

pub(in super::super) async fn nobody(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    for page in [kit.args.page.as_str(), "/", "/favicon.ico", "/robots.txt", "/health"] {
        denies(kit, page, None, "none").await?;
    }
    let form = Request::new("POST", &kit.args.page)
        .with("Accept", "text/html")
        .with("Sec-Fetch-Mode", "navigate")
        .with("Sec-Fetch-Dest", "document")
        .body("a=b");
    let answer = kit.answer(&form).await?;
    ensure!(
        answer.status == 303,
        "a form that is sent gets {} in place of 303",
        told(&answer)
    );
    Ok(Outcome::Passed)
}

pub(in super::super) async fn other_methods(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    for method in METHODS {
        let answer = kit.answer(&Request::new(method, &kit.args.page).fetching()).await?;
        let right = answer.status == 401 || (method == "PROPFIND" && matches!(answer.status, 405 | 501));
        ensure!(right && !answer.is_echo(), "{method}: {}", told(&answer));
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn idle(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let Some(role) = &kit.args.idle_role else {
        return Ok(Outcome::Skipped("needs --idle-role"));
    };
    let session = kit.session_with(&json!({ "roles": [role] })).await?;
    kit.until(&session, "ended").await?;
    denies(kit, &kit.args.page, Some(&session), "idle").await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn absolute(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let fresh = kit.state(&kit.session().await?).await?;
    let Some(absolute) = fresh["absolute_remaining_ms"].as_i64() else {
        return Ok(Outcome::Skipped("the policy has no absolute limit"));
    };
    // An authentication with so little left is over in a moment, whatever the limit.
    let age = SignedDuration::from_millis(absolute) - NEARLY_OVER;
    let auth_time = (authenticated_at(&fresh)? - age).as_second();
    let session = kit.session_with(&json!({ "auth_time": auth_time })).await?;
    kit.until(&session, "ended").await?;
    denies(kit, &kit.args.page, Some(&session), "absolute").await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn locked(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let Some(role) = &kit.args.lock_role else {
        return Ok(Outcome::Skipped("needs --lock-role"));
    };
    let session = kit.session_with(&json!({ "roles": [role] })).await?;
    kit.until(&session, "locked").await?;
    denies(kit, &kit.args.page, Some(&session), "locked").await?;
    let session = kit.reauthenticate(&session).await?;
    passes(kit, &Request::fetch(&kit.args.page).with("Cookie", &session.cookie)).await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn step_up(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let Some(gate) = &kit.args.gate else {
        return Ok(Outcome::Skipped("needs --gate"));
    };
    let session = stopped_at(kit, gate).await?;
    let inside = format!("{}/x", gate.trim_end_matches('/'));
    for page in [gate.as_str(), &inside] {
        denies(kit, page, Some(&session), "age").await?;
        let answer = kit
            .answer(&Request::fetch(page).with("Cookie", &session.cookie))
            .await?;
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        ensure!(
            challenge.contains("insufficient_user_authentication") && challenge.contains("max_age="),
            "the challenge for {page} is `{challenge}`"
        );
    }
    passes(kit, &Request::fetch(&kit.args.page).with("Cookie", &session.cookie)).await?;
    let session = kit.reauthenticate(&session).await?;
    passes(kit, &Request::fetch(gate).with("Cookie", &session.cookie)).await?;
    Ok(Outcome::Passed)
}

fn authenticated_at(state: &Value) -> anyhow::Result<Timestamp> {
    Ok(state["authenticated_at"].as_str().unwrap_or_default().parse()?)
}

/// A live session whose authentication is too old for the gate.
pub(super) async fn stopped_at(kit: &Kit<'_>, gate: &str) -> anyhow::Result<Session> {
    let fresh = kit.session().await?;
    let now = authenticated_at(&kit.state(&fresh).await?)?;
    for minutes in AGES_IN_MINUTES {
        let auth_time = (now - SignedDuration::from_mins(minutes)).as_second();
        // Older than the absolute limit it makes no session.
        let Ok(session) = kit.session_with(&json!({ "auth_time": auth_time })).await else {
            break;
        };
        let answer = kit
            .answer(&Request::fetch(gate).with("Cookie", &session.cookie))
            .await?;
        if answer.header("nightlatch-reason") == Some("age") {
            return Ok(session);
        }
    }
    bail!("no authentication is too old for {gate}; does the policy have a gate with `max_age` for it?")
}

pub(in super::super) async fn forbidden(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let other = kit
        .session_with(&json!({ "application": "nightlatch-gateway-test-other" }))
        .await?;
    for request in [Request::document(&kit.args.page), Request::fetch(&kit.args.page)] {
        let answer = kit.answer(&request.with("Cookie", &other.cookie)).await?;
        if kit.args.application.is_none() && answer.status != 403 {
            return Ok(Outcome::Skipped("needs --application, and a site that names it"));
        }
        ensure!(answer.status == 403 && !answer.is_echo(), "it gets {}", told(&answer));
        ensure!(answer.header("location").is_none(), "it is sent somewhere");
        super::says_why(&answer, "forbidden")?;
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn ended(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    passes(kit, &Request::fetch(&kit.args.page).with("Cookie", &session.cookie)).await?;
    kit.end(&session).await?;
    denies(kit, &kit.args.page, Some(&session), "admin").await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn unknown_host(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let authority = &kit.args.gateway.authority;
    for host in [
        "evil.example",
        &format!("evil.example@{authority}"),
        &format!("{authority}.evil.example"),
        "",
    ] {
        let request = Request::fetch(&kit.args.page)
            .addressed(host)
            .with("Cookie", &session.cookie);
        let answer = kit.ask(&request).await;
        ensure!(
            is_stopped(answer.as_ref()),
            "`{host}` passes: {}",
            answer.as_ref().map(told).unwrap_or_default()
        );
    }
    Ok(Outcome::Passed)
}
