//! What passes, and how it arrives.

use anyhow::ensure;

use super::super::case::Outcome;
use super::super::exchange::Request;
use super::super::kit::{Kit, SUBJECT};
use super::{NEEDS_ECHO, passes, told};

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
    Ok(Outcome::Passed)
}

pub(in super::super) async fn own_cookie(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    for cookies in [
        session.cookie.clone(),
        format!("a=b; {}; c=d", session.cookie),
        format!("{};a=b", session.cookie),
        format!("a=b;{}", session.cookie),
    ] {
        let request = Request::fetch(&kit.args.page).with("Cookie", &cookies);
        let received = passes(kit, &request).await?.unwrap_or_default();
        let leaked = received
            .headers
            .iter()
            .find(|(_, value)| value.contains(&session.token));
        if let Some((name, _)) = leaked {
            if kit.args.shares_cookie {
                return Ok(Outcome::Skipped("this gateway cannot take single cookies out"));
            }
            anyhow::bail!("the token arrives in `{name}`");
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
