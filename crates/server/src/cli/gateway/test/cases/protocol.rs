//! What HTTP has besides, and what a check must not take for its own.

use anyhow::ensure;

use super::super::exchange::Request;
use super::super::kit::Kit;
use super::super::outcome::Outcome;
use super::{NEEDS_ECHO, is_stopped, passes, told};

pub(in super::super) async fn ranges(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let own = [("Range", "bytes=0-0"), ("If-Range", "\"x\"")];
    arrive(kit, &own).await
}

pub(in super::super) async fn conditions(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let own = [
        ("If-None-Match", "*"),
        ("If-Match", "\"x\""),
        ("If-Modified-Since", "Sun, 06 Nov 2044 08:49:37 GMT"),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    arrive(kit, &own).await
}

/// Nothing is let pass for these headers, and where something passes they arrive.
async fn arrive(kit: &Kit<'_>, headers: &[(&str, &str)]) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let sent = headers
        .iter()
        .fold(Request::fetch(&kit.args.page), |request, (name, value)| {
            request.with(*name, *value)
        });
    let answer = kit.answer(&sent).await?;
    ensure!(answer.status == 401, "without a session: {}", told(&answer));
    if let Some(received) = passes(kit, &sent.with("Cookie", &session.cookie)).await? {
        for (name, value) in headers {
            let arrived = received.values(name);
            ensure!(arrived == [*value], "`{name}` arrives as {arrived:?}");
        }
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn upgrades(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let page = &kit.args.page;
    let (answer, came_back) = kit.upgrade(&Request::new("GET", page)).await?;
    ensure!(
        answer.status == 401 && !came_back,
        "without a session: {}",
        told(&answer)
    );
    let (answer, came_back) = kit
        .upgrade(&Request::new("GET", page).with("Cookie", &session.cookie))
        .await?;
    ensure!(answer.status == 101, "with a session: {}", told(&answer));
    ensure!(came_back, "what is sent through the WebSocket does not come back");
    Ok(Outcome::Passed)
}

pub(in super::super) async fn big_headers(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    for size in [1_000, 4_000, 7_000, 12_000, 30_000, 70_000, 300_000] {
        let big = Request::fetch(&kit.args.page).with("X-Big", "x".repeat(size));
        let answer = kit.ask(&big).await;
        ensure!(is_stopped(answer.as_ref()), "{size} bytes pass without a session");
        let answer = kit.ask(&big.with("Cookie", &session.cookie)).await;
        let refused = answer
            .as_ref()
            .is_none_or(|answer| matches!(answer.status, 400 | 401 | 403 | 413 | 414 | 431 | 494 | 500..=599));
        let passed = answer.as_ref().is_some_and(|answer| answer.is_echo() || !kit.has_echo);
        ensure!(
            passed || (refused && size > 4_000),
            "{size} bytes with a session: {}",
            answer.as_ref().map(told).unwrap_or_default()
        );
    }
    // The session behind a mountain of other cookies.
    let many = "c=v; ".repeat(200);
    let request = Request::fetch(&kit.args.page).with("Cookie", format!("{many}{}", session.cookie));
    passes(kit, &request).await?;
    Ok(Outcome::Passed)
}
