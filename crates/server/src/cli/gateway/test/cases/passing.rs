//! What passes, and how it arrives.

use anyhow::{bail, ensure};

use super::super::super::echo::Received;
use super::super::exchange::{Answer, Request};
use super::super::kit::{Kit, SUBJECT, Session};
use super::super::outcome::Outcome;
use super::{NEEDS_ECHO, is_stopped, passes, told};

/// More than proxies take by themselves.
const MEGABYTES: usize = 5;

pub(in super::super) async fn allow(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let page = &kit.args.page;
    for request in [Request::document(page), Request::fetch(page)] {
        let Some(received) = passes(kit, &request.with("Cookie", &session.cookie)).await? else {
            continue;
        };
        for (name, value) in [
            ("Nightlatch-Subject", Some(SUBJECT)),
            ("Nightlatch-Session", Some(session.handle.as_str())),
            ("Nightlatch-Application", kit.args.application.as_deref()),
            ("Nightlatch-Authentication-Methods", Some("pwd otp")),
            ("Nightlatch-Phase", None),
            ("Nightlatch-Authenticated-At", None),
        ] {
            let told = received.values(name);
            match value {
                Some(value) => ensure!(told == [value], "`{name}` is {told:?}, not `{value}`"),
                None if name == "Nightlatch-Application" => {}
                None => ensure!(told.len() == 1 && !told[0].is_empty(), "`{name}` is {told:?}"),
            }
        }
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn bearer(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let request = Request::fetch(&kit.args.page).with("Authorization", format!("Bearer {}", session.token));
    passes(kit, &request).await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn methods(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    for (method, body) in [
        ("GET", ""),
        ("OPTIONS", ""),
        ("DELETE", ""),
        ("POST", "a=b&c=d"),
        ("PUT", "whole"),
        ("PATCH", "part"),
    ] {
        let request = Request::new(method, &kit.args.page).fetching().body(body);
        let received = passes(kit, &request.with("Cookie", &session.cookie))
            .await?
            .unwrap_or_default();
        ensure!(received.method == method, "{method} arrives as {}", received.method);
        ensure!(
            received.body_bytes == body.len(),
            "{method}: {} of {} bytes arrive",
            received.body_bytes,
            body.len()
        );
    }
    let request = Request::new("HEAD", &kit.args.page)
        .fetching()
        .with("Cookie", &session.cookie);
    let answer = kit.answer(&request).await?;
    ensure!(answer.status == 200 && answer.is_echo(), "HEAD: {}", told(&answer));
    ensure!(answer.text().is_empty(), "HEAD is answered with a body");
    Ok(Outcome::Passed)
}

pub(in super::super) async fn address(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    for target in [
        "/a/b?c=d&e=%2F..%2f&f",
        "/caf%C3%A9/x:y,(z)",
        "/a+b/~c?",
        "/deep/er?x=http://y/z",
    ] {
        let request = Request::fetch(target).with("Cookie", &session.cookie);
        let received = passes(kit, &request).await?.unwrap_or_default();
        let same = received.target == target || received.target == target.trim_end_matches('?');
        ensure!(same, "`{target}` arrives as `{}`", received.target);
        let host = received.values("host");
        ensure!(
            host == [kit.args.gateway.authority.as_str()],
            "the host arrives as {host:?}"
        );
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn endpoints(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let prefix = &kit.args.prefix;
    let own = |request: Request| request.with("Cookie", &session.cookie);
    let answer = kit.answer(&own(Request::fetch(format!("{prefix}/session")))).await?;
    ensure!(
        answer.status == 200 && answer.text().contains(SUBJECT),
        "session: {}",
        told(&answer)
    );
    let answer = kit.answer(&Request::fetch(format!("{prefix}/session"))).await?;
    ensure!(answer.status == 401, "session without one: {}", told(&answer));
    let answer = kit
        .answer(&Request::document(format!("{prefix}/signed-out?reason=idle")))
        .await?;
    ensure!(answer.status == 200, "signed-out: {}", told(&answer));
    for check in ["auth/request", "auth/forward", "auth/ext", "auth/ext/a", "auth/"] {
        for request in [
            Request::fetch(format!("{prefix}/{check}")),
            Request::new("POST", format!("{prefix}/{check}")),
        ] {
            let request = own(request)
                .with("X-Original-Method", "GET")
                .with("X-Original-URL", format!("http://{}/", kit.args.gateway.authority));
            let answer = kit.answer(&request).await?;
            ensure!(
                answer.status == 404,
                "{check} can be asked from outside: {}",
                told(&answer)
            );
        }
    }
    // A gateway that resolves a path before it looks where it leads may hand it on as it was sent.
    for check in [
        "auth/ext/../../session",
        "auth/ext/%2e%2e/%2e%2e/session",
        "auth/ext/..;/../session",
        "x/../auth/ext/",
    ] {
        let answer = kit.answer(&own(Request::fetch(format!("{prefix}/{check}")))).await?;
        let is_answer = answer.header("nightlatch-subject").is_some() || answer.header("nightlatch-phase").is_some();
        ensure!(
            !is_answer && !answer.is_echo(),
            "{check} can be asked from outside: {}",
            told(&answer)
        );
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn own_cookie(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let (own, token) = (&session.cookie, &session.token);
    let other = |name: &str| format!("{name}={token}");
    let is_plain = own.starts_with("nightlatch=");
    let earlier = if is_plain { "__Host-nightlatch" } else { "nightlatch" };
    for cookies in [
        own.clone(),
        format!("a=b; {own}; c=d"),
        format!("{own};a=b"),
        format!("a=b;{own}"),
        format!("{own}; {}; a=b", other(earlier)),
        format!("{}; a=b; {own}; {}", other("__Secure-nightlatch"), other(earlier)),
    ] {
        let request = Request::fetch(&kit.args.page).with("Cookie", &cookies);
        let received = passes(kit, &request).await?.unwrap_or_default();
        match keeps_token(&received, &session) {
            Err(_) if kit.args.shares_cookie => {
                return Ok(Outcome::Skipped("this gateway cannot take single cookies out"));
            }
            kept => kept?,
        }
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn sizes(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    // As much as Apache tells a check; others take more.
    let cookies: Vec<String> = (0..3).map(|at| format!("c{at}={}", "x".repeat(3_700))).collect();
    let cookie = format!("{}; {}", cookies.join("; "), session.cookie);
    passes(kit, &Request::fetch(&kit.args.page).with("Cookie", cookie)).await?;
    let body = "x".repeat(MEGABYTES << 20);
    let request = Request::new("POST", &kit.args.page).fetching().body(body);
    if let Some(received) = passes(kit, &request.with("Cookie", &session.cookie)).await? {
        ensure!(
            received.body_bytes == MEGABYTES << 20,
            "{} bytes of the upload arrive",
            received.body_bytes
        );
    }
    Ok(Outcome::Passed)
}

/// What the application asks for itself in `Authorization` is its own business, whatever it looks like.
pub(in super::super) async fn own_authorization(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let ours = format!("Bearer {}", session.token);
    let page = || Request::fetch(&kit.args.page);
    let theirs = format!("Bearer {}", "Aa0_-".repeat(9).split_at(session.token.len()).0);
    for own in [
        theirs.as_str(),
        "Bearer short",
        "Basic YTpi",
        "Bearer a.b.c",
        "Negotiate YII=",
    ] {
        let request = page().with("Cookie", &session.cookie).with("Authorization", own);
        let received = passes(kit, &request).await?.unwrap_or_default();
        let arrived = received.values("authorization");
        ensure!(arrived == [own], "`Authorization: {own}` arrives as {arrived:?}");
    }
    for request in [
        page().with("Authorization", &ours),
        page().with("Authorization", format!("bearer  {}", session.token)),
        page().with("Cookie", &session.cookie).with("Authorization", &ours),
        page()
            .with("Cookie", &session.cookie)
            .with("Authorization", format!("Token {}", session.token)),
    ] {
        let received = passes(kit, &request).await?.unwrap_or_default();
        keeps_token(&received, &session)?;
        let arrived = received.values("authorization").concat();
        ensure!(arrived.is_empty(), "`Authorization` arrives as `{arrived}`");
    }
    // In two lines, which some proxies refuse.
    for (first, second) in [(&ours, &theirs), (&theirs, &ours)] {
        let request = page().with("Authorization", first).with("Authorization", second);
        let answer = kit.ask(&request.with("Cookie", &session.cookie)).await;
        let Some(received) = answer.as_ref().and_then(Answer::received) else {
            ensure!(
                is_stopped(answer.as_ref()),
                "two lines of `Authorization` are answered oddly"
            );
            continue;
        };
        keeps_token(&received, &session)?;
    }
    Ok(Outcome::Passed)
}

fn keeps_token(received: &Received, session: &Session) -> anyhow::Result<()> {
    let leaked = received
        .headers
        .iter()
        .find(|(_, value)| value.contains(&session.token));
    match leaked {
        Some((name, _)) => bail!("the token arrives in `{name}`"),
        None => Ok(()),
    }
}
