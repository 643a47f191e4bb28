//! What shows that somebody is there.

use anyhow::ensure;
use serde_json::Value;

use super::super::exchange::Request;
use super::super::kit::{Kit, Session};
use super::super::outcome::Outcome;
use super::passes;

pub(in super::super) async fn prefetch(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    stays(
        kit,
        &[
            ("Sec-Purpose", "prefetch"),
            ("Purpose", "prefetch"),
            ("X-Moz", "prefetch"),
        ],
    )
    .await
}

pub(in super::super) async fn passive(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    stays(
        kit,
        &[("Nightlatch-Activity", "passive"), ("Accept", "text/event-stream")],
    )
    .await
}

async fn stays(kit: &Kit<'_>, headers: &[(&str, &str)]) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    for (name, value) in headers {
        let before = last_activity(kit, &session).await?;
        let request = Request::document(&kit.args.page)
            .with(*name, *value)
            .with("Cookie", &session.cookie);
        passes(kit, &request).await?;
        let after = last_activity(kit, &session).await?;
        ensure!(before == after, "`{name}: {value}` counts as activity");
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn navigation(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let before = last_activity(kit, &session).await?;
    // Instants are told in milliseconds: a second request is never within that of the first.
    for _ in 0..2 {
        passes(kit, &Request::document(&kit.args.page).with("Cookie", &session.cookie)).await?;
    }
    let after = last_activity(kit, &session).await?;
    ensure!(before != after, "a page that is opened does not count as activity");
    Ok(Outcome::Passed)
}

async fn last_activity(kit: &Kit<'_>, session: &Session) -> anyhow::Result<Value> {
    Ok(kit.state(session).await?["last_activity_at"].take())
}
