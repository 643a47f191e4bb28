//! The cases, by what they are about.

pub(super) mod activity;
pub(super) mod cookies;
pub(super) mod denials;
pub(super) mod forgery;
pub(super) mod open;
pub(super) mod passing;
pub(super) mod paths;
pub(super) mod protocol;

use anyhow::{Context as _, ensure};

use super::super::echo::Received;
use super::exchange::{Answer, Request};
use super::kit::{Kit, Session};
use super::outcome::Outcome;

const NEEDS_ECHO: Outcome = Outcome::Skipped("the application is not `nightlatch gateway echo`");

/// What came of a request that must pass; none where the application is not the echo.
async fn passes(kit: &Kit<'_>, request: &Request) -> anyhow::Result<Option<Received>> {
    let answer = kit.answer(request).await?;
    if kit.has_echo {
        ensure!(answer.is_echo(), "the application is not reached: {}", told(&answer));
        return answer
            .received()
            .map(Some)
            .context("what the application answers does not arrive whole");
    }
    ensure!(!is_denial(&answer), "it is refused: {}", told(&answer));
    Ok(None)
}

/// An answer that is not the application's.
fn is_stopped(answer: Option<&Answer>) -> bool {
    answer.is_none_or(|answer| !answer.is_echo() && !matches!(answer.status, 101 | 200..=299))
}

fn is_denial(answer: &Answer) -> bool {
    answer.header("nightlatch-reason").is_some() || matches!(answer.status, 401 | 403 | 503)
}

fn told(answer: &Answer) -> String {
    let text: String = answer.text().chars().take(120).collect();
    format!("{} {text}", answer.status)
}

/// Stops a page and a request of a script for one reason.
async fn denies(kit: &Kit<'_>, page: &str, session: Option<&Session>, reason: &str) -> anyhow::Result<()> {
    let of = |request: Request| match session {
        Some(session) => request.with("Cookie", &session.cookie),
        None => request,
    };
    let answer = kit.answer(&of(Request::fetch(page))).await?;
    ensure!(answer.status == 401, "a script gets {} in place of 401", told(&answer));
    ensure!(!answer.is_echo(), "the application is reached");
    ensure!(answer.header("location").is_none(), "a script is sent to a page");
    says_why(&answer, reason)?;
    let answer = kit.answer(&of(Request::document(page))).await?;
    ensure!(answer.status == 302, "a page gets {} in place of 302", told(&answer));
    ensure!(!answer.is_echo(), "the application is reached");
    let location = answer.header("location").unwrap_or_default();
    ensure!(
        location.starts_with("http://") || location.starts_with("https://"),
        "a page is sent to `{location}`, which is no whole address"
    );
    says_why(&answer, reason)
}

fn says_why(answer: &Answer, reason: &str) -> anyhow::Result<()> {
    let said = answer.header("nightlatch-reason").unwrap_or_default();
    ensure!(said == reason, "the reason is `{said}`, not `{reason}`");
    let cached = answer.header("cache-control").unwrap_or_default();
    ensure!(
        cached.contains("no-store"),
        "the denial may be stored: cache-control `{cached}`"
    );
    Ok(())
}
