//! What passes without a session.

use anyhow::{Context as _, ensure};

use super::super::exchange::Request;
use super::super::kit::Kit;
use super::super::outcome::Outcome;
use super::{is_stopped, passes, told};
use crate::gateway::identity;

/// A page leads there, and from there nowhere: who is not signed in would go round in circles.
pub(in super::super) async fn sign_in(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let answer = kit.answer(&Request::document(&kit.args.page)).await?;
    let location = answer.header("location").context("a page leads nowhere")?;
    let (_, rest) = location.split_once("://").context("a page leads to no whole address")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if host != kit.args.gateway.authority || path.starts_with(&format!("{}/", kit.args.prefix)) {
        return Ok(Outcome::Skipped("people sign in elsewhere"));
    }
    let page = path.split('?').next().unwrap_or_default();
    for target in [path.to_owned(), page.to_owned(), format!("{page}?a=b")] {
        is_nobodys(kit, &Request::document(&target)).await?;
        is_nobodys(kit, &Request::new("POST", &target).fetching().body("person=ada")).await?;
    }
    let below = kit.ask(&Request::fetch(format!("{page}/../../"))).await;
    ensure!(
        is_stopped(below.as_ref()),
        "what is not the page itself is open as well"
    );
    Ok(Outcome::Passed)
}

pub(in super::super) async fn open(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let Some(open) = &kit.args.open else {
        return Ok(Outcome::Skipped("needs --open"));
    };
    let session = kit.session().await?;
    is_nobodys(kit, &Request::document(open)).await?;
    is_nobodys(kit, &Request::fetch(open).with("Cookie", &session.cookie)).await?;
    for away in ["/../../../admin", "/%2e%2e/%2e%2e/%2e%2e/admin", "/..;/..;/..;/admin"] {
        let answer = kit.ask(&Request::fetch(format!("{open}{away}"))).await;
        ensure!(is_stopped(answer.as_ref()), "`{open}{away}` is open as well");
    }
    Ok(Outcome::Passed)
}

pub(in super::super) async fn preflights(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.args.preflights {
        return Ok(Outcome::Skipped("needs --preflights"));
    }
    let page = &kit.args.page;
    let asking = |method| Request::new(method, page).with("Origin", "https://other.example");
    is_nobodys(kit, &asking("OPTIONS").with("Access-Control-Request-Method", "PUT")).await?;
    for (what, request) in [
        ("OPTIONS without its question", asking("OPTIONS")),
        ("a PUT", asking("PUT").with("Access-Control-Request-Method", "PUT")),
        ("a GET", asking("GET").with("Access-Control-Request-Method", "PUT")),
    ] {
        let answer = kit.ask(&request).await;
        ensure!(is_stopped(answer.as_ref()), "{what} passes as a preflight");
    }
    Ok(Outcome::Passed)
}

async fn is_nobodys(kit: &Kit<'_>, request: &Request) -> anyhow::Result<()> {
    let Some(received) = passes(kit, request).await? else {
        let answer = kit.answer(request).await?;
        ensure!(answer.status < 300, "without a session: {}", told(&answer));
        return Ok(());
    };
    for name in &identity::NAMES {
        let told = received.values(name.as_str());
        ensure!(told.iter().all(|value| value.is_empty()), "`{name}` is {told:?}");
    }
    Ok(())
}
